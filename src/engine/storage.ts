import type { JsonValue } from "../base/json.ts";
import type { Attributes } from "./attributes.ts";
import type { Failure } from "./failure.ts";
import type { JournalTurn, RunStarted } from "./journal.ts";
import { type ChildEnd, isFinal, type RunParent, type RunRecord, type RunStatus } from "./run.ts";

/**
 * Where runs live. Every store keeps the same promises, which one contract suite checks.
 *
 * Absence is `undefined`; a conflict is a `MaestroError`. Time for leases and wake-ups is the store's own. Nothing else of a store is
 * visible.
 *
 * @example
 * ```ts
 * import { openStorage, type Storage } from "maestro";
 *
 * const storage: Storage = await openStorage("memory:");
 * const { runs } = await storage.listRuns({ limit: 10 });
 * console.log(runs.length); // 0
 * await storage[Symbol.asyncDispose]();
 * ```
 */
export interface Storage {
  /** Brings the store to this version's form. Safe to call from several processes at once; does nothing where nothing is to be done. */
  migrate(): Promise<void>;
  /**
   * Creates a run together with its definition, its first turn and a claim, all or nothing. The same run that is sent again, by its
   * internal id, is answered as it was the first time.
   *
   * @returns the claim; `undefined` where no worker was named.
   * @throws {MaestroError} `run_conflict` when the id is taken, `claim_lost` when somebody has taken the run over since it was first sent,
   * `payload_too_large`.
   */
  createRun(request: CreateRunRequest): Promise<Claim | undefined>;
  /** Finds a run by the id that people use. */
  findRun(request: { readonly runId: string }): Promise<StoredRun | undefined>;
  /** Gives a page of runs, newest first by creation. @throws {MaestroError} `usage` for a cursor that is none. */
  listRuns(request: ListRunsRequest): Promise<RunPage>;
  /**
   * Deletes ended runs with their journals, whole trees of parents and children at once, those that ended first in front; gives how many
   * runs went.
   * A tree with a run that has not ended stays. Definitions that no run pins any more go too.
   */
  deleteRuns(request: DeleteRunsRequest): Promise<number>;
  /**
   * Takes over runs that are due and that nobody owns, and collects the mail of the runs that the worker owns already.
   *
   * A run is due when its `wakeAt` has passed. The runs of a worker that is dead, or whose lease has run out, are nobody's: those
   * that were not waiting are due at once. A claim ends every earlier one of the run.
   */
  claimRuns(request: ClaimRunsRequest): Promise<ClaimedRuns>;
  /** Prolongs the worker's lease; gives `false` where the store no longer knows it: its runs may have new owners. */
  renewWorker(request: { readonly worker: WorkerRef }): Promise<boolean>;
  /** Reads a page of a run's journal; an empty one where there is no such run. */
  readJournal(request: ReadJournalRequest): Promise<JournalPage>;
  /** Reads what the next turn of a run will be made of, without taking it; `undefined` where there is no such run. */
  readPending(request: { readonly runId: string }): Promise<PendingTurn | undefined>;
  /** Reads what a definition's hash stands for. */
  readDefinition(request: { readonly hash: string }): Promise<string | undefined>;
  /** Commits one turn of a run; see `CommitTurnRequest`. @throws {MaestroError} `claim_lost`, `payload_too_large`. */
  commitTurn(request: CommitTurnRequest): Promise<void>;
  /**
   * Puts a message into a run's inbox, and wakes the run where the message does that (see `wakesRun`). A message whose id the run has
   * had before is dropped.
   *
   * @returns what became of it; `undefined` where there is no such run.
   */
  deliver(request: DeliverRequest): Promise<Delivery | undefined>;
  /** Counts of what the store holds. */
  stats(): Promise<StoreStats>;
  /**
   * Calls back soon after other processes put mail into runs of this worker, or woke up runs. May call back for nothing. The
   * returned function ends it. Absent where only asking again tells.
   */
  onWakeup?(worker: WorkerRef, listener: () => void): () => void;
  /** Releases the worker's claims and frees what the store holds open. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A process that advances runs, as the store knows it. */
export interface WorkerRef {
  /** Unique for each start of a worker. */
  readonly id: string;
  /** How long the worker counts as alive after the last sign of life. */
  readonly leaseMs: number;
}

/** The right to append to one run. A later claim has a larger token and ends this one. */
export interface Claim {
  /** The run that it is for. */
  readonly runId: string;
  /** Larger than that of every earlier claim of the run. */
  readonly token: number;
}

/** A run with what only the store knows of it. */
export interface StoredRun extends RunRecord {
  /** Number of turns that its journal ever had, those before it began anew among them. */
  readonly head: number;
  /** The worker that owns it and is alive, as far as the store knows. */
  readonly owner: string | null;
  /** Messages that no turn has taken yet. */
  readonly mail: number;
}

/** Request of `createRun`. */
export interface CreateRunRequest {
  /** The record, with which the run begins. */
  readonly run: RunRecord;
  /** The serialised definition bundle; kept once a hash. */
  readonly definition: string;
  /** Who owns the run from the start. Without it the run is `pending` until somebody claims it. */
  readonly worker?: WorkerRef | undefined;
  /** The first turn, or what it will be made of by whoever claims the run. */
  readonly first: FirstTurn | { readonly started: RunStarted };
}

/** A run's first turn. */
export interface FirstTurn {
  /** What the turn adds to the journal. */
  readonly turn: JournalTurn;
  /** Its id; see `CommitTurnRequest`. */
  readonly turnId: string;
}

/** Request of `listRuns`. Conditions are joined by "and". */
export interface ListRunsRequest {
  /** Only runs of these statuses. */
  readonly status?: readonly RunStatus[] | undefined;
  /** Only runs of this workflow. */
  readonly workflow?: string | undefined;
  /** Only runs of this queue. */
  readonly queue?: string | undefined;
  /** Only children of this run. */
  readonly parent?: string | undefined;
  /** Only runs that no other run started. */
  readonly rootsOnly?: boolean | undefined;
  /** Started at or after this time, in milliseconds. */
  readonly startedFrom?: number | undefined;
  /** Started before this time. */
  readonly startedBefore?: number | undefined;
  /** Only runs that have all of these attributes, each with just this value. */
  readonly attributes?: Attributes | undefined;
  /** What the id begins with. */
  readonly idPrefix?: string | undefined;
  /** Part of the id, the workflow's name, the error's code or message, or an attribute's value, whatever the case. */
  readonly text?: string | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
  /** Most runs to give. */
  readonly limit: number;
}

/** A page of runs. */
export interface RunPage {
  /** Newest first. */
  readonly runs: readonly StoredRun[];
  /** To be given for the next page; absent on the last. */
  readonly cursor?: string | undefined;
}

/** Request of `deleteRuns`. */
export interface DeleteRunsRequest {
  /** Only trees whose root ended before this time, in milliseconds. @default any time */
  readonly endedBefore?: number | undefined;
  /** Only the tree of this root. */
  readonly runId?: string | undefined;
  /** Only these statuses of the root. @default all that are final */
  readonly status?: readonly RunStatus[] | undefined;
  /** Most trees to delete now. */
  readonly limit: number;
}

/** Request of `claimRuns`. */
export interface ClaimRunsRequest {
  /** Who takes the runs. */
  readonly worker: WorkerRef;
  /** Queues to take due runs from. None: only what `runIds` names, and mail. */
  readonly queues: readonly string[];
  /** Takes these whatever their queue and wake-up, also paused and ended ones, unless another worker owns them. */
  readonly runIds?: readonly string[] | undefined;
  /** Hashes of definitions that the worker does not know: runs of them are left to others, unless `runIds` names them. @default none */
  readonly except?: readonly string[] | undefined;
  /** Most runs to take. */
  readonly limit: number;
  /**
   * Ids of the runs that the worker drives; given where the answer to an earlier request may have been lost. What else it owns is taken
   * over anew, whatever the limit, and the mail of these is told again.
   */
  readonly drives?: readonly string[] | undefined;
}

/** Answer of `claimRuns`. */
export interface ClaimedRuns {
  /** Runs that the worker owns from now on. */
  readonly runs: readonly ClaimedRun[];
  /** New messages of runs that the worker owned before. Older ones are told again with them, until a turn has taken them. */
  readonly mail: readonly Message[];
  /** When the next run of the queues is due, in milliseconds; absent: none has a time. */
  readonly nextWakeAt?: number | undefined;
}

/** A run that was taken over. */
export interface ClaimedRun {
  /** Its record as it was when it was taken. */
  readonly run: RunRecord;
  /** The right to append to it. */
  readonly claim: Claim;
  /** Number of turns that its journal ever had. */
  readonly head: number;
  /** What its first turn is to be made of, where it has none yet. */
  readonly started?: RunStarted | undefined;
  /** Claims before this one since a turn was last committed: how often it may have brought its process down. */
  readonly crashes: number;
  /** Messages that no turn has taken yet, oldest first. */
  readonly messages: readonly Message[];
}

/** Request of `readJournal`. */
export interface ReadJournalRequest {
  /** The run's id. */
  readonly runId: string;
  /** Position of the first turn that is wanted: how many the journal had before it. @default 0 */
  readonly from?: number | undefined;
  /** Most turns to give. @default all */
  readonly limit?: number | undefined;
}

/** A page of a journal. The next one starts at `from + turns.length`. */
export interface JournalPage {
  /**
   * Position of the first turn, also where none follows. It is the one that was asked for, unless the journal began anew later than
   * that (see `CommitTurnRequest.restart`): then it is the position where it did, because what was before is gone.
   */
  readonly from: number;
  /** Oldest first. */
  readonly turns: readonly JournalTurn[];
}

/** What no turn of a run has taken yet. */
export interface PendingTurn {
  /** What its first turn is to be made of, where it has none yet. */
  readonly started?: RunStarted | undefined;
  /** Its mail, oldest first. */
  readonly messages: readonly Message[];
}

/**
 * Request of `commitTurn`: one turn and what follows from it, all or nothing.
 *
 * Applied if the claim's token is the newest and the journal has had as many turns as `head` says. The same turn sent again, with its id,
 * gives the same answer and changes nothing. Otherwise the commit is refused with `claim_lost`: the turn is to be forgotten.
 */
export interface CommitTurnRequest {
  /** The right to append. */
  readonly claim: Claim;
  /** Number of turns that the journal ever had. */
  readonly head: number;
  /** Unique for each commit; the same when it is sent again. */
  readonly turnId: string;
  /** Absent where only the claim is released or the record changes. */
  readonly turn?: JournalTurn | undefined;
  /**
   * The journal begins anew with this turn: all that it held is deleted with the commit. Positions go on counting, so `head` never
   * gets smaller. Messages stay, and ids of messages that the run has had are remembered. Without a turn it means nothing.
   * @default false
   */
  readonly restart?: boolean | undefined;
  /** What the turn changed in the run's record. */
  readonly change: RunChange;
  /** The bundle that `change.definition` stands for. */
  readonly definition?: string | undefined;
  /** `sync`: answered only when it would survive a loss of power. @default the run's own */
  readonly durability?: "sync" | undefined;
  /** Ids of the messages that the turn has taken from the run's inbox. */
  readonly taken?: readonly string[] | undefined;
  /** Runs that the turn starts, as by `createRun`: the worker that each names owns it with token 1. Those that exist already are left alone. */
  readonly children?: readonly CreateRunRequest[] | undefined;
  /** Messages to other runs; dropped where there is no such run. To runs of the same worker they are no mail: it knows of them. */
  readonly messages?: readonly Message[] | undefined;
  /** Gives the claim up. Where the inbox holds what wakes the run (see `wakesRun`), or it was not waiting, it is then due at once. */
  readonly release?: boolean | undefined;
}

/** What a turn may change in a run's record. Attributes are given whole: those that are left out are gone. */
export type RunChange = Partial<
  Pick<
    RunRecord,
    "status" | "cause" | "output" | "error" | "pause" | "wakeAt" | "finishedAt" | "definition" | "attributes"
  >
>;

/** What most turns change. */
export const NO_CHANGE: RunChange = {};

/** Something that one run, or a person, tells another run. */
export type Message =
  & {
    /** The run it goes to. */
    readonly runId: string;
    /** Unique in that run's life; a second one is dropped. */
    readonly id: string;
    /** When it was sent, in milliseconds. */
    readonly time: number;
  }
  & MessageBody;

/** What a message says. */
export type MessageBody =
  | { readonly kind: "signal"; readonly name: string; readonly data: JsonValue }
  /** Asks a run to change something, and to tell what came of it. */
  | { readonly kind: "update"; readonly name: string; readonly data: JsonValue }
  | { readonly kind: "cancel" }
  /** Ends a run at once, without rollback. */
  | { readonly kind: "terminate" }
  /** Undoes what can be undone: of a completed child for its parent, or what an earlier rollback left. */
  | { readonly kind: "compensate"; readonly error: Failure | null; readonly replyTo?: RunParent | undefined }
  /** Lets a paused run go on. */
  | { readonly kind: "resume" }
  /** A child has ended. */
  | {
    readonly kind: "child_finished";
    /** The parent's step. */
    readonly step: string;
    readonly child: ChildEnd;
  };

/** Request of `deliver`. */
export interface DeliverRequest {
  /** What is delivered. */
  readonly message: Message;
}

/** What became of a message. */
export interface Delivery {
  /** The run as it was when the message came. */
  readonly run: StoredRun;
  /** Whether the run had had a message with this id before. */
  readonly isDuplicate: boolean;
}

/** Counts of what a store holds. */
export interface StoreStats {
  /** How many runs there are of each status. */
  readonly runs: Readonly<Partial<Record<RunStatus, number>>>;
  /** How many definitions are kept. */
  readonly definitions: number;
  /** Bytes on disk; absent in memory. */
  readonly bytes?: number | undefined;
}

/** Whether a message makes a run of this status due: signals, updates and children's ends move on only what is neither paused nor ended. */
export function wakesRun(kind: MessageBody["kind"], status: RunStatus): boolean {
  if (kind === "signal" || kind === "update" || kind === "child_finished") {
    return status !== "paused" && !isFinal(status);
  }
  if (kind === "compensate") return true;
  return !isFinal(status);
}
