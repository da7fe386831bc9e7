/** What can be bound to a statement, and what a column holds. */
export type SqlValue = string | number | Uint8Array | null;

/** A row, by column names. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** One statement of a work. */
export interface SqlQuery {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** What the work wants to hear of it. */
  readonly want: "rows" | "row" | "change";
}

/** What came of a statement that changes rows. */
export interface SqlChange {
  readonly changes: number;
  /** The key of the last row that it inserted. */
  readonly lastId: number;
}

/**
 * Statements whose values depend on the answers of those before, apart from how they reach a database: a driver runs it within one
 * transaction, at once or over a network. It may be run again from the beginning, so it changes nothing but the database and its effects.
 *
 * A `MaestroError` that it throws refuses this work alone; it is thrown before anything is written.
 */
export type SqlWork<T> = Generator<SqlQuery, T, unknown>;

/** Asks for all rows. */
export function* selectAll<Row = SqlRow>(sql: string, values: readonly SqlValue[] = []): SqlWork<readonly Row[]> {
  return (yield { sql, values, want: "rows" }) as readonly Row[];
}

/** Asks for the first row. */
export function* selectOne<Row = SqlRow>(sql: string, values: readonly SqlValue[] = []): SqlWork<Row | undefined> {
  return (yield { sql, values, want: "row" }) as Row | undefined;
}

/** Changes rows. */
export function* change(sql: string, values: readonly SqlValue[] = []): SqlWork<SqlChange> {
  return (yield { sql, values, want: "change" }) as SqlChange;
}

/** What has to happen once a work's transaction is in the database. */
export interface SqlEffects {
  /** Workers whose runs have got mail. */
  readonly mailed: Set<string>;
  /** Whether a run that nobody owns has become due. */
  hasDueRuns: boolean;
  /** Whether a run that nobody owns will be due some time. */
  hasParkedRuns: boolean;
}

/** What a work that writes is done for, and when. */
export interface SqlContext {
  /** Name of the process's files (see `Presence`). */
  readonly files: string;
  /** The store's time in milliseconds. */
  readonly now: number;
  readonly effects: SqlEffects;
}

/** Effects of nothing. */
export function noEffects(): SqlEffects {
  return { mailed: new Set(), hasDueRuns: false, hasParkedRuns: false };
}
