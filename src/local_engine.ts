import { MaestroError } from "./base/errors.ts";
import { canonicalJson } from "./base/json.ts";
import { didYouMean } from "./base/text.ts";
import type { Program } from "./code/perform_work.ts";
import { checkAttributes } from "./engine/attributes.ts";
import { TerminalError } from "./engine/author_errors.ts";
import type { Clock } from "./engine/clock.ts";
import type { RunListener } from "./engine/hooks.ts";
import type { JournalTurn, RunFiles, RunFinished } from "./engine/journal.ts";
import { withinTime } from "./engine/patience.ts";
import type { RunExit } from "./engine/run_exit.ts";
import { readStart, readTurns, startOf } from "./engine/recovered.ts";
import { askedForSince, reusableFacts } from "./engine/reuse.ts";
import { isFinal } from "./engine/run.ts";
import type { Delivery, Message, MessageBody, Storage, StoredRun } from "./engine/storage.ts";
import { Worker } from "./engine/worker.ts";
import { acceptInput } from "./load_code.ts";
import type { LoadedWorkflow } from "./load_workflow.ts";
import type { RunHandle, RunResult } from "./run_handle.ts";
import type { AnyStartOptions } from "./start_options.ts";
import { createDependence } from "./plan/rerun_scope.ts";
import { foldSteps, type RollbackView } from "./plan/run_view.ts";
import { type AttemptSurroundings, requireValues, RunOpener } from "./run_opener.ts";
import { RunRequests } from "./run_requests.ts";
import { sha256 } from "./runtime/digest.ts";
import type { ServiceConnections, Values } from "./service_connections.ts";

/** What an engine is made of. */
export interface EngineOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: () => number;
  readonly createId: () => string;
  readonly drain: () => Promise<void>;
  readonly connections: ServiceConnections;
  readonly values: (files: RunFiles | undefined) => Promise<Values>;
  readonly onEvent: RunListener | undefined;
  readonly queue: string;
  /** Queues from which due runs are taken, once it listens. */
  readonly queues: readonly string[];
  /** Whether it drives runs at all, and does not only talk about them. */
  readonly drives: boolean;
  readonly maxRuns: number | undefined;
  readonly maxWaiting: number | undefined;
  readonly leaseMs?: number | undefined;
  /** The workflows that are code of the program, by hash. */
  readonly registered: ReadonlyMap<string, LoadedWorkflow>;
  /** What stands around every attempt. @default nothing */
  readonly around?: AttemptSurroundings | undefined;
}

/** How often a run that another process drives is looked at. */
const FOLLOW_MS = 100;

/** A store with the worker that drives runs in it. */
export class Engine {
  readonly storage: Storage;
  readonly worker: Worker;
  readonly opener: RunOpener;
  readonly options: EngineOptions;
  readonly requests: RunRequests = new RunRequests(this);
  /** Those who wait for a run's next turn. */
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor(options: EngineOptions) {
    const { storage, clock, random, createId, drain, connections, values, onEvent, queues, maxWaiting, registered } =
      options;
    this.options = options;
    this.storage = storage;
    const now = (): number => clock.now();
    const seen = { values, onEvent, registered, around: options.around, signal: this.#signal };
    const opener = this.opener = new RunOpener({ storage, connections, createId, now, ...seen });
    const { open } = opener;
    this.worker = new Worker({
      storage,
      clock,
      random,
      createId,
      digest: sha256,
      drain,
      onEvent,
      open,
      onTurn: (runId) => this.#watchers.get(runId)?.forEach((wake) => wake()),
      maxRuns: options.maxRuns,
      queues,
      leaseMs: options.leaseMs,
      maxWaiting: maxWaiting ?? (queues.length === 0 ? Infinity : undefined),
    });
  }

  /** Starts a run, or gives the one that has the id already. */
  async start(workflow: LoadedWorkflow, options: AnyStartOptions, values: Values): Promise<RunHandle> {
    const { createId, drives } = this.options;
    const { endpoints = {}, timeoutMs, files, context, queue = this.options.queue } = options;
    checkStart(options);
    const input = acceptInput(workflow, options.input);
    const attributes = options.attributes && checkAttributes(options.attributes);
    requireValues(workflow, endpoints, values);
    const internalId = createId();
    const id = options.id ?? internalId;
    const request = { id, internalId, input, queue, timeoutMs, endpoints, files, values, attributes, context };
    const { run, started } = this.opener.prepare(workflow, request);
    const isOwn = drives && (queue === this.options.queue || this.options.queues.includes(queue));
    try {
      if (isOwn) {
        const opened = await this.opener.opened(workflow, run, started, values);
        await this.worker.start({ run, opened, started });
      } else {
        const definition = workflow.bundle;
        await this.storage.createRun({ run: { ...run, status: "pending" }, definition, first: { started } });
      }
    } catch (thrown) {
      // It was created, by a request whose answer was lost, and somebody has taken it over since.
      if (MaestroError.is(thrown, "claim_lost")) return this.handle(id);
      if (options.id === undefined || !MaestroError.is(thrown, "run_conflict")) throw thrown;
      return await this.#existing(id, { workflow: run.workflow, input: canonicalJson(input) });
    }
    return this.handle(id);
  }

  /** Starts a run of the same definition and input that takes over what an ended one leaves for it. */
  async rerun(
    old: StoredRun,
    { from, id }: { readonly from: string; readonly id?: string | undefined },
  ): Promise<RunHandle> {
    const { createId, values, queue } = this.options;
    const turns = await readTurns(this.storage, old.id);
    const before = startOf(turns, old.id);
    const workflow = await this.opener.definition(old.definition, before.files?.workflow ?? "");
    const path = pathOf(from, turns);
    const isAgain = workflow.isCode === true ? askedForSince(turns, path)! : createDependence(workflow.plan, path);
    const reused = reusableFacts(turns, isAgain);
    const { input, endpoints, files, timeoutMs, context } = before;
    const outside = await values(files);
    requireValues(workflow, endpoints, outside);
    const internalId = createId();
    const { run, started } = this.opener.prepare(workflow, {
      id: id ?? internalId,
      internalId,
      input,
      queue,
      timeoutMs: timeoutMs ?? undefined,
      endpoints,
      files,
      values: outside,
      attributes: old.attributes,
      context,
    });
    const opened = await this.opener.opened(workflow, run, started, outside);
    await this.worker.start({ run, opened, started: { ...started, env: before.env }, reused });
    return this.handle(run.id);
  }

  async #existing(id: string, wanted: { readonly workflow: string; readonly input: string }): Promise<RunHandle> {
    const run = await this.find(id);
    const conflict = run.workflow !== wanted.workflow
      ? `of workflow "${run.workflow}"`
      : await this.#firstInput(run) !== sha256(wanted.input)
      ? "with another input"
      : undefined;
    if (conflict !== undefined) {
      throw new MaestroError("run_conflict", `Run "${id}" exists already, ${conflict}`, { hint: "choose another id" });
    }
    await this.take(run);
    return this.handle(id, { takesOver: true });
  }

