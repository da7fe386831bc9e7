import type { JsonValue } from "../base/json.ts";
import type { Failure } from "./failure.ts";
import type { Note } from "./journal.ts";
import type { RetryPolicy } from "./retry.ts";
import type { Attributes } from "./attributes.ts";
import type { CancelScope } from "./scope.ts";
import type { UpdateHandler } from "./update_box.ts";

/** A step as a workflow asks for it. What the journal keeps is `step service method request compensates`; the rest comes from the code. */
export interface StepSpec {
  /** The step's path: unique in the run and the same at every replay. */
  readonly step: string;
  readonly service: string;
  /** The method as written; replay compares it. */
  readonly method: string;
  /** What is sent, secrets left out. */
  readonly request: JsonValue;
  readonly retry: RetryPolicy;
  /** Limit of the whole step: attempts, delays and queueing. */
  readonly timeoutMs: number | undefined;
  readonly attemptTimeoutMs: number;
  /** How long a call may give no sign of life. @default no limit */
  readonly heartbeatTimeoutMs?: number | undefined;
  /** The idempotency key, where it is not the one that follows from the path. */
  readonly key?: string | undefined;
  /** The step that this one undoes. */
  readonly compensates?: string | undefined;
  /** How to undo the step; with it, an attempt in flight may finish when the step is cancelled. */
  readonly compensation?: CompensationSpec | undefined;
  /** Codes that count as success for a step that undoes an unknown one: there was nothing to undo. */
  readonly settledBy?: readonly string[] | undefined;
  /** After a crash in flight it is not called again: it ends as `outcome_unknown`. */
  readonly atMostOnce?: boolean | undefined;
  /** From its completion on nothing is undone, neither before nor after it. */
  readonly isPivot?: boolean | undefined;
  /** How to ask the service whether an attempt of unknown outcome took effect. */
  readonly reconcile?: ReconcileSpec | undefined;
  /** What the code hands to the caller of the service beside the request; never journalled. */
  readonly local: unknown;
}

/** Asks a service whether a step took effect: before it is tried again, and before it is undone. */
export interface ReconcileSpec {
  /** Builds the question, to be sent under a path of its own. */
  prepare(step: string): StepSpec;
  /**
   * Reads the answer; null where the service knows of nothing (404, NOT_FOUND).
   *
   * @throws when the expression fails; the outcome then stays unknown.
   */
  judge(answer: JsonValue): ReconcileVerdict;
}

/** What an answer says. */
export type ReconcileVerdict =
  /** The step took effect; `output` becomes its output. */
  | { readonly isDone: true; readonly output: JsonValue }
  | { readonly isDone: false };

/** A child run as a workflow asks for it. */
export interface ChildSpec {
  /** The step's path; the child's id is made of it. */
  readonly step: string;
  /** The child's workflow. */
  readonly workflow: string;
  readonly version: string;
  /** Hash of the child's bundle. */
  readonly definition: string;
  /** The serialised bundle. */
  readonly bundle: string;
  /** The child's id. @default made of the parent's id and the step's path */
  readonly runId?: string | undefined;
  /** The queue of the child. @default the parent's */
  readonly queue?: string | undefined;
  /** Checked against the child's schema already, defaults filled in. */
  readonly input: JsonValue;
}

/** What a completed step gives. */
export interface StepSuccess {
  readonly output: JsonValue;
  readonly attempts: number;
}

/** How to undo a step. */
export interface CompensationSpec {
  /** Whether it also runs when nobody knows if the step took effect. */
  readonly onUnknown: boolean;
  /**
   * Builds the step that undoes, when its turn has come. `undefined`: its condition does not hold.
   *
   * `found` is the output of a step of unknown outcome that the service was asked about.
   *
   * @throws when its expressions fail; the compensation then counts as failed.
   */
  prepare(error: Failure, found?: JsonValue): Promise<StepSpec | undefined> | StepSpec | undefined;
}

/**
 * What a workflow function may do: every durable verb of the kernel.
 *
 * Only promises from here may be awaited: each is settled by an entry of the journal, at the same place on every replay.
 */
