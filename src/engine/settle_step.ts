import type { Commands } from "./commands.ts";
import { CancelledError, StepFailedError } from "./failure.ts";
import type { StepOutcome } from "./journal.ts";
import type { PendingStep } from "./pending.ts";
import type { Saga } from "./saga.ts";

/** Settles the promise of a step by its outcome, and remembers what of it there is to undo. */
export function settleStep(pending: PendingStep, outcome: StepOutcome, saga: Saga, commands: Commands): void {
  const { scope, spec: { compensation, reconcile, isPivot } } = pending;
  scope.leave(pending);
  const isUnknown = outcome.type === "step_unknown";
  const mayHaveActed = isUnknown || outcome.type === "step_completed";
  if (mayHaveActed && isPivot === true) {
    saga.passPivot();
    commands.note({ type: "pivot_passed", step: outcome.step });
  } else if (mayHaveActed && compensation !== undefined) {
    saga.add({ step: outcome.step, scope, undo: compensation, isUnknown, reconcile, tries: 0 });
  }
  if (outcome.type === "step_completed") pending.resolve(outcome);
  else if (outcome.type === "step_cancelled") pending.reject(new CancelledError(scope.cause ?? "cancelled"));
  else pending.reject(new StepFailedError(outcome.failure, isUnknown, outcome.attempts));
}