  /** Hash of what a run was started with, also where nobody has begun it yet. */
  async #firstInput({ id, head }: StoredRun): Promise<string> {
    const pending = head === 0 ? await this.storage.readPending({ runId: id }) : undefined;
    const { input, firstInput } = pending?.started ?? await readStart(this.storage, id);
    return firstInput ?? sha256(canonicalJson(input));
  }

  /** @throws {MaestroError} `run_not_found`. */
  async find(runId: string): Promise<StoredRun> {
    const run = await this.storage.findRun({ runId });
    if (run === undefined) throw this.notFound(runId);
    return run;
  }

  /** The error for an id that no run has. */
  notFound(runId: string): MaestroError {
    return new MaestroError("run_not_found", `The store has no run "${runId}"`, {
      hint: "maestro runs list shows them",
    });
  }

  /** Resolves when a turn of the run was committed here, or it is time to look again. */
  nextTurn(runId: string): Promise<void> {
    const watchers = this.#watchers.get(runId) ?? new Set();
    this.#watchers.set(runId, watchers);
    let wake: (() => void) | undefined;
    return withinTime(this.options.clock, FOLLOW_MS, (done) => watchers.add(wake = done)).then(() => {
      watchers.delete(wake!);
      if (watchers.size === 0) this.#watchers.delete(runId);
    });
  }

  /** Takes over a run that nobody drives. */
  async take({ id, status, owner }: StoredRun): Promise<void> {
    const isFree = !isFinal(status) && status !== "paused" && owner === null;
    if (isFree && this.options.drives) await this.worker.claim([id]);
  }

  /** A handle on a run of the store. `takesOver`: this process drives it whenever nobody else does. */
  handle(runId: string, { takesOver = false }: { readonly takesOver?: boolean } = {}): RunHandle {
    const { promise: detached, reject: detach } = Promise.withResolvers<never>();
    detached.catch(nothing);
    const { worker } = this;
    // Asked for at once: a store in memory may drop what has ended. A run that waits in the store is followed only for somebody.
    const live = worker.live(runId);
    const settled = live && this.#settle(runId, live.ended);
    settled?.catch(nothing);
    const find = async (): Promise<RunResult> => await settled ?? await this.#follow(runId, takesOver);
    let result: Promise<RunResult> | undefined;
    return {
      id: runId,
      get isDriven() {
        return worker.live(runId) !== undefined;
      },
      result: () => result ??= Promise.race([find(), detached]),
      cancel: () => {
        const own = worker.live(runId);
        if (own !== undefined) own.cancel();
        else void this.order(runId, { kind: "cancel" }).catch(nothing);
      },
      signal: (signal, ...data) => this.requests.signal(runId, signal, ...data),
      query: (query, ...data) => this.requests.query(runId, query, ...data),
      update: (update, ...[data]) => this.requests.update(runId, update, data),
      terminate: () => this.requests.terminate(runId),
      watch: () => this.requests.watch(runId),
      suspend: async () => {
        await worker.live(runId)?.suspend();
        detach(new Error("The run was let go of"));
      },
    };
  }

  /** Puts a message into a run's inbox and tells the run, where this process drives it. `undefined` where there is no such run. */
  async send(runId: string, body: MessageBody, id: string = this.options.createId()): Promise<Delivery | undefined> {
    const message: Message = { runId, id, time: this.options.clock.now(), ...body };
    const delivery = await this.storage.deliver({ message });
    const live = this.worker.live(runId);
    if (delivery?.isDuplicate === false) live?.post([message]);
    // The run may have taken it in another process; where it has not, the store tells of it.
    else if (live !== undefined) void this.worker.claim([]);
    return delivery;
  }

  /** Asks whoever owns a run to do something; takes it over where nobody does. */
  async order(runId: string, body: MessageBody): Promise<void> {
    const delivery = await this.send(runId, body, `${body.kind}:${this.options.createId()}`);
    const isFree = delivery?.run.owner === null && this.worker.live(runId) === undefined;
    // Whoever ends a run as it stands need not be able to drive it.
    if (isFree && (this.options.drives || body.kind === "terminate")) await this.worker.claim([runId]);
  }

  readonly #signal: Program["signal"] = async (runId, { id, ...signal }) => {
    const delivery = await this.send(runId, { kind: "signal", ...signal }, id);
    const refuse = (code: string, why: string): TerminalError =>
      new TerminalError(`Signal "${signal.name}" reaches nobody: run "${runId}" ${why}`, { code });
    if (delivery === undefined) throw refuse("run_not_found", "does not exist");
    if (isFinal(delivery.run.status)) throw refuse("run_ended", "has ended");
  };

  /** Suspends the worker and closes the store. */
  async close(): Promise<void> {
    await this.worker.suspend();
    await this.storage[Symbol.asyncDispose]();
  }

  /** The result of a run that this process drives to its end; `undefined` where it leaves before: then it can only be watched. */
  async #settle(runId: string, ended: Promise<RunExit>): Promise<RunResult | undefined> {
    let exit: RunExit;
    try {
      exit = await ended;
    } catch (thrown) {
      if (MaestroError.is(thrown, "claim_lost")) return undefined;
      throw thrown;
    }
    if (exit.kind === "parked") return undefined;
    return await this.#result(await this.find(runId), exit.kind === "finished" ? exit.finished : undefined);
  }

  async #follow(runId: string, takesOver: boolean): Promise<RunResult> {
    for (;;) {
      const live = this.worker.live(runId);
      const settled = live && await this.#settle(runId, live.ended);
      if (settled !== undefined) return settled;
      const run = await this.find(runId);
      if (isFinal(run.status) || (run.status === "paused" && run.owner === null)) return await this.#result(run);
      if (takesOver && run.owner === null) await this.take(run);
      const failure = this.worker.failure(runId);
      if (failure !== undefined) throw failure;
      if (this.worker.live(runId) === undefined) {
        await new Promise<void>((resolve) => this.options.clock.after(FOLLOW_MS, resolve));
      }
    }
  }

  async #result(run: StoredRun, finished?: RunFinished): Promise<RunResult> {
    const journal = await readTurns(this.storage, run.id);
    const { id, workflow, version, startedAt, status, cause, output, error, pause } = run;
    return {
      runId: id,
      workflow,
      version,
      status,
      cause,
      output,
      error,
      pause,
      startedAt,
      finishedAt: run.finishedAt ?? journal.at(-1)?.time ?? startedAt,
      rollback: finished?.rollback ?? rollbackOf(journal),
      get steps() {
        return foldSteps(journal);
      },
    };
  }
}

