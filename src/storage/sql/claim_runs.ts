import type { ClaimedRun, ClaimedRuns, ClaimRunsRequest, Message } from "../../engine/storage.ts";
import { type MessageRow, type PendingRows, readMessages, readStart, selectStart, selectWaiting } from "./inbox.ts";
import type { PayloadCodec } from "./payload.ts";
import { RUN_COLUMNS, type RunRow, toRecord } from "./run_row.ts";
import { change, selectAll, selectOne, type SqlContext, type SqlValue, type SqlWork } from "./sql_work.ts";
import { forgetDeadWorkers, renewWorker } from "./worker_rows.ts";

/** What a claim took over, as it is kept. */
export interface ClaimedRows {
  readonly runs: readonly ClaimedRow[];
  readonly mail: readonly { readonly runId: string; readonly messages: readonly MessageRow[] }[];
  readonly nextWakeAt: number | undefined;
}

interface ClaimedRow extends PendingRows {
  readonly run: RunRow;
}

/** Takes over runs; `deadFiles` names the files of workers that are known to be dead. */
export function* claimRuns(
  { worker, queues, runIds = [], except = [], limit, drives }: ClaimRunsRequest,
  deadFiles: readonly string[],
  context: SqlContext,
): SqlWork<ClaimedRows> {
  yield* renewWorker(worker, context);
  yield* forgetDeadWorkers(deadFiles, context);
  const strays = drives === undefined ? [] : yield* findStrays(worker.id, drives);
  // The runs claimed below are not told twice.
  const mail = yield* collectMail(worker.id);
  const runs: ClaimedRow[] = [];
  for (const seq of strays) runs.push(yield* claimRun(seq, worker.id));
  for (const id of runIds) {
    if (runs.length >= limit) break;
    const free = yield* selectOne<{ seq: number }>(FIND_FREE, [id, worker.id]);
    if (free !== undefined && !strays.includes(free.seq)) runs.push(yield* claimRun(free.seq, worker.id));
  }
  for (const seq of yield* findDue(queues, except, { now: context.now, limit: limit - runs.length })) {
    runs.push(yield* claimRun(seq, worker.id));
  }
  return { runs, mail, nextWakeAt: yield* findNextWakeAt(queues, except) };
}

const FIND_FREE = "select seq from runs where id = ? and (owner is null or owner = ?)";

/** Finds what a worker owns without knowing, and sees to it that the mail of the rest is told again. */
function* findStrays(worker: string, drives: readonly string[]): SqlWork<readonly number[]> {
  const driven = new Set(drives);
  const owned = yield* selectAll<{ seq: number; id: string }>("select seq, id from runs where owner = ?", [worker]);
  const strays = owned.filter(({ id }) => !driven.has(id)).map(({ seq }) => seq);
  yield* change(
    `update runs set mail = 1 where owner = ? and
exists (select 1 from messages where messages.run = runs.seq and messages.is_taken = 0)`,
    [worker],
  );
  for (const seq of strays) yield* change("update runs set mail = 0 where seq = ?", [seq]);
  return strays;
}

/** Makes runs of rows. */
export async function toClaimedRuns(rows: ClaimedRows, codec: PayloadCodec): Promise<ClaimedRuns> {
  const runs = await Promise.all(rows.runs.map((row) => toClaimedRun(row, codec)));
  const mail: Message[] = [];
  for (const { runId, messages } of rows.mail) mail.push(...await readMessages(messages, runId, codec));
  return { runs, mail, nextWakeAt: rows.nextWakeAt };
}

async function toClaimedRun({ run, started, messages }: ClaimedRow, codec: PayloadCodec): Promise<ClaimedRun> {
  const { id, token, head, crashes } = run;
  return {
    run: await toRecord(run, codec),
    claim: { runId: id, token: token + 1 },
    head,
    started: await readStart(started, id, codec),
    crashes,
    messages: await readMessages(messages, id, codec),
  };
}

function* claimRun(seq: number, worker: string): SqlWork<ClaimedRow> {
  const run = (yield* selectOne<RunRow>(`select ${RUN_COLUMNS} from runs where runs.seq = ?`, [seq]))!;
  yield* change("update runs set owner = ?, token = token + 1, crashes = crashes + 1, mail = 0 where seq = ?", [
    worker,
    seq,
  ]);
  const started = run.head > 0 ? null : yield* selectStart(seq);
  return { run, started, messages: yield* selectWaiting(seq) };
}

function* findDue(
  queues: readonly string[],
  except: readonly string[],
  { now, limit }: { readonly now: number; readonly limit: number },
): SqlWork<readonly number[]> {
  if (limit <= 0) return [];
  const due: { readonly seq: number; readonly wake_at: number }[] = [];
  const { condition, values } = butFor(except);
  const text = `${DUE} and wake_at <= ?${condition} order by wake_at limit ?`;
  for (const queue of queues) due.push(...yield* selectAll<typeof due[number]>(text, [queue, now, ...values, limit]));
  return due.sort((a, b) => a.wake_at - b.wake_at).slice(0, limit).map(({ seq }) => seq);
}

const DUE = "select seq, wake_at from runs where queue = ? and owner is null and wake_at is not null";

/** Leaves the runs of some definitions out. */
function butFor(hashes: readonly string[]): { readonly condition: string; readonly values: readonly SqlValue[] } {
  if (hashes.length === 0) return { condition: "", values: [] };
  const known = "select seq from definitions where hash in (select value from json_each(?))";
  return { condition: ` and definition not in (${known})`, values: [JSON.stringify(hashes)] };
}

function* findNextWakeAt(queues: readonly string[], except: readonly string[]): SqlWork<number | undefined> {
  let next: number | undefined;
  const { condition, values } = butFor(except);
  for (const queue of queues) {
    const text = `${DUE}${condition} order by wake_at limit 1`;
    const row = yield* selectOne<{ wake_at: number }>(text, [queue, ...values]);
    if (row !== undefined && (next === undefined || row.wake_at < next)) next = row.wake_at;
  }
  return next;
}

function* collectMail(worker: string): SqlWork<ClaimedRows["mail"]> {
  const runs = yield* selectAll<{ seq: number; id: string }>("select seq, id from runs where owner = ? and mail = 1", [
    worker,
  ]);
  const mail: { readonly runId: string; readonly messages: readonly MessageRow[] }[] = [];
  for (const { seq, id } of runs) {
    yield* change("update runs set mail = 0 where seq = ?", [seq]);
    mail.push({ runId: id, messages: yield* selectWaiting(seq) });
  }
  return mail;
}
