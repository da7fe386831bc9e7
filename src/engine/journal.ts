import { isJsonObject, type JsonValue } from "../base/json.ts";
import type { Attributes } from "./attributes.ts";
import type { RollbackOutcome } from "./context.ts";
import type { CancelCause, Failure } from "./failure.ts";
import type { FailureClass } from "./service.ts";
import type { ChildEnd, Pause, RunCause, RunParent, RunStatus } from "./run.ts";

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
  /** The call of a step told how far it is: the next attempt hears of it. */
  | { readonly type: "step_heartbeat"; readonly step: string; readonly details: JsonValue }
  | { readonly type: "cancel_requested"; readonly reason: CancelCause }
  /** A step waits for a signal. */
  | { readonly type: "signal_awaited"; readonly step: string; readonly signal: string }
  /** A signal came; it is kept until a step takes it. */
  | { readonly type: "signal_received"; readonly name: string; readonly data: JsonValue; readonly id: string }
  /** A request came that the running workflow answers. */
  | { readonly type: "update_received"; readonly name: string; readonly data: JsonValue; readonly id: string }
  | UpdateCompleted
  /** The code took a new way here (`patched`): so does every replay. */
  | { readonly type: "patch_applied"; readonly patch: string }
  | ChildScheduled
  | { readonly type: "child_finished"; readonly step: string; readonly child: ChildEnd }
  | Reopening
  /** The run failed past its pivot, and waits for a person. */
  | { readonly type: "run_paused"; readonly pause: Pause; readonly error: Failure; readonly cause: RunCause }
  /** A person lets it go on. What came after the failure of `step` is void, but for what had completed (see `effectiveTurns`). */
  | {
    readonly type: "resume_requested";
    readonly step: string | null;
    /** The runs that stand for children from here on: new ones for those that had failed or been cancelled. */
    readonly children: readonly { readonly step: string; readonly runId: string }[];
  }
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
  /** Absolute paths, read again when another process takes the run. */
  readonly files?: RunFiles | undefined;
  /** What the run can be found by from the start. */
  readonly attributes?: Attributes | undefined;
  /** What whoever started the run passes on to its steps and children: an identity, a trace. */
  readonly context?: Readonly<Record<string, string>> | undefined;
  /** How often the run had begun anew before. @default 0 */
  readonly generation?: number | undefined;
  /** Hash of what the run was started with before it began anew for the first time. @default that of `input` */
  readonly firstInput?: string | undefined;
  /** Signals that no step had taken and updates that had no answer when the run began anew, oldest first of each. */
  readonly carried?: readonly CarriedMessage[] | undefined;
  /** Answers to updates that the run gave before it began anew, for callers who have not read them yet. */
  readonly answers?: readonly UpdateCompleted[] | undefined;
}

/** A message that a run takes along when it begins anew. */
export interface CarriedMessage {
  /** What kind of message it is. */
  readonly kind: "signal" | "update";
  /** The name of the signal or update. */
  readonly name: string;
  /** What it brought. */
  readonly data: JsonValue;
  /** Its id. */
  readonly id: string;
}

/** The answer to an update. */
export interface UpdateCompleted {
  /** Names the kind of entry. */
  readonly type: "update_completed";
  /** The id of the update. */
  readonly id: string;
  /** What the workflow answered; null where it failed. */
  readonly output: JsonValue;
  /** Why there is no output; null where there is. */
  readonly failure: Failure | null;
}

/** Files that a run depends on beside its definition. */
export interface RunFiles {
  /** The workflow's; relative names in it start at its folder. */
  readonly workflow: string;
  /** Path of the file of variables. */
  readonly env?: string | undefined;
  /** Path of the file of secrets. */
  readonly secrets?: string | undefined;
}

/** A child run was asked for, or its undoing; it starts with this turn's commit. */
export interface ChildScheduled {
  /** Names the kind of entry. */
  readonly type: "child_scheduled";
  /** The step's path. */
  readonly step: string;
  /** Id of the child. */
  readonly runId: string;
  /** The child's workflow. */
  readonly workflow: string;
  /** What the child is to do. */
  readonly action: "run" | "undo";
  /** What the child is started with. */
  readonly input: JsonValue;
  /** The step that this one undoes. */
  readonly compensates?: string | undefined;
}

