import type { CommitMode, MemberOutcome } from "./group_commit.ts";
import type { SqlWork } from "./sql_work.ts";

/** What reaches a database. */
export interface SqlDriver {
  /** Brings the database to the newest version. */
  migrate(): Promise<void>;
  /** Runs a work that only reads, on one state of the database. */
  read<T>(work: () => SqlWork<T>): Promise<T>;
  /**
   * Runs works in one transaction, each with its outcome. Rejects with a `MaestroError` where the database cannot be used at all, with
   * anything else where one of the works may be to blame.
   */
  commit(works: readonly (() => SqlWork<unknown>)[], mode: CommitMode): Promise<readonly MemberOutcome[]>;
  /** Turns an error into one that says what people can do. */
  explain(error: Error): Error;
  /** Size of the database in bytes. */
  bytes(): number | undefined;
  /** Tells whether another process has written since it was asked last. */
  hasChanged(): boolean;
  close(): Promise<void>;
}
