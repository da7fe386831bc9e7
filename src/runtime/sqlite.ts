import process from "node:process";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { MaestroError, toError } from "../base/errors.ts";

/** What can be bound to a statement. Anything else differs between runtimes: a boolean throws on one, a `Date` becomes NULL. */
export type SqliteValue = string | number | Uint8Array | null;

/** A row, by column names. */
export type SqliteRow = Readonly<Record<string, SqliteValue>>;

/** Options of `SqliteConnection`. */
export interface SqliteConnectionOptions {
  /** Whether the file can only be read, and is not created. @default false */
  readonly isReadOnly?: boolean | undefined;
  /** How long a statement blocks the thread while another connection holds a lock, in milliseconds. @default 0 */
  readonly busyMs?: number | undefined;
}

/** What went wrong in SQLite, as far as callers act on it. */
export type SqliteErrorKind =
  | "busy"
  | "full"
  | "corrupt"
  | "not_a_database"
  | "cannot_open"
  | "read_only"
  | "io"
  | "too_big"
  | "other";

/** An error of SQLite. The message is SQLite's own. */
export class SqliteError extends Error {
  override readonly name = "SqliteError";
  readonly kind: SqliteErrorKind;

  constructor(kind: SqliteErrorKind, message: string, cause: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/**
 * A connection to a SQLite database through `node:sqlite`, which is the same on Bun, Deno and Node.
 *
 * Statements are prepared once each. Everything is synchronous, and throws `SqliteError`.
 */
export class SqliteConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, { isReadOnly = false, busyMs = 0 }: SqliteConnectionOptions = {}) {
    const { DatabaseSync } = loadSqlite();
    this.#database = attempt(() => new DatabaseSync(path, { readOnly: isReadOnly }));
    // Deno has a limit of five seconds of its own, whatever it is opened with.
    this.exec(`pragma busy_timeout = ${busyMs}`);
  }

  /** Runs SQL that gives no rows; several statements are allowed. */
  exec(sql: string): void {
    attempt(() => this.#database.exec(sql));
  }

  /** Gives all rows. */
  all(sql: string, values: readonly SqliteValue[] = []): SqliteRow[] {
    try {
      return this.#prepare(sql).all(...values) as SqliteRow[];
    } catch (thrown) {
      throw sqliteError(thrown);
    }
  }

  /** Gives the first row. */
  get(sql: string, values: readonly SqliteValue[] = []): SqliteRow | undefined {
    try {
      return this.#prepare(sql).get(...values) as SqliteRow | undefined;
    } catch (thrown) {
      throw sqliteError(thrown);
    }
  }

  /** Changes rows; tells how many, and the rowid of the last one inserted. */
  run(sql: string, values: readonly SqliteValue[] = []): { readonly changes: number; readonly lastId: number } {
    try {
      const { changes, lastInsertRowid } = this.#prepare(sql).run(...values);
      return { changes: Number(changes), lastId: Number(lastInsertRowid) };
    } catch (thrown) {
      throw sqliteError(thrown);
    }
  }

  /** Defines an SQL function of any number of arguments that depends on nothing else. */
  define(name: string, body: (...values: SqliteValue[]) => SqliteValue): void {
    this.#database.function(name, { deterministic: true, varargs: true }, body as never);
  }

  /** Frees the file and all locks on it. */
  close(): void {
    this.#statements.clear();
    attempt(() => this.#database.close());
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

let loaded: { readonly DatabaseSync: typeof DatabaseSync } | undefined;

/** Loads SQLite when it is first used. Node says once on standard error that its module is experimental, which is no user's business. */
function loadSqlite(): { readonly DatabaseSync: typeof DatabaseSync } {
  if (loaded !== undefined) return loaded;
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    loaded = process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
  if (loaded === undefined) {
    throw new MaestroError("store_unavailable", `This runtime (${process.version}) has no SQLite`, {
      hint: "use Node 22.13 or later, Bun, Deno, or the maestro binary",
    });
  }
  return loaded;
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    throw sqliteError(thrown);
  }
}

function sqliteError(thrown: unknown): Error {
  const error = toError(thrown) as Error & { readonly code?: string; readonly errcode?: number };
  if (error.code !== "ERR_SQLITE_ERROR") return error;
  // An extended code has the primary one in its low byte. Deno gives none for opening and for `exec`.
  const kind = error.errcode === undefined ? kindOfMessage(error.message) : KINDS[error.errcode & 0xff];
  return new SqliteError(kind ?? "other", error.message, error);
}

function kindOfMessage(message: string): SqliteErrorKind | undefined {
  return MESSAGES.find(([start]) => message.startsWith(start))?.[1];
}

/** SQLite's primary result codes. */
const KINDS: Readonly<Record<number, SqliteErrorKind>> = {
  3: "read_only",
  5: "busy",
  6: "busy",
  8: "read_only",
  10: "io",
  11: "corrupt",
  13: "full",
  14: "cannot_open",
  // Given up after seconds of trying, while a process that was stopped is in the middle of repairing the WAL.
  15: "busy",
  18: "too_big",
  26: "not_a_database",
};

const MESSAGES: readonly (readonly [start: string, kind: SqliteErrorKind])[] = [
  ["database is locked", "busy"],
  ["database table is locked", "busy"],
  ["locking protocol", "busy"],
  ["database or disk is full", "full"],
  ["database disk image is malformed", "corrupt"],
  ["file is not a database", "not_a_database"],
  ["unable to open database file", "cannot_open"],
  ["attempt to write a readonly database", "read_only"],
  ["disk I/O error", "io"],
];