/** What can still be undone of an ended run is to be undone: by its parent's rollback, or by a person. */
export interface Reopening {
  /** Names the kind of entry. */
  readonly type: "rollback_requested";
  /** What the parent failed with. */
  readonly error: Failure | null;
  /** The parent's step that waits for it. */
  readonly replyTo?: RunParent | undefined;
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
  /** The idempotency key, where it does not follow from the path. */
  readonly key?: string | undefined;
  /** The step that this one undoes. */
  readonly compensates?: string | undefined;
}

/** The method as it is sent, its templates filled in, where the request records it. */
export function sentMethod({ method, request }: Pick<StepScheduled, "method" | "request">): string {
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
  /** A signal did not fit what the step waits for. */
  | { readonly type: "signal_refused"; readonly step: string; readonly signal: string; readonly reason: string }
  /** The service was asked whether a step had taken effect. */
  | { readonly type: "reconciled"; readonly step: string; readonly isDone: boolean }
  /** From here on nothing is undone. */
  | { readonly type: "pivot_passed"; readonly step: string }
  /** Another process has taken the run over; these steps were in flight. */
  | { readonly type: "run_recovered"; readonly inFlight: readonly string[] }
  /** Its process has let go of the run; these steps were asked for and never started. */
  | { readonly type: "run_suspended"; readonly unstarted: readonly string[] }
  | { readonly type: "log"; readonly step: string; readonly text: string }
  /** What the run is found by from here on. */
  | { readonly type: "attributes_set"; readonly attributes: Attributes }
  /** A person has ended the run as it was: nothing is undone, and nobody knows what the steps in flight came to. */
  | { readonly type: "run_terminated" }
  | { readonly type: "rollback_started"; readonly cause: RunCause; readonly error: Failure; readonly steps: number };

/** Why a step did not run. */
export type SkipReason = "condition" | "dependency";

/** The entries of one turn, committed together. */
export interface JournalTurn {
  /** When the turn was computed, in milliseconds; never earlier than the turn before. */
  readonly time: number;
  /** What became true in the turn, in that order. */
  readonly entries: readonly Entry[];
}

/** An entry that comes from outside the workflow function and moves it on. */
export type Fact =
  | StepOutcome
  | Extract<
    Entry,
    | { readonly type: "timer_fired" }
    | { readonly type: "step_heartbeat" }
    | { readonly type: "cancel_requested" }
    | { readonly type: "signal_received" }
    | { readonly type: "update_received" }
    | { readonly type: "child_finished" }
    | { readonly type: "rollback_requested" }
    | { readonly type: "resume_requested" }
  >;

/** Tells whether an entry comes from outside the workflow function. */
export function isFact(entry: Entry): entry is Fact {
  return isOutcome(entry) || FACTS.has(entry.type);
}

const FACTS: ReadonlySet<Entry["type"]> = new Set(
  [
    "timer_fired",
    "step_heartbeat",
    "cancel_requested",
    "signal_received",
    "update_received",
    "child_finished",
    "rollback_requested",
    "resume_requested",
  ] as const,
);

/** Tells whether an entry is something that the workflow function asked for. */
export function isCommand(entry: Entry): boolean {
  return COMMANDS.has(entry.type);
}

const COMMANDS: ReadonlySet<Entry["type"]> = new Set(
  [
    "step_scheduled",
    "timer_set",
    "signal_awaited",
    "update_completed",
    "child_scheduled",
    "run_paused",
    "run_finished",
  ] as const,
);

/** What replay compares of a command: key, kind and target, never inputs, which a changed default may vary (kernel rule 11). */
export function commandKey(entry: Entry): string {
  switch (entry.type) {
    case "step_scheduled":
      return `step ${entry.step} ${entry.service} ${entry.method}`;
    case "timer_set":
      return `timer ${entry.timer}`;
    case "signal_awaited":
      return `signal ${entry.step} ${entry.signal}`;
    case "update_completed":
      return `answer to update ${entry.id}`;
    case "child_scheduled":
      return `child ${entry.step} ${entry.workflow} ${entry.action}`;
    default:
      return entry.type;
  }
}

/** Tells whether an entry is the outcome of a scheduled step. */
export function isOutcome(entry: Entry): entry is StepOutcome {
  return entry.type === "step_completed" || entry.type === "step_failed" || entry.type === "step_unknown" ||
    entry.type === "step_cancelled";
}
