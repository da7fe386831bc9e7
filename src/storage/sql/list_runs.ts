import { MaestroError } from "../../base/errors.ts";
import type { RunStatus } from "../../engine/run.ts";
import type { ListRunsRequest } from "../../engine/storage.ts";
import { later } from "../../runtime/later.ts";
import { SELECT_STORED_RUNS, type StoredRunRow } from "./run_row.ts";
import { selectAll, selectOne, type SqlValue, type SqlWork } from "./sql_work.ts";

/** A part of a listing: rows of `runs` whose keys lie in a range. */
interface Slice {
  /** Highest key. */
  readonly to: number;
  /** Lowest key. */
  readonly from: number;
}

/** Conditions of a listing, as SQL. */
interface Conditions {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Each is asked for by itself, so that its index gives the order too. */
  readonly statuses: readonly RunStatus[] | undefined;
}

/** How many keys the first slice spans. */
const FIRST_SPAN = 4_096;
/** A slice takes about so long; others get their turn in between. */
const SLICE_MS = 8;

/**
 * Goes through runs newest first, slice by slice, until a page is full: a rare match among a million runs blocks nobody.
 *
 * `read` runs one work; `now` is a clock in milliseconds.
 */
export async function findRows(
  { cursor, limit, ...request }: ListRunsRequest,
  read: <T>(work: () => SqlWork<T>) => Promise<T>,
  now: () => number,
): Promise<{ readonly rows: readonly StoredRunRow[]; readonly cursor: string | undefined }> {
  const conditions = toConditions(request);
  const rows: StoredRunRow[] = [];
  let to = Math.min(readCursor(cursor), await read(findNewest));
  let span = FIRST_SPAN;
  while (to > 0 && rows.length <= limit) {
    const started = now();
    const from = Math.max(1, to - span + 1);
    const most = limit + 1 - rows.length;
    rows.push(...await read(() => selectSlice(conditions, { from, to }, most)));
    to = from - 1;
    span = now() - started > SLICE_MS ? Math.max(FIRST_SPAN, span >> 1) : span * 2;
    if (to > 0 && rows.length <= limit) await new Promise<void>(later);
  }
  const page = rows.slice(0, limit);
  return { rows: page, cursor: rows.length > limit ? String(page.at(-1)?.seq ?? to) : undefined };
}

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return Infinity;
  if (!/^[1-9]\d{0,15}$/.test(cursor)) {
    throw new MaestroError("usage", `"${cursor}" is no cursor of a listing`, {
      hint: "give the one of the page before",
    });
  }
  return Number(cursor) - 1;
}

function* findNewest(): SqlWork<number> {
  const row = yield* selectOne<{ seq: number | null }>("select max(seq) as seq from runs");
  return row?.seq ?? 0;
}

function* selectSlice(
  { sql, values, statuses }: Conditions,
  { from, to }: Slice,
  limit: number,
): SqlWork<StoredRunRow[]> {
  const range = `where runs.seq between ? and ?${sql}`;
  const order = "order by runs.seq desc limit ?";
  if (statuses === undefined) {
    return [...yield* selectAll<StoredRunRow>(`${SELECT_STORED_RUNS}${range} ${order}`, [from, to, ...values, limit])];
  }
  const rows: StoredRunRow[] = [];
  for (const status of statuses) {
    const parts = [from, to, ...values, status, limit];
    rows.push(...yield* selectAll<StoredRunRow>(`${SELECT_STORED_RUNS}${range} and runs.status = ? ${order}`, parts));
  }
  return rows.sort((a, b) => b.seq - a.seq).slice(0, limit);
}

/** A plus before a column keeps the database from choosing its index: the one of the narrowest condition is the one to use. */
function toConditions(request: Omit<ListRunsRequest, "cursor" | "limit">): Conditions {
  const { status, workflow, queue, parent, rootsOnly, startedFrom, startedBefore, text } = request;
  const parts: string[] = [];
  const values: SqlValue[] = [];
  const add = (part: string, ...more: SqlValue[]): void => {
    parts.push(` and ${part}`);
    values.push(...more);
  };
  if (parent !== undefined) {
    add(
      "runs.root = (select p.root from runs p where p.id = ?) and runs.parent_run is not null and runs.parent_run = ?",
      parent,
      parent,
    );
  }
  const isNarrow = parent !== undefined || status !== undefined;
  if (workflow !== undefined) add(`${isNarrow ? "+" : ""}runs.workflow = ?`, workflow);
  if (queue !== undefined) add("+runs.queue = ?", queue);
  if (rootsOnly === true) add("runs.parent_run is null");
  if (startedFrom !== undefined) add("runs.started_at >= ?", startedFrom);
  if (startedBefore !== undefined) add("runs.started_at < ?", startedBefore);
  if (text !== undefined) {
    add("contains_text(?, runs.id, runs.workflow, runs.error_code, runs.error_message)", text.toLowerCase());
  }
  return { sql: parts.join(""), values, statuses: status === undefined ? undefined : [...new Set(status)] };
}

/** What `contains_text` means: whether a lower-case text is part of one of the others, whatever their case. */
export function containsText(text: SqlValue, ...places: SqlValue[]): number {
  return places.some((place) => typeof place === "string" && place.toLowerCase().includes(String(text))) ? 1 : 0;
}
