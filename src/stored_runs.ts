import { MaestroError } from "./base/errors.ts";
import { didYouMean } from "./base/text.ts";
import { Execution } from "./engine/execution.ts";
import { readStart, readTurns } from "./engine/recovered.ts";
import { isFinal, type RunRecord } from "./engine/run.ts";
import type { StoredRun } from "./engine/storage.ts";
import type { LoadedWorkflow } from "./load_workflow.ts";
import type { Engine } from "./local_engine.ts";
import type { RunHandle } from "./run_handle.ts";
import { findSignals, signalProblem } from "./plan/signals.ts";
import type { Migration, RunControl, RunReader, SignalReceipt, SignalRequest } from "./run_control.ts";
import { sha256 } from "./runtime/digest.ts";

/** Runs that are looked at together. */
const PAGE = 100;

const UNFINISHED = ["pending", "running", "waiting", "compensating", "paused"] as const;

/** What can be done to the runs of an engine's store. */
export class StoredRuns implements Omit<RunControl, keyof RunReader> {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async resume(runId: string): Promise<RunHandle> {
    const run = await this.#engine.find(runId);
    await this.#resumeChildren(runId);
    if (run.status === "paused") await this.#engine.order(runId, { kind: "resume" });
    else await this.#engine.take(run);
    return this.#engine.handle(runId, { takesOver: true });
  }

  async cancel(runId: string): Promise<RunHandle> {
    const run = await this.#engine.find(runId);
    if (isFinal(run.status)) throw ended(run, "it cannot be cancelled");
    await this.#engine.order(runId, { kind: "cancel" });
    return this.#engine.handle(runId, { takesOver: true });
  }

  async compensate(runId: string): Promise<RunHandle> {
    const run = await this.#engine.find(runId);
    if (run.status !== "compensation_failed") {
      throw isFinal(run.status)
        ? ended(run, "nothing is left to undo")
        : new MaestroError("run_ended", `Run "${runId}" is ${run.status}: it has not been rolled back yet`, {
          hint: `maestro runs cancel ${runId} cancels it and rolls it back`,
        });
    }
    await this.#engine.order(runId, { kind: "compensate", error: null });
    return this.#engine.handle(runId, { takesOver: true });
  }

  async signal(runId: string, { name, data, id }: SignalRequest): Promise<SignalReceipt> {
    const found = await this.#engine.find(runId);
    if (isFinal(found.status)) throw ended(found, "no signal reaches it");
    const readers = await this.#readers(found, name, data);
    const { run, isDuplicate } = (await this.#engine.send(runId, { kind: "signal", name, data }, id))!;
    return { run, isDuplicate, readers };
  }

  async rerun(runId: string, options: { readonly from: string; readonly id?: string | undefined }): Promise<RunHandle> {
    const run = await this.#engine.find(runId);
    if (!isFinal(run.status)) {
      throw new MaestroError("usage", `Run "${runId}" is ${run.status}: only a run that has ended can be run again`);
    }
    return await this.#engine.rerun(run, options);
  }

  async *diff(workflow: LoadedWorkflow): AsyncIterable<Migration> {
    const { storage } = this.#engine;
    let cursor: string | undefined;
    do {
      const page = await storage.listRuns({ workflow: workflow.plan.name, status: UNFINISHED, cursor, limit: PAGE });
      for (const run of page.runs) yield await this.#compare(run, workflow);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async migrate(runId: string, workflow: LoadedWorkflow): Promise<Migration> {
    const { storage, worker, options } = this.#engine;
    const migration = await this.#compare(await this.#engine.find(runId), workflow);
    if (migration.isSame) return migration;
    if (migration.obstacle !== undefined) {
      throw new MaestroError("usage", `Run "${runId}" cannot move to this definition: ${migration.obstacle}`);
    }
    const claimed = (await storage.claimRuns({ worker: worker.ref, queues: [], runIds: [runId], limit: 1 })).runs[0];
    if (claimed === undefined) {
      throw new MaestroError("usage", `Run "${runId}" is driven by another process`, {
        hint: "stop that process first; the run stays as it is",
      });
    }
    const { pause, status } = claimed.run;
    const isHealed = pause?.reason === "non_determinism" || pause?.reason === "missing_definition";
    await storage.commitTurn({
      claim: claimed.claim,
      head: claimed.head,
      turnId: options.createId(),
      change: {
        definition: workflow.hash,
        ...(isHealed && status === "paused" ? { status: "running", pause: null } as const : undefined),
      },
      definition: workflow.bundle,
      release: true,
    });
    return migration;
  }

  /** Lets the children of a run go on that wait for a person; whoever takes the run takes them too. */
  async #resumeChildren(runId: string): Promise<void> {
    const { storage, options } = this.#engine;
    let cursor: string | undefined;
    do {
      const page = await storage.listRuns({ parent: runId, status: UNFINISHED, cursor, limit: PAGE });
      for (const child of page.runs) {
        const to = { runId: child.id, id: `resume:${options.createId()}`, time: options.clock.now() };
        if (child.status === "paused") await storage.deliver({ message: { ...to, kind: "resume" } });
        await this.#resumeChildren(child.id);
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** The steps that can take a signal. */
  async #readers(run: StoredRun, name: string, data: SignalRequest["data"]): Promise<readonly string[]> {
    const started = run.head === 0 ? undefined : await readStart(this.#engine.storage, run.id);
    const definition = await this.#engine.opener.definition(run.definition, started?.files?.workflow ?? "").catch(
      nothing,
    );
    // Nobody but the code can tell what it waits for, and it may be another process that knows the code.
    if (definition === undefined || definition.isCode === true) return [];
    const { plan } = definition;
    const awaited = findSignals(plan);
    const named = awaited.filter(({ signal }) => signal === undefined || signal === name);
    if (named.length === 0) {
      const names = awaited.flatMap(({ signal }) => signal ?? []);
      const known = names.length === 0 ? "it waits for none" : `it waits for ${names.join(", ")}`;
      throw new MaestroError("usage", `No step of workflow "${run.workflow}" waits for a signal "${name}"`, {
        hint: didYouMean(name, names) ?? known,
      });
    }
    const problems = named.map(({ schema }) => signalProblem(schema, data));
    const readers = named.filter((_, index) => problems[index] === undefined);
    if (readers.length > 0) return readers.map(({ step }) => step);
    throw new MaestroError(
      "invalid_input",
      `The data does not fit what step "${named[0]!.step}" waits for: ${problems[0]}`,
    );
  }

  /** Replays a run's journal against another definition. */
  async #compare(run: StoredRun, workflow: LoadedWorkflow): Promise<Migration> {
    const { storage, options } = this.#engine;
    const isSame = run.definition === workflow.hash;
    if (isSame) return { run, isSame };
    if (run.workflow !== workflow.plan.name) {
      return { run, isSame, obstacle: `it is a run of "${run.workflow}", not of "${workflow.plan.name}"` };
    }
    if (run.owner !== null) return { run, isSame, obstacle: "a process drives it now" };
    if (run.head === 0) return { run, isSame };
    const execution = new Execution({
      runId: run.id,
      internalId: run.internalId,
      definition: workflow.definition,
      drain: options.drain,
      digest: sha256,
    });
    const turn = await execution.replay(await readTurns(storage, run.id));
    return turn.stuck === undefined ? { run, isSame } : { run, isSame, obstacle: turn.mismatch ?? turn.stuck };
  }
}

function ended({ id, status }: Pick<RunRecord, "id" | "status">, why: string): MaestroError {
  return new MaestroError("run_ended", `Run "${id}" has ended ${status}: ${why}`);
}

function nothing(): undefined {}
