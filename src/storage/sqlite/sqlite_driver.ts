import { MaestroError } from "../../base/errors.ts";
import { inBackground, wait } from "../../runtime/later.ts";
import { SqliteConnection, SqliteError } from "../../runtime/sqlite.ts";
import { storeFiles } from "../../runtime/store_files.ts";
import { containsText } from "../sql/list_runs.ts";
import { carryOut } from "../sql/operation.ts";
import type { CommitMode, Group, GroupOutcome, Outcome, SqlDriver } from "../sql/sql_driver.ts";
import { noEffects, type SqlWork } from "../sql/sql_work.ts";
import { explainSqliteError } from "./explain_sqlite_error.ts";
import { migrate } from "./migrate.ts";

/** For so long others may hold the lock of the store before that counts as a fault, in milliseconds. */
const PATIENCE_MS = 30_000;
/** A statement blocks the thread for at most so long. */
const BUSY_MS = 4;
/** Longest pause before the lock is tried again. */
const MOST_PAUSE_MS = 25;
/** After so long without a commit a grown WAL is written back. */
const IDLE_MS = 1_000;
/** A WAL of fewer bytes may stay. */
const SMALL_WAL_BYTES = 1_048_576;

/** SQLite in this thread. Transactions are synchronous: none is open while anything else runs. */
export class SqliteDriver implements SqlDriver {
  readonly #path: string;
  readonly #connection: SqliteConnection;
  #mode: CommitMode | undefined;
  #version = -1;
  #lastCommit = 0;
  #stopIdling: (() => void) | undefined;

  constructor(path: string, isReadOnly: boolean) {
    this.#path = path;
    this.#connection = new SqliteConnection(path, { isReadOnly, busyMs: BUSY_MS });
    this.#connection.define("contains_text", containsText);
  }

  /** The connection, for what is done once when a store is opened. */
  get connection(): SqliteConnection {
    return this.#connection;
  }

  async migrate(): Promise<void> {
    await this.patiently(() => migrate(this.#connection, this.#path));
  }

  read<T>(work: () => SqlWork<T>): Promise<T> {
    return this.patiently(() => {
      this.#connection.exec("begin");
      try {
        return this.#run(work());
      } finally {
        this.#connection.exec("commit");
      }
    });
  }

  async commit(group: Group): Promise<GroupOutcome> {
    const outcome = await this.patiently(() => {
      this.#setMode(group.mode);
      this.#connection.exec("begin immediate");
      return this.#transact(group);
    });
    this.#lastCommit = performance.now();
    this.#stopIdling ??= inBackground(IDLE_MS, this.#idle);
    return outcome;
  }

  explain(error: Error): Error {
    return explainSqliteError(error, this.#path);
  }

  bytes(): number | undefined {
    const sizes = ["", "-wal"].map((suffix) => storeFiles.stat(`${this.#path}${suffix}`)?.bytes ?? 0);
    return sizes.reduce((sum, size) => sum + size);
  }

  hasChanged(): boolean {
    try {
      const version = Number(this.#connection.get("pragma data_version")?.["data_version"]);
      const hasChanged = this.#version >= 0 && version !== this.#version;
      this.#version = version;
      return hasChanged;
    } catch {
      // Locked for a moment: so somebody is writing.
      return true;
    }
  }

  close(): Promise<void> {
    this.#stopIdling?.();
    this.#connection.close();
    return Promise.resolve();
  }

  /**
   * Does something that fails while another connection holds the lock, again and again. The thread is never blocked for longer than a
   * few milliseconds; random pauses keep processes from meeting again and again.
   *
   * @throws {MaestroError} `store_unavailable` after half a minute.
   */
  async patiently<T>(action: () => T): Promise<T> {
    let most = 1;
    for (let deadline: number | undefined;;) {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof SqliteError) || error.kind !== "busy") throw error;
        deadline ??= performance.now() + PATIENCE_MS;
        if (performance.now() > deadline) throw this.explain(error);
      }
      await wait(Math.random() * most);
      most = Math.min(MOST_PAUSE_MS, most * 2);
    }
  }

  #transact({ operations, files, now }: Group): GroupOutcome {
    const effects = noEffects();
    const context = { files, now, effects };
    try {
      const outcomes = operations.map((operation) => this.#attempt(carryOut(operation, context)));
      this.#connection.exec("commit");
      return { outcomes, effects };
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** A refusal is an outcome; it comes before anything is written. */
  #attempt(work: SqlWork<unknown>): Outcome {
    try {
      return { answer: this.#run(work) };
    } catch (error) {
      if (MaestroError.is(error)) return { refusal: error };
      throw error;
    }
  }

  #run<T>(work: SqlWork<T>): T {
    const connection = this.#connection;
    let step = work.next();
    while (step.done !== true) {
      const { sql, values, want } = step.value;
      const answer = want === "change"
        ? connection.run(sql, values)
        : want === "row"
        ? connection.get(sql, values)
        : connection.all(sql, values);
      step = work.next(answer);
    }
    return step.value;
  }

  #rollBack(): void {
    try {
      this.#connection.exec("rollback");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }

  #setMode(mode: CommitMode): void {
    if (mode === this.#mode) return;
    this.#connection.exec(`pragma synchronous = ${mode === "sync" ? "full" : "normal"}`);
    this.#mode = mode;
  }

  readonly #idle = (): void => {
    this.#stopIdling = undefined;
    const rest = this.#lastCommit + IDLE_MS - performance.now();
    if (rest > 0) {
      this.#stopIdling = inBackground(rest, this.#idle);
      return;
    }
    if ((storeFiles.stat(`${this.#path}-wal`)?.bytes ?? 0) < SMALL_WAL_BYTES) return;
    try {
      this.#connection.get("pragma wal_checkpoint(truncate)");
    } catch {
      // Somebody else is at it, or the disk is full: the WAL stays as it is, and nothing is lost.
    }
  };
}
