import { MaestroError } from "../../base/errors.ts";
import { later, wait } from "../../runtime/later.ts";
import { type SqliteConnection, SqliteError } from "../../runtime/sqlite.ts";
import { GroupCommit, type Outcome } from "../sql/group_commit.ts";
import { carryOut, type SqlOperation } from "../sql/operation.ts";
import type { CommitMode } from "../sql/sql_driver.ts";
import { noEffects, type SqlContext, type SqlEffects, type SqlWork } from "../sql/sql_work.ts";
import { explainSqliteError } from "./explain_sqlite_error.ts";

/** For so long others may hold the lock of the store before that counts as a fault, in milliseconds. */
const PATIENCE_MS = 30_000;
/** Longest pause before the lock is tried again. */
const MOST_PAUSE_MS = 25;

/** What a `SqliteCommitter` is made of. */
export interface SqliteCommitterOptions {
  readonly connection: SqliteConnection;
  readonly path: string;
  /** Name of the process's files (see `Presence`). */
  readonly files: string;
  /** The store's time in milliseconds. */
  readonly now: () => number;
  /** Hears of each transaction, before those whose operations it held hear of their answers. */
  readonly onCommit: (effects: SqlEffects) => void;
}

/** Writes through a connection, in groups. Transactions are synchronous: none is open while anything else runs in the thread. */
export class SqliteCommitter extends GroupCommit {
  readonly #options: SqliteCommitterOptions;
  #mode: CommitMode | undefined;

  constructor(options: SqliteCommitterOptions) {
    super({
      later,
      commit: (operations, mode) => this.#commit(operations, mode),
      explain: (error) => explainSqliteError(error, options.path),
    });
    this.#options = options;
  }

  #commit(operations: readonly SqlOperation[], mode: CommitMode): Promise<readonly Outcome[]> {
    const { connection, path, files, now, onCommit } = this.#options;
    return patiently(path, () => {
      this.#setMode(mode);
      connection.exec("begin immediate");
      const effects = noEffects();
      const outcomes = this.#transact(operations, { files, now: now(), effects });
      onCommit(effects);
      return outcomes;
    });
  }

  #transact(operations: readonly SqlOperation[], context: SqlContext): readonly Outcome[] {
    const { connection } = this.#options;
    try {
      const outcomes = operations.map((operation) => this.#attempt(carryOut(operation, context)));
      connection.exec("commit");
      return outcomes;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** A refusal is an outcome; it comes before anything is written. */
  #attempt(work: SqlWork<unknown>): Outcome {
    try {
      return { answer: runWork(this.#options.connection, work) };
    } catch (error) {
      if (MaestroError.is(error)) return { refusal: error };
      throw error;
    }
  }

  #rollBack(): void {
    try {
      this.#options.connection.exec("rollback");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }

  #setMode(mode: CommitMode): void {
    if (mode === this.#mode) return;
    this.#options.connection.exec(`pragma synchronous = ${mode === "sync" ? "full" : "normal"}`);
    this.#mode = mode;
  }
}

/** Runs a work at once. */
export function runWork<T>(connection: SqliteConnection, work: SqlWork<T>): T {
  let step = work.next();
  while (step.done !== true) {
    const { sql, values, want } = step.value;
    step = work.next(
      want === "change"
        ? connection.run(sql, values)
        : want === "row"
        ? connection.get(sql, values)
        : connection.all(sql, values),
    );
  }
  return step.value;
}

/**
 * Does something that fails while another connection holds the lock, again and again. The thread is never blocked for longer than a few
 * milliseconds; random pauses keep processes from meeting each time.
 *
 * @throws {MaestroError} `store_unavailable` after half a minute.
 */
export async function patiently<T>(path: string, action: () => T): Promise<T> {
  let most = 1;
  for (let deadline: number | undefined;;) {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof SqliteError) || error.kind !== "busy") throw error;
      deadline ??= performance.now() + PATIENCE_MS;
      if (performance.now() > deadline) throw explainSqliteError(error, path);
    }
    await wait(Math.random() * most);
    most = Math.min(MOST_PAUSE_MS, most * 2);
  }
}
