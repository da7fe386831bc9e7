import { inBackground } from "../../runtime/later.ts";
import type { SqliteConnection } from "../../runtime/sqlite.ts";
import { storeFiles } from "../../runtime/store_files.ts";
import type { SqlAnswers, SqlOperation } from "../sql/operation.ts";
import type { CommitMode, SqlDriver } from "../sql/sql_driver.ts";
import type { SqlEffects, SqlWork } from "../sql/sql_work.ts";
import { explainSqliteError } from "./explain_sqlite_error.ts";
import { migrate } from "./migrate.ts";
import { openConnection } from "./open_connection.ts";
import { patiently, runWork, SqliteCommitter } from "./sqlite_committer.ts";

/** After so long without a commit a grown WAL is written back. */
const IDLE_MS = 1_000;
/** A WAL of fewer bytes may stay. */
const SMALL_WAL_BYTES = 1_048_576;

/** What a `SqliteDriver` is made of. */
export interface SqliteDriverOptions {
  /** Absolute path of the file. */
  readonly path: string;
  readonly isReadOnly: boolean;
  /** Name of the process's files (see `Presence`). */
  readonly files: string;
  /** The store's time in milliseconds. */
  readonly now: () => number;
}

/** A store in a SQLite file, read and written in this thread. */
export class SqliteDriver implements SqlDriver {
  readonly #options: SqliteDriverOptions;
  readonly #connection: SqliteConnection;
  readonly #committer: SqliteCommitter;
  #listener: (effects: SqlEffects) => void = () => undefined;
  #version = -1;
  #lastWrite = 0;
  #stopIdling: (() => void) | undefined;

  constructor(options: SqliteDriverOptions) {
    const { path, isReadOnly, files, now } = options;
    this.#options = options;
    this.#connection = openConnection(path, isReadOnly);
    const onCommit = (effects: SqlEffects): void => this.#listener(effects);
    this.#committer = new SqliteCommitter({ connection: this.#connection, path, files, now, onCommit });
  }

  /** The connection, for what is done once when a store is opened. */
  get connection(): SqliteConnection {
    return this.#connection;
  }

  async migrate(): Promise<void> {
    const { path } = this.#options;
    await patiently(path, () => migrate(this.#connection, path));
  }

  read<T>(work: () => SqlWork<T>): Promise<T> {
    return patiently(this.#options.path, () => {
      this.#connection.exec("begin");
      try {
        return runWork(this.#connection, work());
      } finally {
        this.#connection.exec("commit");
      }
    });
  }

  write<Kind extends SqlOperation["kind"]>(
    operation: Extract<SqlOperation, { kind: Kind }>,
    mode: CommitMode,
    bytes: number,
  ): Promise<SqlAnswers[Kind]> {
    this.#lastWrite = performance.now();
    this.#stopIdling ??= inBackground(IDLE_MS, this.#idle);
    return this.#committer.write(operation, mode, bytes) as Promise<SqlAnswers[Kind]>;
  }

  listen(listener: (effects: SqlEffects) => void): void {
    this.#listener = listener;
  }

  explain(error: Error): Error {
    return explainSqliteError(error, this.#options.path);
  }

  bytes(): number | undefined {
    const sizes = ["", "-wal"].map((suffix) => storeFiles.stat(`${this.#options.path}${suffix}`)?.bytes ?? 0);
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

  async close(): Promise<void> {
    this.#stopIdling?.();
    await this.#committer.settle();
    this.#connection.close();
  }

  readonly #idle = (): void => {
    this.#stopIdling = undefined;
    const rest = this.#lastWrite + IDLE_MS - performance.now();
    if (rest > 0) {
      this.#stopIdling = inBackground(rest, this.#idle);
      return;
    }
    if ((storeFiles.stat(`${this.#options.path}-wal`)?.bytes ?? 0) < SMALL_WAL_BYTES) return;
    try {
      this.#connection.get("pragma wal_checkpoint(truncate)");
    } catch {
      // Somebody else is at it, or the disk is full: the WAL stays as it is, and nothing is lost.
    }
  };
}
