import { MaestroError } from "../../base/errors.ts";
import type { RunRecord } from "../../engine/run.ts";
import type { Claim, CreateRunRequest, WorkerRef } from "../../engine/storage.ts";
import { insertFirstTurn, turnPayload } from "./journal_rows.ts";
import type { Payload, PayloadCodec } from "./payload.ts";
import { placeOf } from "./run_row.ts";
import { change, selectOne, type SqlEffects, type SqlWork } from "./sql_work.ts";
import { renewWorker } from "./worker_rows.ts";

/** A new run in the form in which it is kept. */
export interface PreparedRun {
  readonly run: RunRecord;
  readonly worker: WorkerRef | undefined;
  readonly definition: Payload;
  readonly turn: Payload | undefined;
  readonly turnId: string;
  readonly started: Payload | undefined;
  readonly record: RecordPayloads;
}

/** What of a run's record is not kept clear. */
export interface RecordPayloads {
  readonly output?: Payload | null | undefined;
  readonly error?: Payload | null | undefined;
  readonly pauseMessage?: Payload | null | undefined;
}

/** Brings a new run into the form in which it is kept. */
export function prepareRun(codec: PayloadCodec, { run, worker, definition, first }: CreateRunRequest): PreparedRun {
  const { id } = run;
  return {
    run,
    worker,
    definition: codec.text(definition, placeOfDefinition(run.definition)),
    turn: "turn" in first ? turnPayload(codec, id, 0, first.turn) : undefined,
    turnId: "turn" in first ? first.turnId : "",
    started: "started" in first ? codec.json(first.started, placeOf("start", id)) : undefined,
    record: prepareRecord(codec, id, run),
  };
}

/** Takes those parts of a record that are given. */
export function prepareRecord(
  codec: PayloadCodec,
  runId: string,
  { output, error, pause }: Partial<Pick<RunRecord, "output" | "error" | "pause">>,
): RecordPayloads {
  return {
    output: output === undefined || output === null ? output : codec.json(output, placeOf("output", runId)),
    error: error === undefined || error === null ? error : codec.json(error, placeOf("error", runId)),
    pauseMessage: pause === undefined || pause === null ? pause : codec.text(pause.message, placeOf("pause", runId)),
  };
}

/** Where a definition is kept. */
export function placeOfDefinition(hash: string): string {
  return `definition ${hash}`;
}

/** Creates a run. The same run sent again gives the same answer. */
export function* createRun(
  request: PreparedRun,
  files: string,
  now: number,
  effects: SqlEffects,
): SqlWork<Claim | undefined> {
  const { run, worker } = request;
  const claim = worker === undefined ? undefined : { runId: run.id, token: 1 };
  const taken = yield* selectOne<{ internal_id: string }>("select internal_id from runs where id = ?", [run.id]);
  if (taken?.internal_id === run.internalId) return claim;
  if (taken !== undefined) {
    throw new MaestroError("run_conflict", `Run "${run.id}" exists already`, { hint: "choose another id" });
  }
  yield* insertRun(request, files, now, effects);
  return claim;
}

/** Creates a run unless its id is taken. */
export function* createChild(request: PreparedRun, files: string, now: number, effects: SqlEffects): SqlWork<void> {
  const taken = yield* selectOne("select 1 from runs where id = ?", [request.run.id]);
  if (taken === undefined) yield* insertRun(request, files, now, effects);
}

function* insertRun(request: PreparedRun, files: string, now: number, effects: SqlEffects): SqlWork<void> {
  const { run, worker, turn, turnId, started, record } = request;
  if (worker !== undefined) yield* renewWorker(worker, files, now);
  const definition = yield* keepDefinition(run.definition, request.definition);
  const tail = turn === undefined ? 0 : yield* insertFirstTurn(turn);
  const { lastId } = yield* change(INSERT_RUN, [
    ...[run.id, run.internalId, run.workflow, run.version, definition, run.queue],
    ...[run.parent?.runId ?? null, run.parent?.step ?? null, run.root, run.durability, run.status, run.cause],
    ...[run.pause?.reason ?? null, worker === undefined ? run.wakeAt ?? now : run.wakeAt, run.startedAt],
    ...[run.finishedAt, turn === undefined ? 0 : 1, tail, turnId, worker === undefined ? 0 : 1, worker?.id ?? null],
    ...[run.error?.code ?? null, clearMessage(run.error, record.error)],
    ...[record.pauseMessage?.value ?? null, record.error?.value ?? null, record.output?.value ?? null],
  ]);
  if (started !== undefined) yield* change("insert into starts (run, body) values (?, ?)", [lastId, started.value]);
  if (worker === undefined) effects.hasDueRuns = true;
}

const INSERT_RUN = `insert into runs (id, internal_id, workflow, version, definition, queue, parent_run, parent_step,
root, durability, status, cause, pause_reason, wake_at, started_at, finished_at, head, tail, turn_id, token, owner,
crashes, mail, error_code, error_message, pause_message, error, output)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?)`;

/** An error's message for the search, where errors are kept clear. */
export function clearMessage(error: RunRecord["error"], payload: Payload | null | undefined): string | null {
  return typeof payload?.value === "string" ? error?.message ?? null : null;
}

/** Keeps a definition once a hash; gives its key. */
export function* keepDefinition(hash: string, body: Payload): SqlWork<number> {
  const known = yield* selectOne<{ seq: number }>("select seq from definitions where hash = ?", [hash]);
  if (known !== undefined) return known.seq;
  return (yield* change("insert into definitions (hash, body) values (?, ?)", [hash, body.value])).lastId;
}

/** Deletes a definition unless a run pins it. */
export function* dropDefinition(seq: number): SqlWork<void> {
  yield* change("delete from definitions where seq = ? and not exists (select 1 from runs where definition = ?)", [
    seq,
    seq,
  ]);
}
