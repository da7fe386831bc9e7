import { encodeTurn } from "../../engine/journal_format.ts";
import type { JournalTurn } from "../../engine/journal.ts";
import type { Payload, PayloadCodec } from "./payload.ts";
import { change, selectAll, selectOne, type SqlValue, type SqlWork } from "./sql_work.ts";

/** Bodies of more bytes are kept beside the journal's row. */
const LARGE_BYTES = 65_536;

/** Where a turn is kept, for messages and for the cipher: turns of one run cannot stand in for each other. */
export function placeOfTurn(runId: string, position: number): string {
  return `turn ${position + 1} of run "${runId}"`;
}

/** Takes the turn that comes after `head` others. */
export function turnPayload(codec: PayloadCodec, runId: string, head: number, turn: JournalTurn): Payload {
  return codec.text(encodeTurn(turn, { mostEntryBytes: codec.mostBytes }), placeOfTurn(runId, head));
}

/** Tells whether a turn's body goes beside its row, and what the row then holds of it. */
export function isLarge({ value }: Payload): boolean {
  return value.length > LARGE_BYTES;
}

/** Keeps the body of a large turn; `seq` is the key of its row. */
export function* insertLarge(seq: number, { value }: Payload): SqlWork<void> {
  yield* change("insert into large (seq, body) values (?, ?)", [seq, value]);
}

/** Begins a journal; gives the key of its row. */
export function* insertFirstTurn(payload: Payload): SqlWork<number> {
  const large = isLarge(payload);
  const { lastId } = yield* change("insert into journal (before, body) values (0, ?)", [large ? null : payload.value]);
  if (large) yield* insertLarge(lastId, payload);
  return lastId;
}

/** A page of a journal as it is kept. */
export interface JournalRows {
  /** Position of the first turn. */
  readonly from: number;
  /** Oldest first. */
  readonly bodies: readonly SqlValue[];
}

/** Where a journal's rows are, as far as an earlier page had to find out: paging forward goes against the links. */
export interface JournalTrail {
  readonly run: number;
  readonly tail: number;
  /** Keys of the rows, oldest first. */
  readonly keys: readonly number[];
}

/** Reads a page of a run's journal; nothing where there is no such run. */
export function* readJournalPage(
  runId: string,
  wanted: number,
  limit: number,
  trails: Map<string, JournalTrail>,
): SqlWork<JournalRows> {
  const run = yield* selectOne<{ seq: number; base: number; head: number; tail: number }>(
    "select seq, base, head, tail from runs where id = ?",
    [runId],
  );
  const { base, head } = run ?? { base: 0, head: 0 };
  const from = Math.max(wanted, base);
  const end = Math.min(head, from + limit);
  if (run === undefined || from >= end) return { from, bodies: [] };
  let last = run.tail;
  if (end < head) last = (yield* findTrail(runId, run, trails)).keys[end - 1 - base]!;
  const rows = yield* selectAll<{ body: SqlValue }>(READ_CHAIN, [end - 1, last, from]);
  return { from, bodies: rows.map(({ body }) => body) };
}

const READ_CHAIN = `
with recursive chain (position, seq, before) as (
  select ?, seq, before from journal where seq = ?
  union all
  select position - 1, journal.seq, journal.before from chain join journal on journal.seq = chain.before
  where position > ?
)
select coalesce(journal.body, large.body) as body
from chain join journal on journal.seq = chain.seq left join large on large.seq = chain.seq
order by position`;

/** Most trails that are kept at a time. */
const MOST_TRAILS = 8;

function* findTrail(
  runId: string,
  run: { readonly seq: number; readonly tail: number },
  trails: Map<string, JournalTrail>,
): SqlWork<JournalTrail> {
  const known = trails.get(runId);
  if (known !== undefined && known.run === run.seq && known.tail === run.tail) return known;
  const rows = yield* selectAll<{ seq: number }>(READ_TRAIL, [run.tail]);
  const trail = { run: run.seq, tail: run.tail, keys: rows.map(({ seq }) => seq).reverse() };
  if (trails.size >= MOST_TRAILS) trails.delete(trails.keys().next().value!);
  trails.set(runId, trail);
  return trail;
}

const READ_TRAIL = `
with recursive chain (seq, before) as (
  select seq, before from journal where seq = ?
  union all
  select journal.seq, journal.before from chain join journal on journal.seq = chain.before
)
select seq from chain`;

/** Deletes a journal from its last row. */
export function* deleteJournal(tail: number): SqlWork<void> {
  yield* change(`delete from large where seq in (${READ_TRAIL})`, [tail]);
  yield* change(`delete from journal where seq in (${READ_TRAIL})`, [tail]);
}
