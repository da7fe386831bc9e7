import { MaestroError } from "../../base/errors.ts";
import type { Attributes } from "../../engine/attributes.ts";
import type { CommitTurnRequest } from "../../engine/storage.ts";
import { changeIndexed, findIndexed } from "./attribute_rows.ts";
import {
  createChild,
  dropDefinition,
  keepDefinition,
  placeOfDefinition,
  type PreparedRun,
  prepareRun,
  runBytes,
} from "./create_run.ts";
import { insertMessage, type PreparedMessage, prepareMessage, takeMessages } from "./inbox.ts";
import { deleteJournal, insertLarge, isLarge, turnPayload } from "./journal_rows.ts";
import type { Payload, PayloadCodec } from "./payload.ts";
import { changedColumns, columnValue, type RecordColumns } from "./record_columns.ts";
import { change, selectOne, type SqlContext, type SqlWork } from "./sql_work.ts";
import { keepDue, releaseRun } from "./worker_rows.ts";

/** A commit in the form in which it is kept. */
export interface PreparedCommit {
  readonly runId: string;
  readonly token: number;
  readonly head: number;
  readonly turnId: string;
  readonly turn: Payload | undefined;
  readonly restart: boolean;
  /** What changes in the record, but for the definition. */
  readonly columns: RecordColumns;
  readonly attributes: Attributes | undefined;
  /** Whether the run has no time any more at which it is due. */
  readonly endsWait: boolean;
  readonly definition: { readonly hash: string; readonly body: Payload } | undefined;
  readonly taken: readonly string[] | undefined;
  readonly children: readonly PreparedRun[] | undefined;
  readonly messages: readonly PreparedMessage[] | undefined;
  readonly release: boolean;
}

/** Brings a commit into the form in which it is kept. */
export function prepareCommit(codec: PayloadCodec, request: CommitTurnRequest): PreparedCommit {
  const { claim: { runId, token }, head, turnId, turn, restart, change: changed, definition, taken, release } = request;
  return {
    runId,
    token,
    head,
    turnId,
    turn: turn && turnPayload(codec, runId, head, turn),
    restart: restart === true,
    columns: changedColumns(codec, runId, changed),
    attributes: changed.attributes,
    endsWait: changed.wakeAt === null,
    definition: prepareDefinition(codec, changed.definition, definition),
    taken,
    children: request.children?.map((child) => prepareRun(codec, child)),
    messages: request.messages?.map((message) => prepareMessage(codec, message)),
    release: release === true,
  };
}

/** About how many bytes a commit takes. */
export function commitBytes({ turn, children = [] }: PreparedCommit): number {
  return children.reduce((sum, child) => sum + runBytes(child), turn?.value.length ?? 0);
}

/** Commits a turn, or refuses it with `claim_lost`. */
export function* commitTurn(commit: PreparedCommit, context: SqlContext): SqlWork<void> {
  const { runId, token, head, turnId, turn, attributes, definition, taken, children, messages, release } = commit;
  const tail = turn === undefined ? undefined : yield* appendTurn(commit, turn);
  if (tail === 0) return yield* refuse(runId, token, turnId);
  // Read before the run's row is changed, and changed when nothing can refuse the commit any more.
  const indexed = attributes === undefined ? undefined : yield* findIndexed(runId);
  const { changes } = yield* updateRun(commit, tail);
  if (changes === 0) return yield* refuse(runId, token, turnId);
  if (attributes !== undefined) yield* changeIndexed(indexed!, attributes);
  if (commit.endsWait && !release) yield* keepDue(runId, context);
  const isFirst = head === 0 && turn !== undefined;
  if (!isFirst && !release && (taken ?? children ?? messages ?? definition) === undefined) return;
  const run = (yield* selectOne<{ seq: number; owner: string | null; definition: number }>(
    "select seq, owner, definition from runs where id = ?",
    [runId],
  ))!;
  if (isFirst) yield* change("delete from starts where run = ?", [run.seq]);
  if (definition !== undefined) yield* changeDefinition(run, definition.hash, definition.body);
  if (taken !== undefined) yield* takeMessages(run.seq, taken);
  if (children !== undefined) { for (const child of children) yield* createChild(child, context); }
  if (messages !== undefined) { for (const message of messages) yield* insertMessage(message, run.owner, context); }
  if (release) yield* releaseRun(run.seq, context);
}

/** Appends a turn; gives the key of its row, or 0 where it does not belong at the end of the journal. */
function* appendTurn({ runId, token, head, turnId, restart }: PreparedCommit, turn: Payload): SqlWork<number> {
  const large = isLarge(turn);
  const values = [large ? null : turn.value, runId, token, head, turnId];
  const { changes, lastId } = yield* change(restart ? BEGIN_ANEW : APPEND, values);
  if (changes === 0) return 0;
  if (large) yield* insertLarge(lastId, turn);
  if (restart) yield* dropJournal(runId, head);
  return lastId;
}

const APPEND = `insert into journal (before, body)
select tail, ? from runs where id = ? and token = ? and head = ? and turn_id <> ?`;

/** The first turn of a journal that begins anew has none before it. */
const BEGIN_ANEW = APPEND.replace("select tail", "select 0");

/** Deletes what the journal of a run held; comes before the run's row points to the new one. */
function* dropJournal(runId: string, head: number): SqlWork<void> {
  const run = yield* selectOne<{ tail: number }>("select tail from runs where id = ?", [runId]);
  yield* deleteJournal(run!.tail);
  yield* change("update runs set base = ? where id = ?", [head, runId]);
}

/** A turn that is in the journal already is answered as it was the first time. */
function* refuse(runId: string, token: number, turnId: string): SqlWork<void> {
  const run = yield* selectOne<{ token: number; turn_id: string }>("select token, turn_id from runs where id = ?", [
    runId,
  ]);
  if (run?.token === token && run.turn_id === turnId) return;
  throw new MaestroError("claim_lost", `Run "${runId}" has moved on without this worker`);
}

/** The text of a statement is the same for the same columns, so that it is prepared once. */
function* updateRun(
  { columns, runId, token, head, turnId }: PreparedCommit,
  tail: number | undefined,
): SqlWork<{ readonly changes: number }> {
  const more = columns.length === 0 ? "" : columns.map(([name]) => `, ${name} = ?`).join("");
  const values = columns.map(([, value]) => columnValue(value));
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

function prepareDefinition(
  codec: PayloadCodec,
  hash: string | undefined,
  body: string | undefined,
): PreparedCommit["definition"] {
  if (hash === undefined || body === undefined) return undefined;
  return { hash, body: codec.text(body, placeOfDefinition(hash)) };
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
