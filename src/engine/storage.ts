import type { JournalTurn } from "./journal.ts";
import type { RunRecord } from "./run.ts";

/**
 * Where runs live. Every store keeps the same promises, which one contract suite checks.
 *
 * Absence is `undefined`; a conflict is a `MaestroError`. Time comes from the caller. Nothing else of a store is visible.
 */
export interface Storage {
  /**
   * Creates a run together with its definition, its first turn and a claim, all or nothing.
   *
   * @throws {MaestroError} `run_conflict` when the id is taken.
   */
  createRun(request: CreateRunRequest): Promise<Claim>;
  /** Finds a run by the id that people use. */
  findRun(request: { readonly runId: string }): Promise<RunRecord | undefined>;
  /** Reads a page of a run's journal, oldest turn first. */
  readJournal(request: ReadJournalRequest): Promise<readonly JournalTurn[]>;
  /** Reads what a definition's hash stands for. */
  readDefinition(request: { readonly hash: string }): Promise<string | undefined>;
  /**
   * Appends one turn and what follows from it, all or nothing.
   *
   * Applied if the claim's token is the newest and the journal is as long as `head` says. The same turn sent again, with its id,
   * gives the same answer and changes nothing.
   *
   * @throws {MaestroError} `claim_lost` otherwise: the turn is to be forgotten.
   */
  commitTurn(request: CommitTurnRequest): Promise<void>;
  /** Frees what the store holds open. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The right to append to one run. A later claim has a larger token and ends this one. */
export interface Claim {
  readonly runId: string;
  readonly token: number;
}

/** Request of `createRun`. */
export interface CreateRunRequest {
  readonly run: RunRecord;
  /** The serialised definition bundle; kept once a hash. */
  readonly definition: string;
  readonly turn: JournalTurn;
  readonly turnId: string;
}

/** Request of `readJournal`. */
export interface ReadJournalRequest {
  readonly runId: string;
  /** Number of turns to pass over. @default 0 */
  readonly from?: number | undefined;
  /** Most turns to give. @default all */
  readonly limit?: number | undefined;
}

/** Request of `commitTurn`. */
export interface CommitTurnRequest {
  readonly claim: Claim;
  /** Number of turns that the journal holds so far. */
  readonly head: number;
  /** Unique for each turn; the same when it is sent again. */
  readonly turnId: string;
  readonly turn: JournalTurn;
  /** What the turn changed in the run's record. */
  readonly change: Partial<Pick<RunRecord, "status" | "cause" | "output" | "error" | "finishedAt">>;
}
