import { DatabaseSync, type StatementSync } from "node:sqlite";
import { migrate } from "../../src/storage/sqlite/migrate.ts";
import { openSqlite } from "../../src/storage/sqlite/open_sqlite.ts";
import { runWork, SqliteCommitter } from "../../src/storage/sqlite/sqlite_committer.ts";
import { explainSqliteError } from "../../src/storage/sqlite/explain_sqlite_error.ts";
import { WorkerFiles } from "../../src/storage/sqlite/worker_files.ts";
import type { SqlAnswers, SqlOperation } from "../../src/storage/sql/operation.ts";
import type { CommitMode, SqlDriver } from "../../src/storage/sql/sql_driver.ts";
import { SqlStorage } from "../../src/storage/sql/sql_storage.ts";
import type { SqlEffects, SqlWork } from "../../src/storage/sql/sql_work.ts";
import { SqliteConnection, type SqliteRow, type SqliteValue } from "../../src/runtime/sqlite.ts";

/** One statement that reached a database, with its parameters. */
export interface Statement {
  readonly method: "exec" | "run" | "get" | "all";
  readonly sql: string;
  readonly values: readonly SqliteValue[];
}

/** A store in a file, and the statements that have reached it. */
export interface TracedStore {
  readonly storage: SqlStorage;
  readonly statements: readonly Statement[];
}

/** Opens the store of a file that notes every statement from here on. It writes in this thread, in the groups in which writes come. */
export async function openTracedStore(path: string): Promise<TracedStore> {
  await createStore(path);
  const presence = new WorkerFiles(path);
  const connection = new TracedConnection(path, { busyMs: 4 });
  const statements: Statement[] = connection.statements = [];
  const driver = new TracedDriver(connection, path, presence.name);
  const options = { isReadOnly: false, cipher: undefined, mostPayloadBytes: 16 * 2 ** 20, now: Date.now };
  const storage = new SqlStorage({ driver, presence, ...options });
  return { storage, statements };
}

async function createStore(path: string): Promise<void> {
  const storage = await openSqlite(path);
  await storage[Symbol.asyncDispose]();
}

/** The transactions among the statements that write, each with its statements and the settings before it. */
export function writesOf(statements: readonly Statement[]): readonly (readonly Statement[])[] {
  const transactions: Statement[][] = [];
  let current: Statement[] = [];
  for (const statement of statements) {
    current.push(statement);
    if (statement.sql !== "commit") continue;
    if (current[0]!.sql !== "begin") transactions.push(current);
    current = [];
  }
  return transactions;
}

/** A program that executes statements on a database, and does nothing else. */
export class BareProgram {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  /** Starts with an empty store. */
  static async open(path: string): Promise<BareProgram> {
    await createStore(path);
    return new BareProgram(path);
  }

  private constructor(path: string) {
    this.#database = new DatabaseSync(path);
  }

  /** Prepares statements, each text once; gives a function that executes all of them. */
  prepare(statements: readonly Statement[]): () => void {
    const steps = statements.map(({ method, sql, values }) => {
      if (method === "exec") return () => this.#database.exec(sql);
      const prepared = this.#prepared.get(sql) ?? this.#database.prepare(sql);
      this.#prepared.set(sql, prepared);
      return () => prepared[method](...values);
    });
    return () => {
      for (const step of steps) step();
    };
  }

  close(): void {
    this.#database.close();
  }
}

class TracedConnection extends SqliteConnection {
  /** Absent while the connection is being opened. */
  statements: Statement[] | undefined;

  override exec(sql: string): void {
    this.statements?.push({ method: "exec", sql, values: [] });
    super.exec(sql);
  }

  override all(sql: string, values: readonly SqliteValue[] = []): SqliteRow[] {
    this.statements?.push({ method: "all", sql, values });
    return super.all(sql, values);
  }

  override get(sql: string, values: readonly SqliteValue[] = []): SqliteRow | undefined {
    this.statements?.push({ method: "get", sql, values });
    return super.get(sql, values);
  }

  override run(
    sql: string,
    values: readonly SqliteValue[] = [],
  ): { readonly changes: number; readonly lastId: number } {
    this.statements?.push({ method: "run", sql, values });
    return super.run(sql, values);
  }
}

/** What `SqliteDriver` does while few runs are live. */
class TracedDriver implements SqlDriver {
  readonly #connection: TracedConnection;
  readonly #path: string;
  readonly #committer: SqliteCommitter;
  #listener: (effects: SqlEffects) => void = () => undefined;

  constructor(connection: TracedConnection, path: string, files: string) {
    this.#connection = connection;
    this.#path = path;
    const onCommit = (effects: SqlEffects): void => this.#listener(effects);
    this.#committer = new SqliteCommitter({ connection, path, files, now: Date.now, onCommit });
  }

  migrate(): Promise<void> {
    migrate(this.#connection, this.#path);
    return Promise.resolve();
  }

  read<T>(work: () => SqlWork<T>): Promise<T> {
    this.#connection.exec("begin");
    const answer = runWork(this.#connection, work());
    this.#connection.exec("commit");
    return Promise.resolve(answer);
  }

  write<Kind extends SqlOperation["kind"]>(
    operation: Extract<SqlOperation, { kind: Kind }>,
    mode: CommitMode,
    bytes: number,
  ): Promise<SqlAnswers[Kind]> {
    return this.#committer.write(operation, mode, bytes) as Promise<SqlAnswers[Kind]>;
  }

  listen(listener: (effects: SqlEffects) => void): void {
    this.#listener = listener;
  }

  explain(error: Error): Error {
    return explainSqliteError(error, this.#path);
  }

  bytes(): undefined {}

  hasChanged(): boolean {
    return false;
  }

  async close(): Promise<void> {
    await this.#committer.settle();
    this.#connection.close();
  }
}
