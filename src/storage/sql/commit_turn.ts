import { MaestroError } from "../../base/errors.ts";
import type { CommitTurnRequest, RunChange } from "../../engine/storage.ts";
import {
  clearMessage,
  createChild,
  dropDefinition,
  keepDefinition,
  placeOfDefinition,
  type PreparedRun,
  prepareRecord,
  prepareRun,
  type RecordPayloads,
} from "./create_run.ts";
import { insertMessage, type PreparedMessage, prepareMessage, takeMessages } from "./inbox.ts";
import { insertLarge, isLarge, turnPayload } from "./journal_rows.ts";
import type { Payload, PayloadCodec } from "./payload.ts";
import { change, selectOne, type SqlEffects, type SqlValue, type SqlWork } from "./sql_work.ts";
import { releaseRun } from "./worker_rows.ts";

/** A commit in the form in which it is kept. */
export interface PreparedCommit {
  readonly request: CommitTurnRequest;
  readonly turn: Payload | undefined;
  readonly record: RecordPayloads;
  readonly definition: Payload | undefined;
  readonly children: readonly PreparedRun[];
  readonly messages: readonly PreparedMessage[];
}

const NONE: readonly never[] = [];

/** Brings a commit into the form in which it is kept. */
export function prepareCommit(codec: PayloadCodec, request: CommitTurnRequest): PreparedCommit {
  const { claim, head, turn, change: changed, definition, children, messages } = request;
  return {
    request,
    turn: turn && turnPayload(codec, claim.runId, head, turn),
    record: prepareRecord(codec, claim.runId, changed),
    definition: definition === undefined ? undefined : codec.text(definition, placeOfDefinition(changed.definition!)),
    children: children === undefined ? NONE : children.map((child) => prepareRun(codec, child)),
    messages: messages === undefined ? NONE : messages.map((message) => prepareMessage(codec, message)),
  };
}

/** Commits a turn, or refuses it with `claim_lost`. */
export function* commitTurn(commit: PreparedCommit, files: string, now: number, effects: SqlEffects): SqlWork<void> {
  const { claim: { runId, token }, head, turnId, change: changed, taken, release } = commit.request;
  const { turn, children, messages } = commit;
  let tail: number | undefined;
  if (turn !== undefined) {
    const large = isLarge(turn);
    const { changes, lastId } = yield* change(APPEND, [large ? null : turn.value, runId, token, head, turnId]);
    if (changes === 0) return yield* refuse(runId, token, turnId);
    if (large) yield* insertLarge(lastId, turn);
    tail = lastId;
  }
  const columns = changedColumns(commit);
  const { changes } = yield* updateRun(columns, tail, commit);
  if (changes === 0) return yield* refuse(runId, token, turnId);
  const hasMore = taken !== undefined || release === true || children.length > 0 || messages.length > 0 ||
    changed.definition !== undefined || (head === 0 && turn !== undefined);
  if (!hasMore) return;
  const run = (yield* selectOne<{ seq: number; owner: string | null; definition: number }>(
    "select seq, owner, definition from runs where id = ?",
    [runId],
  ))!;
  if (head === 0 && turn !== undefined) yield* change("delete from starts where run = ?", [run.seq]);
  if (changed.definition !== undefined) yield* changeDefinition(run, changed.definition, commit.definition!);
  if (taken !== undefined) yield* takeMessages(run.seq, taken);
  for (const child of children) yield* createChild(child, files, now, effects);
  for (const message of messages) yield* insertMessage(message, run.owner, now, effects);
  if (release === true) yield* releaseRun(run.seq, now, effects);
}

const APPEND = `insert into journal (before, body)
select tail, ? from runs where id = ? and token = ? and head = ? and turn_id <> ?`;

/** A turn that is in the journal already is answered as it was the first time. */
function* refuse(runId: string, token: number, turnId: string): SqlWork<void> {
  const run = yield* selectOne<{ token: number; turn_id: string }>("select token, turn_id from runs where id = ?", [
    runId,
  ]);
  if (run?.token === token && run.turn_id === turnId) return;
  throw new MaestroError("claim_lost", `Run "${runId}" has moved on without this worker`);
}

interface Columns {
  readonly names: string[];
  readonly values: SqlValue[];
}

const NO_COLUMNS: Columns = { names: [], values: [] };

function changedColumns({ request: { change: changed }, record }: PreparedCommit): Columns {
  for (const _member in changed) {
    const columns: Columns = { names: [], values: [] };
    const set = (name: string, value: SqlValue): void => {
      columns.names.push(name);
      columns.values.push(value);
    };
    setPlain(changed, set);
    if (changed.pause !== undefined) {
      set("pause_reason", changed.pause?.reason ?? null);
      set("pause_message", record.pauseMessage?.value ?? null);
    }
    if (changed.error !== undefined) {
      set("error_code", changed.error?.code ?? null);
      set("error_message", clearMessage(changed.error, record.error));
      set("error", record.error?.value ?? null);
    }
    if (changed.output !== undefined) set("output", record.output?.value ?? null);
    return columns;
  }
  return NO_COLUMNS;
}

function setPlain(changed: RunChange, set: (name: string, value: SqlValue) => void): void {
  if (changed.status !== undefined) set("status", changed.status);
  if (changed.cause !== undefined) set("cause", changed.cause);
  if (changed.wakeAt !== undefined) set("wake_at", changed.wakeAt);
  if (changed.finishedAt !== undefined) set("finished_at", changed.finishedAt);
}

/** The text of a statement is the same for the same columns, so that it is prepared once. */
function* updateRun(
  { names, values }: Columns,
  tail: number | undefined,
  { request: { claim: { runId, token }, head, turnId } }: PreparedCommit,
): SqlWork<{ readonly changes: number }> {
  const more = names.length === 0 ? "" : `, ${names.map((name) => `${name} = ?`).join(", ")}`;
  if (tail === undefined) {
    return yield* change(
      `update runs set turn_id = ?, crashes = 0${more} where id = ? and token = ? and head = ? and turn_id <> ?`,
      [turnId, ...values, runId, token, head, turnId],
    );
  }
  return yield* change(`update runs set head = head + 1, tail = ?, turn_id = ?, crashes = 0${more} where id = ?`, [
    tail,
    turnId,
    ...values,
    runId,
  ]);
}

function* changeDefinition(
  run: { readonly seq: number; readonly definition: number },
  hash: string,
  body: Payload,
): SqlWork<void> {
  const definition = yield* keepDefinition(hash, body);
  if (definition === run.definition) return;
  yield* change("update runs set definition = ? where seq = ?", [definition, run.seq]);
  yield* dropDefinition(run.definition);
}
