import type { SqlAnswers, SqlOperation } from "./operation.ts";
import type { SqlEffects, SqlWork } from "./sql_work.ts";

/** How safely a write is to be kept: `sync` survives a loss of power. */
export type CommitMode = "sync" | "async";

/** What reaches a database. */
export interface SqlDriver {
  /** Brings the database to the newest version. */
  migrate(): Promise<void>;
  /** Runs a work that only reads, on one state of the database. */
  read<T>(work: () => SqlWork<T>): Promise<T>;
  /**
   * Carries an operation out, in one transaction with whatever else is written at the same time; `bytes` says about how much it writes.
   * Rejects with what people are to see: a refusal of this operation alone, or that the database cannot be used.
   */
  write<Kind extends SqlOperation["kind"]>(
    operation: Extract<SqlOperation, { kind: Kind }>,
    mode: CommitMode,
    bytes: number,
  ): Promise<SqlAnswers[Kind]>;
  /** Calls back after each transaction. There is one listener. */
  listen(listener: (effects: SqlEffects) => void): void;
  /** Turns an error into one that says what people can do. */
  explain(error: Error): Error;
  /** Size of the database in bytes. */
  bytes(): number | undefined;
  /** Tells whether another connection has written since it was asked last. */
  hasChanged(): boolean;
  /** Waits for what is being written, and frees the database. */
  close(): Promise<void>;
}
