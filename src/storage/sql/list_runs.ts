import { MaestroError } from "../../base/errors.ts";
import type { RunStatus } from "../../engine/run.ts";
import type { ListRunsRequest } from "../../engine/storage.ts";
import { later } from "../../runtime/later.ts";
import { attributeKeys, rarestFirst } from "./attribute_rows.ts";
import { SELECT_RUNS_BY_ATTRIBUTE, SELECT_STORED_RUNS, type StoredRunRow } from "./run_row.ts";
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
  /** The range of keys; with a plus where another index is to be gone through. */
  readonly seq: string;
  /** The attribute whose index is gone through; the others are looked up. */
  readonly key: string | undefined;
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
  const { idPrefix, attributes = {} } = request;
  const hasRarePrefix = idPrefix !== undefined && await read(() => isRare(idPrefix));
  const keys = await read(() => rarestFirst(attributeKeys(attributes)));
  const conditions = toConditions(request, hasRarePrefix, keys);
  const rows: StoredRunRow[] = [];
  let to = Math.min(readCursor(cursor), await read(findNewest));
  let span = hasRarePrefix ? Infinity : FIRST_SPAN;
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

/** Tells whether few ids begin so: then their index is gone through, and otherwise the runs are. */
function* isRare(idPrefix: string): SqlWork<boolean> {
  const sql = "select count(*) as count from (select 1 from runs where id >= ? and id < ? limit ?)";
  const row = yield* selectOne<{ count: number }>(sql, [idPrefix, endOf(idPrefix), RARE]);
  return row!.count < RARE;
}

const RARE = 1_000;

/** Comes after every id that begins with a text. */
function endOf(idPrefix: string): string {
  return `${idPrefix}\u{10ffff}`;
}

function* findNewest(): SqlWork<number> {
  const row = yield* selectOne<{ seq: number | null }>("select max(seq) as seq from runs");
  return row?.seq ?? 0;
}

function* selectSlice(
  { sql, values, seq, key, statuses }: Conditions,
  { from, to }: Slice,
  limit: number,
): SqlWork<StoredRunRow[]> {
  const select = key === undefined
    ? `${SELECT_STORED_RUNS}where ${seq} between ? and ?${sql}`
    : `${SELECT_RUNS_BY_ATTRIBUTE}where found.key = ? and found.run between ? and ?${sql}`;
  const parts = key === undefined ? [from, to, ...values] : [key, from, to, ...values];
  const order = `order by ${key === undefined ? "runs.seq" : "found.run"} desc limit ?`;
  if (statuses === undefined) return [...yield* selectAll<StoredRunRow>(`${select} ${order}`, [...parts, limit])];
  const status = `${key === undefined && seq === "runs.seq" ? "" : "+"}runs.status = ?`;
  const rows: StoredRunRow[] = [];
  for (const name of statuses) {
    rows.push(...yield* selectAll<StoredRunRow>(`${select} and ${status} ${order}`, [...parts, name, limit]));
  }
  return rows.sort((a, b) => b.seq - a.seq).slice(0, limit);
}

/** A plus before a column keeps the database from choosing its index: the one of the narrowest condition is the one to use. */
function toConditions(
  request: Omit<ListRunsRequest, "cursor" | "limit" | "attributes">,
  hasRarePrefix: boolean,
  [key, ...otherKeys]: readonly string[],
): Conditions {
  const { status, workflow, queue, parent, rootsOnly, startedFrom, startedBefore, idPrefix, text } = request;
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
  for (const other of otherKeys) {
    add("exists (select 1 from attributes where attributes.key = ? and attributes.run = runs.seq)", other);
  }
  if (idPrefix !== undefined) {
    const id = hasRarePrefix ? "runs.id" : "+runs.id";
    add(`${id} >= ? and ${id} < ?`, idPrefix, endOf(idPrefix));
  }
  const isNarrow = parent !== undefined || status !== undefined || hasRarePrefix || key !== undefined;
  if (workflow !== undefined) add(`${isNarrow ? "+" : ""}runs.workflow = ?`, workflow);
  if (queue !== undefined) add("+runs.queue = ?", queue);
  if (rootsOnly === true) add("runs.parent_run is null");
  if (startedFrom !== undefined) add("runs.started_at >= ?", startedFrom);
  if (startedBefore !== undefined) add("runs.started_at < ?", startedBefore);
  if (text !== undefined) {
    const part = text.toLowerCase();
    add(
      "(contains_text(?, runs.id, runs.workflow, runs.error_code, runs.error_message) or contains_value(?, runs.attributes))",
      part,
      part,
    );
  }
  return {
    sql: parts.join(""),
    values,
    seq: hasRarePrefix ? "+runs.seq" : "runs.seq",
    key,
    statuses: status === undefined ? undefined : [...new Set(status)],
  };
}

/** What `contains_text` means: whether a lower-case text is part of one of the others, whatever their case. */
export function containsText(text: SqlValue, ...places: SqlValue[]): number {
  return places.some((place) => typeof place === "string" && place.toLowerCase().includes(String(text))) ? 1 : 0;
}
