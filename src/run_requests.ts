import { MaestroError } from "./base/errors.ts";
import { didYouMean } from "./base/text.ts";
import { UpdateFailedError } from "./code/errors.ts";
import type { Payload, QueryDefinition, SignalDefinition, UpdateDefinition } from "./code/message.ts";
import { Execution } from "./engine/execution.ts";
import type { RunEvent } from "./engine/hooks.ts";
import type { Entry, UpdateCompleted } from "./engine/journal.ts";
import { readStart, readTurns } from "./engine/recovered.ts";
import { isFinal } from "./engine/run.ts";
import { type RunState, UnknownQueryError } from "./engine/run_state.ts";
import type { ListRunsRequest, StoredRun } from "./engine/storage.ts";
import { withoutTermination } from "./engine/termination.ts";
import { givenJson } from "./given_json.ts";
import type { Engine } from "./local_engine.ts";
import { sha256 } from "./runtime/digest.ts";

/** Turns that are read at a time, and runs that are listed. */
const PAGE = 100;

/** Which runs `list` gives. */
export type RunFilter = Omit<ListRunsRequest, "cursor" | "limit">;

/** What can be asked of runs, by whoever: nothing here drives one. */
export class RunRequests {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Sends a signal with the types of its definition. */
  async signal<Data>(runId: string, { name }: SignalDefinition<Data>, ...[data]: Payload<Data>): Promise<void> {
    const given = givenJson(data, `The data of signal "${name}"`);
    const delivery = await this.#engine.send(runId, { kind: "signal", name, data: given });
    if (delivery === undefined) throw this.#engine.notFound(runId);
    if (isFinal(delivery.run.status)) throw ended(delivery.run, "no signal reaches it");
  }

  /** Asks a question about a run's state: of the run itself where it is at hand, else of its journal. */
  async query<Result, Data>(
    runId: string,
    { name }: QueryDefinition<Result, Data>,
    ...[data]: Payload<Data>
  ): Promise<Result> {
    const given = givenJson(data, `The data of query "${name}"`);
    const state = this.#engine.worker.live(runId)?.state ?? await this.#rebuild(runId);
    try {
      return state.query(name, given) as Result;
    } catch (thrown) {
      if (!(thrown instanceof UnknownQueryError)) throw thrown;
      const known = thrown.known.length === 0 ? "it answers none" : `it answers ${thrown.known.join(", ")}`;
      throw new MaestroError("usage", `Run "${runId}" answers no query "${name}"`, {
        hint: didYouMean(name, thrown.known) ?? known,
      });
    }
  }

  /** Sends an update and waits for the answer. */
  async update<Result, Data>(
    runId: string,
    { name }: UpdateDefinition<Result, Data>,
    given: unknown,
    id: string = this.#engine.options.createId(),
  ): Promise<Result> {
    const data = givenJson(given, `The data of update "${name}"`);
    const { head } = await this.#engine.find(runId);
    const delivery = (await this.#engine.send(runId, { kind: "update", name, data }, id))!;
    const from = delivery.isDuplicate ? 0 : head;
    if (!isFinal(delivery.run.status)) await this.#engine.take(delivery.run);
    for await (const { entry } of this.watch(runId, from)) {
      const answer = answerIn(entry, id);
      if (answer === undefined) continue;
      if (answer.failure !== null) throw new UpdateFailedError(answer.failure);
      return answer.output as Result;
    }
    throw ended(await this.#engine.find(runId), "no update reaches it");
  }

  /** Ends a run as it stands: by its live owner, else here, which needs none of its code. */
  async terminate(runId: string): Promise<void> {
    const run = await this.#engine.find(runId);
    if (isFinal(run.status)) throw ended(run, "it cannot be terminated");
    await this.#engine.order(runId, { kind: "terminate" });
    for (;;) {
      const woken = this.#engine.nextTurn(runId);
      const { status, owner } = await this.#engine.find(runId);
      if (isFinal(status)) return;
      // Somebody may have let go of it without having heard.
      if (owner === null) await this.#engine.worker.claim([runId]);
      else await woken;
    }
  }

  /** Everything that the run's journal holds, then what comes, until the run has ended. */
  async *watch(runId: string, from = 0): AsyncIterable<RunEvent> {
    for (let position = from;;) {
      const woken = this.#engine.nextTurn(runId);
      // Looked at first: a run that has ended by then has written everything.
      const { workflow, internalId, status, head } = await this.#engine.find(runId);
      const traceId = internalId.replaceAll("-", "");
      while (position < head) {
        const page = await this.#engine.storage.readJournal({ runId, from: position, limit: PAGE });
        for (const { time, entries } of page.turns) {
          for (const entry of entries) yield { runId, workflow, traceId, time, entry };
        }
        position = Math.max(page.from + page.turns.length, position + 1);
      }
      if (isFinal(status)) return;
      await woken;
    }
  }

  /** Runs that pass a filter, newest first. */
  async *list(filter: RunFilter = {}): AsyncIterable<StoredRun> {
    let cursor: string | undefined;
    do {
      const page = await this.#engine.storage.listRuns({ ...filter, cursor, limit: PAGE });
      yield* page.runs;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** Deletes a run that has ended, with its children. */
  async delete(runId: string): Promise<void> {
    const run = await this.#engine.find(runId);
    if (!isFinal(run.status)) {
      throw new MaestroError("usage", `Run "${runId}" is ${run.status}: only a run that has ended can be deleted`);
    }
    if (run.root !== runId) {
      throw new MaestroError("usage", `Run "${runId}" is a child: it goes with "${run.root}"`);
    }
    await this.#engine.storage.deleteRuns({ runId, limit: 1 });
  }

  /** The state of a run that is not at hand, by its journal. */
  async #rebuild(runId: string): Promise<RunState> {
    const { storage, options, opener } = this.#engine;
    const run = await this.#engine.find(runId);
    if (run.head === 0) throw new MaestroError("usage", `Run "${runId}" has not begun: it has no answers yet`);
    const { files } = await readStart(storage, runId);
    const { definition } = await opener.definition(run.definition, files?.workflow ?? "");
    const { drain } = options;
    const execution = new Execution({ runId, internalId: run.internalId, definition, drain, digest: sha256 });
    const turn = await execution.replay(withoutTermination(await readTurns(storage, runId)));
    if (turn.stuck === undefined) return execution.state;
    throw new MaestroError("usage", `Run "${runId}" cannot be asked: its journal does not fit the code`, {
      details: { mismatch: turn.mismatch },
    });
  }
}

function answerIn(entry: Entry, id: string): UpdateCompleted | undefined {
  const answers = entry.type === "run_started" ? entry.answers ?? [] : entry.type === "update_completed" ? [entry] : [];
  return answers.find((answer) => answer.id === id);
}

function ended({ id, status }: Pick<StoredRun, "id" | "status">, why: string): MaestroError {
  return new MaestroError("run_ended", `Run "${id}" has ended ${status}: ${why}`);
}
