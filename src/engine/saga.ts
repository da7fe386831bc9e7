import type { CompensationSpec, RollbackOutcome } from "./context.ts";
import type { CancelScope } from "./scope.ts";

/** A step that has something to undo, or of which nobody knows whether it has. */
export interface SagaStep {
  readonly step: string;
  readonly scope: CancelScope;
  readonly compensation: CompensationSpec;
  readonly isUnknown: boolean;
}

/** What a run would have to undo if it failed now, in the order of the outcomes in its journal. */
export class Saga {
  #steps: SagaStep[] = [];
  #outcome: RollbackOutcome = { undone: [], notUndone: [], unknown: [] };

  /** What all rollbacks of the run so far came to. */
  get outcome(): RollbackOutcome {
    return this.#outcome;
  }

  add(step: SagaStep): void {
    this.#steps.push(step);
  }

  /** Removes and gives, newest first, the steps of some scopes and of those inside them. */
  take(within: readonly CancelScope[]): SagaStep[] {
    const isTaken = ({ scope }: SagaStep): boolean => within.some((outer) => scope.isWithin(outer));
    const taken = this.#steps.filter(isTaken);
    this.#steps = this.#steps.filter((step) => !isTaken(step));
    return taken.reverse();
  }

  /** Adds what a rollback came to. */
  remember({ undone, notUndone, unknown }: RollbackOutcome): void {
    const before = this.#outcome;
    this.#outcome = {
      undone: [...before.undone, ...undone],
      notUndone: [...before.notUndone, ...notUndone],
      unknown: [...before.unknown, ...unknown],
    };
  }

  /** Forgets unknown steps at and below a path, unless their compensation wants to run all the same. */
  settleUnknown(path: string): void {
    if (this.#steps.every((step) => !step.isUnknown)) return;
    this.#steps = this.#steps.filter((entry) =>
      !entry.isUnknown || entry.compensation.onUnknown || !isAtOrBelow(entry.step, path)
    );
  }
}

function isAtOrBelow(step: string, path: string): boolean {
  return step.startsWith(path) && (step.length === path.length || "/[!".includes(step[path.length]!));
}
