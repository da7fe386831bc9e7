import { MaestroError } from "../../base/errors.ts";
import type { RunStarted } from "../../engine/journal.ts";
import { type Message, wakesRun } from "../../engine/storage.ts";
import type { RunStatus } from "../../engine/run.ts";
import type { Payload, PayloadCodec } from "./payload.ts";
import { placeOf } from "./run_row.ts";
import { change, selectAll, selectOne, type SqlContext, type SqlValue, type SqlWork } from "./sql_work.ts";

/** A message in the form in which it is kept. */
export interface PreparedMessage {
  readonly runId: string;
  readonly id: string;
  readonly time: number;
  readonly kind: Message["kind"];
  /** What the kind brings along. */
  readonly body: Payload;
}

/** A row of `messages`. */
export interface MessageRow {
  readonly id: string;
  readonly time: number;
  readonly kind: Message["kind"];
  readonly body: SqlValue;
}

/** Brings a message into the form in which it is kept. */
export function prepareMessage(codec: PayloadCodec, message: Message): PreparedMessage {
  const { runId, id, time, kind, ...body } = message;
  return { runId, id, time, kind, body: codec.json(body, placeOfMessage(runId, id)) };
}

/** Reads messages back. */
export function readMessages(
  rows: readonly MessageRow[],
  runId: string,
  codec: PayloadCodec,
): Promise<readonly Message[]> {
  return Promise.all(rows.map(async ({ id, time, kind, body }) => {
    const rest = await codec.readJson(body, placeOfMessage(runId, id));
    if (typeof rest !== "object") throw new MaestroError("store_corrupt", `Message "${id}" of run "${runId}" is empty`);
    return { runId, id, time, kind, ...rest } as Message;
  }));
}

function placeOfMessage(runId: string, id: string): string {
  return `message "${id}" to run "${runId}"`;
}

/** Puts a message into its run's inbox; gives `false` where the run has had it before, or where there is no such run. */
export function* insertMessage(
  message: PreparedMessage,
  from: string | null,
  { now, effects }: SqlContext,
): SqlWork<boolean> {
  const run = yield* selectOne<{ seq: number; owner: string | null; status: RunStatus; mail: number }>(
    "select seq, owner, status, mail from runs where id = ?",
    [message.runId],
  );
  if (run === undefined) return false;
  const { changes } = yield* change(
    "insert into messages (run, id, time, kind, body, is_taken) values (?, ?, ?, ?, ?, 0) on conflict (run, id) do nothing",
    [run.seq, message.id, message.time, message.kind, message.body.value],
  );
  if (changes === 0) return false;
  if (run.owner === null) {
    if (wakesRun(message.kind, run.status)) {
      yield* change("update runs set wake_at = ? where seq = ? and (wake_at is null or wake_at > ?)", [
        now,
        run.seq,
        now,
      ]);
      effects.hasDueRuns = true;
    }
  } else if (run.owner !== from) {
    if (run.mail === 0) yield* change("update runs set mail = 1 where seq = ?", [run.seq]);
    effects.mailed.add(run.owner);
  }
  return true;
}

/** Notes that a turn has taken messages; their ids are kept, so that none comes twice. */
export function* takeMessages(run: number, ids: readonly string[]): SqlWork<void> {
  for (const id of ids) {
    yield* change("update messages set is_taken = 1, body = null where run = ? and id = ?", [run, id]);
  }
}

/** What a run's next turn will be made of, as it is kept. */
export interface PendingRows {
  readonly started: SqlValue;
  readonly messages: readonly MessageRow[];
}

/** Reads what a run's next turn will be made of; `undefined` where there is no such run. */
export function* selectPending(runId: string): SqlWork<PendingRows | undefined> {
  const run = yield* selectOne<{ seq: number }>("select seq from runs where id = ?", [runId]);
  return run && { started: yield* selectStart(run.seq), messages: yield* selectWaiting(run.seq) };
}

/** Reads what a run's first turn is to be made of; null where it has one. */
export function* selectStart(run: number): SqlWork<SqlValue> {
  const start = yield* selectOne<{ body: SqlValue }>("select body from starts where run = ?", [run]);
  return start?.body ?? null;
}

/** Reads that back. */
export async function readStart(body: SqlValue, runId: string, codec: PayloadCodec): Promise<RunStarted | undefined> {
  return body === null ? undefined : await codec.readJson(body, placeOf("start", runId)) as RunStarted;
}

/** Reads what no turn has taken, oldest first. */
export function* selectWaiting(run: number): SqlWork<readonly MessageRow[]> {
  return yield* selectAll<MessageRow>(
    "select id, time, kind, body from messages where run = ? and is_taken = 0 order by seq",
    [run],
  );
}
