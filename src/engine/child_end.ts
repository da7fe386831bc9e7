import { CancelledError, failure, StepFailedError } from "./failure.ts";
import type { PendingChild } from "./pending.ts";
import type { ChildEnd } from "./run.ts";
import type { Saga } from "./saga.ts";

/** Settles a parent's step by how its child ended, and remembers what of the child there is to undo. */
export function settleChild(pending: PendingChild, child: ChildEnd, saga: Saga): void {
  const { step, scope } = pending;
  const isBroken = child.status === "compensation_failed";
  if (pending.action === "undo") {
    if (isBroken) pending.reject(new StepFailedError(childFailure(pending, child)));
    else pending.resolve({ output: null, attempts: 1 });
    return;
  }
  if (isBroken || (child.status === "completed" && child.isUndoable)) {
    saga.add({
      step,
      scope,
      undo: { runId: child.runId, workflow: pending.spec?.workflow ?? "", isBroken },
      isUnknown: false,
      tries: 0,
    });
  }
  if (child.status === "completed") pending.resolve({ output: child.output, attempts: 1 });
  else if (pending.isCancelled) pending.reject(new CancelledError(scope.cause ?? "cancelled"));
  else pending.reject(new StepFailedError(childFailure(pending, child)));
}

function childFailure({ step, action }: PendingChild, { runId, status, error }: ChildEnd) {
  const what = action === "undo" ? "could not be undone" : `ended ${status}`;
  const message = `The child run "${runId}" ${what}${error === null ? "" : `: ${error.message}`}`;
  return failure("child_failed", message, {
    step,
    details: { run_id: runId, status, error: error === null ? null : { ...error } },
  });
}
