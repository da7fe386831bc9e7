import { MaestroError } from "../../base/errors.ts";
import type { RunRecord } from "../../engine/run.ts";
import type { CreateRunRequest, WorkerRef } from "../../engine/storage.ts";
import { attributeKeys, attributesColumn, insertAttributes } from "./attribute_rows.ts";
import { insertFirstTurn, turnPayload } from "./journal_rows.ts";
import type { Payload, PayloadCodec } from "./payload.ts";
import { columnValue, privateColumns, type RecordColumns } from "./record_columns.ts";
import { placeOf } from "./run_row.ts";
import { change, selectOne, type SqlContext, type SqlWork } from "./sql_work.ts";
import { renewWorker } from "./worker_rows.ts";

/** A new run in the form in which it is kept. */
export interface PreparedRun {
  /** The record without what is in `columns`. */
  readonly run: Omit<RunRecord, "output" | "error" | "pause">;
  readonly worker: WorkerRef | undefined;
  readonly definition: Payload;
  readonly turn: Payload | undefined;
  readonly turnId: string;
  readonly started: Payload | undefined;
  readonly columns: RecordColumns;
}

/** Brings a new run into the form in which it is kept. */
export function prepareRun(codec: PayloadCodec, { run, worker, definition, first }: CreateRunRequest): PreparedRun {
  const { output: _output, error: _error, pause: _pause, ...clear } = run;
  const { id } = run;
  return {
    run: clear,
    worker,
    definition: codec.text(definition, placeOfDefinition(run.definition)),
    turn: "turn" in first ? turnPayload(codec, id, 0, first.turn) : undefined,
    turnId: "turn" in first ? first.turnId : "",
    started: "started" in first ? codec.json(first.started, placeOf("start", id)) : undefined,
    columns: privateColumns(codec, id, run),
  };
}

/** About how many bytes a new run takes. */
export function runBytes({ definition, turn, started }: PreparedRun): number {
  return definition.value.length + (turn?.value.length ?? 0) + (started?.value.length ?? 0);
}

/** Where a definition is kept. */
export function placeOfDefinition(hash: string): string {
  return `definition ${hash}`;
}

const FIND_TAKEN = "select internal_id, token from runs where id = ?";

/** Creates a run; the same one that is sent again changes nothing, and is refused where somebody has taken it over since. */
export function* createRun(request: PreparedRun, context: SqlContext): SqlWork<void> {
  const { run, worker } = request;
  const taken = yield* selectOne<{ internal_id: string; token: number }>(FIND_TAKEN, [run.id]);
  if (taken?.internal_id === run.internalId) {
    if (worker === undefined || taken.token === 1) return;
    throw new MaestroError("claim_lost", `Run "${run.id}" has moved on without this worker`);
  }
  if (taken !== undefined) {
    throw new MaestroError("run_conflict", `Run "${run.id}" exists already`, { hint: "choose another id" });
  }
  yield* insertRun(request, context);
}

/** Creates a run unless its id is taken. */
export function* createChild(request: PreparedRun, context: SqlContext): SqlWork<void> {
  const taken = yield* selectOne("select 1 from runs where id = ?", [request.run.id]);
  if (taken === undefined) yield* insertRun(request, context);
}

function* insertRun(request: PreparedRun, context: SqlContext): SqlWork<void> {
  const { run, worker, turn, turnId, started, columns } = request;
  const { now, effects } = context;
  if (worker !== undefined) yield* renewWorker(worker, context);
  const definition = yield* keepDefinition(run.definition, request.definition);
  const tail = turn === undefined ? 0 : yield* insertFirstTurn(turn);
  const { lastId } = yield* change(INSERT_RUN, [
    ...columns.map(([, value]) => columnValue(value)),
    ...[run.id, run.internalId, run.workflow, run.version, definition, run.queue],
    ...[run.parent?.runId ?? null, run.parent?.step ?? null, run.root, run.durability, run.status, run.cause],
    ...[worker === undefined ? run.wakeAt ?? now : run.wakeAt, run.startedAt, run.finishedAt],
    ...[turn === undefined ? 0 : 1, tail, turnId, worker === undefined ? 0 : 1, worker?.id ?? null],
    attributesColumn(run.attributes),
  ]);
  yield* insertAttributes(lastId, attributeKeys(run.attributes));
  if (started !== undefined) yield* change("insert into starts (run, body) values (?, ?)", [lastId, started.value]);
  if (worker === undefined) effects.hasDueRuns = true;
}

/** The private columns come first, in the order of `privateColumns`. */
const INSERT_RUN = `insert into runs (output, error, error_code, error_message, pause_reason, pause_message,
pause_difference, id, internal_id, workflow, version, definition, queue, parent_run, parent_step, root, durability, status, cause,
wake_at, started_at, finished_at, head, tail, turn_id, token, owner, attributes, crashes, mail)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)`;

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