export interface WorkflowContext {
  readonly runId: string;
  readonly workflow: { readonly name: string; readonly version: string };
  readonly env: Readonly<Record<string, string | null>>;
  /** The scope that calls through this context belong to. */
  readonly scope: CancelScope;
  /** What was propagated to the run by whoever started it. */
  readonly context: Readonly<Record<string, string>>;
  /** What the run is found by. */
  readonly attributes: Attributes;
  /** Whether the journal already holds what is asked for now. */
  readonly isReplaying: boolean;
  /** How many facts and commands the journal holds at this place; the same at every replay. */
  readonly journalLength: number;
  /** The turn's time in milliseconds. */
  now(): number;
  /** When the run started, in milliseconds. */
  readonly startedAt: number;
  /** A source of numbers from 0 to 1 that gives the same series at every replay; one series a key. */
  random(key: string): () => number;
  /** The key that a service sees at every attempt of a step; with `request`, one that changes with what is sent. */
  idempotencyKey(step: string, request?: JsonValue): string;
  /**
   * Schedules a step. Rejects with `StepFailedError`, or with `CancelledError` when the scope is or becomes cancelled.
   */
  step(spec: StepSpec): Promise<StepSuccess>;
  /** Waits. Rejects with `CancelledError` as soon as the scope is cancelled. */
  sleep(timer: string, ms: number): Promise<void>;
  /** Waits until a time in wall-clock milliseconds. Rejects with `CancelledError` as soon as the scope is cancelled. */
  sleepUntil(timer: string, due: number): Promise<void>;
  /**
   * Waits for a signal, or takes the oldest that is kept. One that `refuse` gives a reason for is dropped, and the wait goes on. Rejects
   * with `CancelledError` as soon as the scope is cancelled.
   */
  signal(step: string, name: string, refuse?: (data: JsonValue) => string | undefined): Promise<JsonValue>;
  /**
   * Runs a child to its end. Rejects with `StepFailedError` (`child_failed`) when it does not complete, and with `CancelledError` when
   * the scope was cancelled: the child has then been cancelled and rolled back.
   */
  child(spec: ChildSpec): Promise<StepSuccess>;
  /**
   * Waits until a check of the workflow's own state gives `true`: it is made now, and after everything that happens in the run. It must
   * change nothing. Rejects with `CancelledError` as soon as the scope is cancelled, and with what the check throws.
   */
  until(check: () => boolean): Promise<void>;
  /** Remembers, from here on, how to undo something, as if a step of this path had just completed. */
  compensateWith(step: string, undo: CompensationSpec): void;
  /** Tells whether the run takes part in a change of the code (see `Patches`). */
  isPatched(patch: string): boolean;
  /** Adds to what the run is found by. */
  setAttributes(attributes: Attributes): void;
  /** Answers updates of this name from now on. */
  onUpdate(name: string, handler: UpdateHandler): void;
  /** Answers questions about the run's state: `handler` must neither change it nor ask for anything. */
  onQuery(name: string, handler: (data: JsonValue) => JsonValue): void;
  /**
   * Ends the run as it is and begins it anew under the same id, with an empty journal. What is in flight is cancelled first; signals that
   * were not taken and updates that were not answered stay. An error where anything would have to be undone.
   */
  continueAsNew(input: JsonValue): never;
  /** A context that neither limit nor cancellation of the run reach. */
  shielded(): WorkflowContext;
  /** The id of the child that a step starts, unless the step gives another. */
  childId(step: string): string;
  /** Tells people something; replay ignores it. */
  note(note: Note): void;
  /** Runs a function in a scope inside this one, which a time limit cancels; gives or throws what the function does. */
  withScope<T>(options: ScopeOptions, run: (context: WorkflowContext) => Promise<T>): Promise<T>;
  /** Undoes, in reverse order, what the steps of some scopes have completed, and forgets it. */
  rollback(options: RollbackOptions): Promise<RollbackOutcome>;
  /** Forgets the unknown steps at and below a path that would otherwise be listed when the run fails: their error was handled. */
  settleUnknown(step: string): void;
}

/** Options of `withScope`. */
export interface ScopeOptions {
  /** Key of the timer that enforces the limit. */
  readonly timer?: string | undefined;
  /** Time limit in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** Options of `rollback`. */
export interface RollbackOptions {
  /** Scopes whose steps are undone, together and in one order. */
  readonly within: readonly CancelScope[];
  /** What the compensations see as `.error`. */
  readonly error: Failure;
  /** One after the other, newest first, or all at once. */
  readonly order: "reverse" | "parallel";
}

/** What a rollback came to: paths of steps. */
export interface RollbackOutcome {
  /** Paths of the steps that were undone. */
  readonly undone: readonly string[];
  /** Paths of the steps whose compensation failed. */
  readonly notUndone: readonly string[];
  /** Nobody knows whether these took effect, or whether undoing them did. */
  readonly unknown: readonly string[];
}

/** A workflow in the kernel's own language: what every front-end compiles to. */
export interface WorkflowDefinition {
  readonly name: string;
  readonly version: string;
  /** The limit of a run, unless whoever starts it gives another. */
  readonly timeoutMs: number | undefined;
  readonly compensationOrder: "reverse" | "parallel";
  /** Makes the functions of one run; what they share of the run's state lives between them. */
  instantiate(): WorkflowFunctions;
}

/** The functions of one run. */
export interface WorkflowFunctions {
  /** The workflow function. */
  run(context: WorkflowContext, input: JsonValue): Promise<JsonValue>;
  /** Runs after everything else, rollback included. Neither limit nor cancellation of the run reach it. Never rejects. */
  finally?(context: WorkflowContext, end: RunEnd): Promise<void>;
}

/** How a run is about to end. */
export interface RunEnd {
  readonly status: string;
  readonly error: Failure | null;
}
