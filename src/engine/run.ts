import type { JsonValue } from "../base/json.ts";
import type { Attributes } from "./attributes.ts";
import type { Failure } from "./failure.ts";

/** Where a run stands. The last five are final, except that `compensate` and a parent's rollback reopen a run. */
export type RunStatus =
  | "pending"
  | "running"
  | "waiting"
  | "compensating"
  | "paused"
  | "completed"
  | "failed"
  | "compensated"
  | "compensation_failed"
  | "cancelled";

/** Tells whether a run has ended. */
export function isFinal(status: RunStatus): boolean {
  return FINAL.has(status);
}

const FINAL: ReadonlySet<RunStatus> = new Set([
  "completed",
  "failed",
  "compensated",
  "compensation_failed",
  "cancelled",
]);

/** Why a run did not complete. */
export type RunCause = "error" | "timeout" | "cancelled";

/** Why a run is paused: it goes on only when a person says so. */
export type PauseReason =
  | "non_determinism"
  | "foreign_await"
  | "missing_secret"
  | "missing_definition"
  | "wrong_key"
  | "crash_loop"
  | "past_pivot"
  | "history_limit";

/** What a paused run waits for. */
export interface Pause {
  /** What kind of pause it is, for programs. */
  readonly reason: PauseReason;
  /** What happened, in one sentence. */
  readonly message: string;
  /** Where the journal does not fit the code: what each asks for in the turn in which they part. */
  readonly difference?: Difference | undefined;
}

/** What a journal holds and what the code asks for instead, in their order. */
export interface Difference {
  /** What the journal holds. */
  readonly expected: readonly string[];
  /** What the code asks for. */
  readonly came: readonly string[];
}

/** How safely a run's commits are kept; `none` never reaches a store on disk. */
export type Durability = "sync" | "async" | "none";

/** Where a step stands. */
export type StepStatus =
  | "pending"
  | "running"
  | "retrying"
  | "waiting"
  | "completed"
  | "failed"
  | "skipped"
  | "cancelled"
  | "unknown"
  | "compensating"
  | "compensated"
  | "compensation_failed";

/** The step of another run that started this one. */
export interface RunParent {
  /** The parent's id. */
  readonly runId: string;
  /** The path of the parent's step. */
  readonly step: string;
}

/** How a child run ended. */
export interface ChildEnd {
  /** The child's id. */
  readonly runId: string;
  /** How it ended. */
  readonly status: RunStatus;
  /** Its output; null unless it completed. */
  readonly output: JsonValue;
  /** What it failed with. */
  readonly error: Failure | null;
  /** Whether it holds anything that could be undone. */
  readonly isUndoable: boolean;
}

/** A run as its record in the store shows it. */
export interface RunRecord {
  /** The id that people use: given with `--id`, or made. */
  readonly id: string;
  /** The id inside idempotency keys; never reused. */
  readonly internalId: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** The workflow's version; empty where it has none. */
  readonly version: string;
  /** Hash of the definition bundle. */
  readonly definition: string;
  /** Only workers of this queue take the run; `local` is taken by nobody unless asked by id or with `adopt`. */
  readonly queue: string;
  /** Absent in a run that no other run started. */
  readonly parent: RunParent | null;
  /** Id of the run at the top: its own where it has no parent. */
  readonly root: string;
  /** How safely its commits are kept. */
  readonly durability: Durability;
  /** Where it stands. */
  readonly status: RunStatus;
  /** Why it did not complete; null where it did, or has not ended. */
  readonly cause: RunCause | null;
  /** Its output; null unless it completed. */
  readonly output: JsonValue;
  /** What it failed with. */
  readonly error: Failure | null;
  /** Set while the status is `paused`. */
  readonly pause: Pause | null;
  /** When a waiting run is due, in milliseconds; null where only a message moves it on. */
  readonly wakeAt: number | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** When it ended; null where it has not. */
  readonly finishedAt: number | null;
  /** What people can find it by; kept as clear text in encrypted stores too. */
  readonly attributes: Attributes;
}
