import { isJsonObject, type JsonValue } from "../base/json.ts";
import type { RollbackOutcome } from "./context.ts";
import type { CancelCause, Failure } from "./failure.ts";
import type { FailureClass } from "./service.ts";
import type { RunCause, RunStatus } from "./run.ts";

/**
 * One fact in the life of a run. The journal is the list of these in the order in which they became true; a run is a function of it.
 *
 * Steps are named by their paths (`each[12]/charge`). Entries before `step_skipped` decide what the workflow function sees and are
 * replayed; the rest are notes for people, which ride along and are ignored by replay.
 */
export type Entry =
  | RunStarted
  | StepScheduled
  | StepOutcome
  | { readonly type: "timer_set"; readonly timer: string; readonly due: number }
  | { readonly type: "timer_fired"; readonly timer: string }
  | { readonly type: "cancel_requested"; readonly reason: CancelCause }
  | RunFinished
  | Note;

/** The first entry of every journal. */
export interface RunStarted {
  /** Names the kind of entry. */
  readonly type: "run_started";
  /** The workflow's name. */
  readonly workflow: string;
  /** The workflow's version; empty where it has none. */
  readonly version: string;
  /** Hash of the definition bundle. */
  readonly definition: string;
  /** What the run was started with, defaults filled in. */
  readonly input: JsonValue;
  /** The environment variables that expressions read, as they were when the run started. */
  readonly env: Readonly<Record<string, string | null>>;
  /** Seeds all randomness of the run. */
  readonly seed: string;
  /** The run's own limit in milliseconds, rollback not counted. */
  readonly timeoutMs: number | null;
  /** Endpoints that replace the definition's, by service name. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/** A step was asked for; it may start once this is durable. */
export interface StepScheduled {
  /** Names the kind of entry. */
  readonly type: "step_scheduled";
  /** The step's path. */
  readonly step: string;
  /** The service that is called. */
  readonly service: string;
  /** The method as the document writes it. */
  readonly method: string;
  /** What is sent, secrets left out. */
  readonly request: JsonValue;
  /** The step that this one undoes. */
  readonly compensates?: string | undefined;
}

/** The method as it is sent, its templates filled in, where the request records it. */
export function sentMethod({ method, request }: StepScheduled): string {
  const sent = isJsonObject(request) ? request["method"] : undefined;
  return typeof sent === "string" ? sent : method;
}

/** What a scheduled step came to. Final: a step has at most one. */
export type StepOutcome =
  | { readonly type: "step_completed"; readonly step: string; readonly output: JsonValue; readonly attempts: number }
  | { readonly type: "step_failed"; readonly step: string; readonly failure: Failure; readonly attempts: number }
  | { readonly type: "step_unknown"; readonly step: string; readonly failure: Failure; readonly attempts: number }
  | { readonly type: "step_cancelled"; readonly step: string; readonly failure: Failure; readonly attempts: number };

/** The last entry of a journal that has ended. */
export interface RunFinished {
  /** Names the kind of entry. */
  readonly type: "run_finished";
  /** How the run ended. */
  readonly status: RunStatus;
  /** Why it did not complete; null where it did. */
  readonly cause: RunCause | null;
  /** The workflow's output; null unless it completed. */
  readonly output: JsonValue;
  /** What it failed with. */
  readonly error: Failure | null;
  /** What became of its steps. */
  readonly rollback: RollbackOutcome;
}

/** What people want to know and replay does not. */
export type Note =
  | { readonly type: "step_skipped"; readonly step: string; readonly kind: string; readonly reason: SkipReason }
  | { readonly type: "block_opened"; readonly step: string; readonly kind: string }
  /** How many items a `foreach` goes through. */
  | { readonly type: "items_counted"; readonly step: string; readonly count: number }
  | {
    readonly type: "block_closed";
    readonly step: string;
    readonly kind: string;
    readonly status: "completed" | "failed" | "unknown" | "cancelled";
    readonly failure?: Failure | undefined;
  }
  | { readonly type: "branch_taken"; readonly step: string; readonly branch: number }
  | { readonly type: "error_handled"; readonly step: string }
  | { readonly type: "attempt_started"; readonly step: string; readonly attempt: number }
  | {
    readonly type: "attempt_failed";
    readonly step: string;
    readonly attempt: number;
    readonly failure: Failure;
    readonly class: FailureClass;
    /** The delay before the next attempt; absent: there is none. */
    readonly retryInMs?: number | undefined;
  }
  | { readonly type: "log"; readonly step: string; readonly text: string }
  | { readonly type: "rollback_started"; readonly cause: RunCause; readonly error: Failure; readonly steps: number };

/** Why a step did not run. */
export type SkipReason = "condition" | "dependency";

/** The entries of one turn, committed together. */
export interface JournalTurn {
  /** When the turn was computed, in milliseconds; never earlier than the turn before. */
  readonly time: number;
  readonly entries: readonly Entry[];
}

/** Tells whether an entry is the outcome of a scheduled step. */
export function isOutcome(entry: Entry): entry is StepOutcome {
  return entry.type === "step_completed" || entry.type === "step_failed" || entry.type === "step_unknown" ||
    entry.type === "step_cancelled";
}
