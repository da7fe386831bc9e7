import type { WorkerRef } from "../../engine/storage.ts";
import { change, selectAll, selectOne, type SqlContext, type SqlWork } from "./sql_work.ts";

/** SQL that tells whether a message of a row of `messages` makes its run due; the same as `wakesRun`. */
const WAKES = `(messages.kind = 'compensate'
or (runs.status not in ('completed', 'failed', 'compensated', 'compensation_failed', 'cancelled')
and (messages.kind in ('cancel', 'terminate', 'resume') or runs.status <> 'paused')))`;

/** SQL that tells whether a run's inbox holds what makes it due. */
const HAS_WAKING_MAIL =
  `exists (select 1 from messages where messages.run = runs.seq and messages.is_taken = 0 and ${WAKES})`;

/** SQL that tells whether a run was interrupted where its owner went away without a word. */
const WAS_CUT = `runs.status in ('pending', 'running', 'compensating')`;

const RELEASE = `update runs set owner = null, mail = 0,
wake_at = case when ${WAS_CUT} or ${HAS_WAKING_MAIL} then ? else wake_at end where `;

/** Notes that a worker is alive, and which files are its own. */
export function* renewWorker({ id, leaseMs }: WorkerRef, { files, now }: SqlContext): SqlWork<void> {
  yield* change(
    `insert into workers (id, files, lease_until) values (?, ?, ?)
on conflict (id) do update set lease_until = excluded.lease_until, files = excluded.files`,
    [id, files, now + leaseMs],
  );
}

/** Gives a run up. */
export function* releaseRun(seq: number, { now, effects }: SqlContext): SqlWork<void> {
  yield* change(`${RELEASE}runs.seq = ?`, [now, seq]);
  const run = yield* selectOne<{ wake_at: number | null }>("select wake_at from runs where seq = ?", [seq]);
  const wakeAt = run?.wake_at ?? Infinity;
  if (wakeAt <= now) effects.hasDueRuns = true;
  else if (wakeAt < Infinity) effects.hasParkedRuns = true;
}

/** Sees to it that others can take a run that is in the middle of something, where the lease of whoever commits has run out. */
export function* keepDue(runId: string, { now, effects }: SqlContext): SqlWork<void> {
  const sql = `update runs set wake_at = ? where id = ? and owner is null and wake_at is null and ${WAS_CUT}`;
  const { changes } = yield* change(sql, [now, runId]);
  if (changes > 0) effects.hasDueRuns = true;
}

/** Forgets workers; their runs are nobody's then. */
export function* forgetWorkers(ids: readonly string[], { now, effects }: SqlContext): SqlWork<void> {
  for (const id of ids) {
    const { changes } = yield* change(`${RELEASE}runs.owner = ?`, [now, id]);
    yield* change("delete from workers where id = ?", [id]);
    if (changes > 0) effects.hasDueRuns = true;
  }
}

/** Forgets workers whose lease has run out, and those whose files are known to be nobody's. */
export function* forgetDeadWorkers(deadFiles: readonly string[], context: SqlContext): SqlWork<void> {
  const workers = yield* selectAll<{ id: string; files: string; lease_until: number }>(
    "select id, files, lease_until from workers",
  );
  const dead = workers.filter(({ files, lease_until }) => lease_until <= context.now || deadFiles.includes(files));
  if (dead.length > 0) yield* forgetWorkers(dead.map(({ id }) => id), context);
}