/** @throws {MaestroError} `usage`. */
function checkStart({ id, queue, timeoutMs }: AnyStartOptions): void {
  if (id === "") throw new MaestroError("usage", "The id of a run cannot be empty");
  if (queue === "") throw new MaestroError("usage", "The name of a queue cannot be empty");
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new MaestroError("usage", `A timeout of ${timeoutMs} ms leaves a run no time`, {
      hint: "give a number of milliseconds above zero",
    });
  }
}

/** What became of the steps that were to be undone, by the journal's last end. */
function rollbackOf(journal: readonly JournalTurn[]): RollbackView {
  for (const { entries } of journal.toReversed()) {
    const end = entries.findLast((entry) => entry.type === "run_finished");
    if (end !== undefined) return end.rollback;
  }
  return { undone: [], notUndone: [], unknown: [] };
}

/** The path of a step that a journal tells of, by its path or its id. */
function pathOf(step: string, turns: readonly JournalTurn[]): string {
  const paths = new Set(
    turns.flatMap(({ entries }) => entries.flatMap((entry) => "step" in entry ? entry.step ?? [] : [])),
  );
  const found = paths.has(step) ? step : [...paths].find((path) => path.slice(path.lastIndexOf("/") + 1) === step);
  if (found !== undefined) return found;
  throw new MaestroError("usage", `The run has no step "${step}"`, { hint: didYouMean(step, [...paths]) });
}

function nothing(): undefined {}
