import type { MaestroError } from "../../base/errors.ts";
import type { SqlOperation } from "./operation.ts";
import type { SqlContext, SqlEffects, SqlWork } from "./sql_work.ts";

/** How safely a group is to be kept: `sync` survives a loss of power. */
export type CommitMode = "sync" | "async";

/** What became of one operation: its answer, or why it was refused. */
export type Outcome = { readonly answer: unknown } | { readonly refusal: MaestroError };

/** Operations that are committed together. */
export interface Group extends Omit<SqlContext, "effects"> {
  readonly operations: readonly SqlOperation[];
  readonly mode: CommitMode;
}

/** What came of a group: an outcome for each operation, and what has to happen now. */
export interface GroupOutcome {
  readonly outcomes: readonly Outcome[];
  readonly effects: SqlEffects;
}

/** What reaches a database. */
export interface SqlDriver {
  /** Brings the database to the newest version. */
  migrate(): Promise<void>;
  /** Runs a work that only reads, on one state of the database. */
  read<T>(work: () => SqlWork<T>): Promise<T>;
  /**
   * Carries operations out in one transaction. Rejects with a `MaestroError` where the database cannot be used at all, with anything else
   * where one of the operations may be to blame; nothing of the group is then written, as far as that can be known.
   */
  commit(group: Group): Promise<GroupOutcome>;
  /** Turns an error into one that says what people can do. */
  explain(error: Error): Error;
  /** Size of the database in bytes. */
  bytes(): number | undefined;
  /** Tells whether another connection has written since it was asked last. */
  hasChanged(): boolean;
  close(): Promise<void>;
}
