import { formatDuration } from "../base/duration.ts";
import type { JsonValue } from "../base/json.ts";
import type { RollbackOutcome, WorkflowContext, WorkflowDefinition, WorkflowFunctions } from "./context.ts";
import { type CancelCause, type Failure, failure, toFailure } from "./failure.ts";
import type { Continuation } from "./continuation.ts";
import type { RunFinished } from "./journal.ts";
import type { RunCause, RunStatus } from "./run.ts";

/** What the lifecycle needs beyond the verbs of a workflow. */
export interface LifecycleContext extends WorkflowContext {
  /** The run's own limit in milliseconds. */
  readonly timeoutMs: number | null;
  /** Whether the run has passed its point of no return. */
  readonly isPastPivot: boolean;
  /** Set where the workflow function has asked to begin anew. */
  readonly continuation: Continuation | undefined;
  /** Whether anything would have to be undone if the run failed now. */
  readonly isUndoable: boolean;
  shielded(): LifecycleContext;
  /** Cancels what is still in flight and waits until each step has its outcome. */
  settle(): Promise<void>;
  /** Pauses the run until a person cancels it: then it resolves. Resuming it makes another future of it. */
  pausePastPivot(error: Failure, cause: RunCause): Promise<void>;
  /** Undoes again what earlier rollbacks have left. */
  rollbackLeft(options: { readonly error: Failure; readonly order: "reverse" | "parallel" }): Promise<void>;
  /** What all rollbacks so far came to, those of lost races included. */
  rolledBack(): RollbackOutcome;
}

/**
 * Runs a workflow function to its end: the function, what is still in flight, the rollback, `finally`.
 *
 * It is itself durable code: everything it awaits is in the journal, so a crash in the middle of a rollback goes on where it was.
 */
export async function runLifecycle(
  context: LifecycleContext,
  definition: WorkflowDefinition,
  input: JsonValue,
): Promise<RunFinished | Continuation> {
  const functions = definition.instantiate();
  let output: JsonValue = null;
  let error: Failure | null = null;
  try {
    output = await functions.run(context, input);
  } catch (thrown) {
    error = toFailure(thrown);
  }
  await context.settle();
  const cause = context.scope.cause;
  if (cause !== undefined) error = cancellationFailure(cause, context.timeoutMs);
  else if (context.continuation !== undefined) {
    if (!context.isUndoable) return context.continuation;
    error = failure("continued_with_undos", "A run that would have something to undo cannot begin anew");
  }
  if (error === null) return await finish(context, functions, "completed", null, output, null);
  const runCause: RunCause = cause === undefined ? "error" : cause === "timeout" ? "timeout" : "cancelled";
  if (context.isPastPivot && runCause !== "cancelled") await context.pausePastPivot(error, runCause);
  await context.shielded().rollback({ within: [context.scope], error, order: definition.compensationOrder });
  return await finish(context, functions, statusAfter(context, runCause), runCause, null, error);
}

/**
 * Undoes what can be undone of a run that has ended: all of a completed one, for its parent's rollback, or what an earlier rollback has
 * left. `finally` does not run again.
 */
export async function reopen(
  context: LifecycleContext,
  definition: WorkflowDefinition,
  before: RunFinished,
  given: Failure | null,
): Promise<RunFinished> {
  const error = given ?? before.error ?? failure("cancelled", "The run was undone");
  const order = definition.compensationOrder;
  const shielded = context.shielded();
  if (before.status === "completed") await shielded.rollback({ within: [context.scope], error, order });
  else await shielded.rollbackLeft({ error, order });
  const rollback = context.rolledBack();
  const isUndone = rollback.undone.length + rollback.notUndone.length + rollback.unknown.length > 0;
  if (!isUndone) return { ...before, rollback };
  const cause = before.cause ?? "error";
  return { ...before, status: statusAfter(context, cause), cause, output: null, error, rollback };
}

async function finish(
  context: LifecycleContext,
  functions: WorkflowFunctions,
  status: RunStatus,
  cause: RunCause | null,
  output: JsonValue,
  error: Failure | null,
): Promise<RunFinished> {
  await functions.finally?.(context.shielded(), { status, error });
  return { type: "run_finished", status, cause, output, error, rollback: context.rolledBack() };
}

function statusAfter(context: LifecycleContext, cause: RunCause): RunStatus {
  const rollback = context.rolledBack();
  if (rollback.notUndone.length > 0 || rollback.unknown.length > 0) return "compensation_failed";
  if (rollback.undone.length > 0) return "compensated";
  return cause === "cancelled" && !context.isPastPivot ? "cancelled" : "failed";
}

function cancellationFailure(cause: CancelCause, timeoutMs: number | null): Failure {
  if (cause === "timeout") {
    return failure("timeout", `The run took longer than its timeout of ${formatDuration(timeoutMs ?? 0)}`);
  }
  return failure("cancelled", "The run was cancelled");
}
