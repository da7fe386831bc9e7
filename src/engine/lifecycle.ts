import { formatDuration } from "../base/duration.ts";
import type { JsonValue } from "../base/json.ts";
import type { RollbackOutcome, WorkflowContext, WorkflowDefinition, WorkflowFunctions } from "./context.ts";
import { type CancelCause, type Failure, failure, toFailure } from "./failure.ts";
import type { RunFinished } from "./journal.ts";
import type { RunCause, RunStatus } from "./run.ts";

/** What the lifecycle needs beyond the verbs of a workflow. */
export interface LifecycleContext extends WorkflowContext {
  /** The run's own limit in milliseconds. */
  readonly timeoutMs: number | null;
  /** A context that neither limit nor cancellation of the run reach. */
  shielded(): WorkflowContext;
  /** Cancels what is still in flight and waits until each step has its outcome. */
  settle(): Promise<void>;
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
): Promise<RunFinished> {
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
  if (error === null) return await finish(context, functions, "completed", null, output, null);
  await context.shielded().rollback({ within: [context.scope], error, order: definition.compensationOrder });
  const runCause: RunCause = cause === undefined ? "error" : cause === "timeout" ? "timeout" : "cancelled";
  return await finish(context, functions, statusAfter(context.rolledBack(), runCause), runCause, null, error);
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

function statusAfter(rollback: RollbackOutcome, cause: RunCause): RunStatus {
  if (rollback.notUndone.length > 0 || rollback.unknown.length > 0) return "compensation_failed";
  if (rollback.undone.length > 0) return "compensated";
  return cause === "cancelled" ? "cancelled" : "failed";
}

function cancellationFailure(cause: CancelCause, timeoutMs: number | null): Failure {
  if (cause === "timeout") {
    return failure("timeout", `The run took longer than its timeout of ${formatDuration(timeoutMs ?? 0)}`);
  }
  return failure("cancelled", "The run was cancelled");
}
