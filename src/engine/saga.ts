import type { CompensationSpec, ReconcileSpec, RollbackOutcome, StepSpec } from "./context.ts";
import type { CancelScope } from "./scope.ts";

/** A step that has something to undo, or of which nobody knows whether it has. */
export interface SagaStep {
  readonly step: string;
  readonly scope: CancelScope;
  /** How to undo it: by a call, or by asking a child run. */
  readonly undo: CompensationSpec | ChildUndo;
  readonly isUnknown: boolean;
  /** How to find out whether it took effect. */
  readonly reconcile?: ReconcileSpec | undefined;
  /** How often its undoing was tried. */
  readonly tries: number;
  /** What the first try sent: so does every other. */
  readonly sent?: StepSpec | undefined;
  /** Its place among the outcomes of the run. */
  readonly number: number;
}

/** A child run that holds effects. */
export interface ChildUndo {
  readonly runId: string;
  readonly workflow: string;
  /** Whether the child has failed to undo itself: a person has to look at it. */
  readonly isBroken: boolean;
}

/** What the steps of one scope would have to undo, and the scopes inside it that have any. */
interface ScopeShare {
  readonly steps: KeptStep[];
  readonly inside: Set<CancelScope>;
}

interface KeptStep extends SagaStep {
  isSettled: boolean;
}

/**
 * What a run would have to undo if it failed now, in the order of the outcomes in its journal.
 *
 * Kept by scope, so that the losers of a race are found without looking at the rest of the run.
 */
export class Saga {
  readonly #shares = new Map<CancelScope, ScopeShare>();
  readonly #unknown = new Set<KeptStep>();
  #count = 0;
  #outcome: RollbackOutcome = { undone: [], notUndone: [], unknown: [] };
  /** What rollbacks have left. */
  #left: SagaStep[] = [];
  #isPastPivot = false;

  /** What all rollbacks of the run so far came to. */
  get outcome(): RollbackOutcome {
    return this.#outcome;
  }

  /** Whether the run has passed its point of no return. */
  get isPastPivot(): boolean {
    return this.#isPastPivot;
  }

  /** Whether anything could be undone now, or was left by a rollback. */
  get isUndoable(): boolean {
    return this.#left.length > 0 || [...this.#shares.values()].some(({ steps }) => steps.length > 0);
  }

  /** From here on nothing is undone, neither what was nor what comes. */
  passPivot(): void {
    this.#isPastPivot = true;
    this.#shares.clear();
    this.#unknown.clear();
  }

  add(step: Omit<SagaStep, "number">): void {
    if (this.#isPastPivot) return;
    const kept = { ...step, number: this.#count++, isSettled: false };
    this.#share(step.scope).steps.push(kept);
    if (step.isUnknown) this.#unknown.add(kept);
  }

  /** Removes and gives, newest first, the steps of some scopes and of those inside them. */
  take(within: readonly CancelScope[]): SagaStep[] {
    const taken: KeptStep[] = [];
    for (const scope of within) this.#takeFrom(scope, taken);
    return taken.filter(({ isSettled }) => !isSettled).sort((a, b) => b.number - a.number);
  }

  /** Removes and gives, newest first, what earlier rollbacks have left: it no longer counts as such. */
  takeLeft(): SagaStep[] {
    const left = this.#left.sort((a, b) => b.number - a.number);
    this.#left = [];
    this.#outcome = { undone: this.#outcome.undone, notUndone: [], unknown: [] };
    return left;
  }

  /** Adds what a rollback came to. */
  remember({ undone, notUndone, unknown }: RollbackOutcome, left: readonly SagaStep[]): void {
    this.#left.push(...left);
    const before = this.#outcome;
    this.#outcome = {
      undone: [...before.undone, ...undone],
      notUndone: [...before.notUndone, ...notUndone],
      unknown: [...before.unknown, ...unknown],
    };
  }

  /** Forgets unknown steps at and below a path, unless their compensation wants to run all the same. */
  settleUnknown(path: string): void {
    for (const step of this.#unknown) {
      if (("onUnknown" in step.undo && step.undo.onUnknown) || !isAtOrBelow(step.step, path)) continue;
      step.isSettled = true;
      this.#unknown.delete(step);
    }
  }

  #share(scope: CancelScope): ScopeShare {
    const known = this.#shares.get(scope);
    if (known !== undefined) return known;
    const share: ScopeShare = { steps: [], inside: new Set() };
    this.#shares.set(scope, share);
    if (scope.parent !== undefined) this.#share(scope.parent).inside.add(scope);
    return share;
  }

  #takeFrom(scope: CancelScope, taken: KeptStep[]): void {
    const share = this.#shares.get(scope);
    if (share === undefined) return;
    this.#shares.delete(scope);
    if (scope.parent !== undefined) this.#shares.get(scope.parent)?.inside.delete(scope);
    for (const step of share.steps) {
      this.#unknown.delete(step);
      taken.push(step);
    }
    for (const inner of share.inside) this.#takeFrom(inner, taken);
  }
}

function isAtOrBelow(step: string, path: string): boolean {
  return step.startsWith(path) && (step.length === path.length || "/[!".includes(step[path.length]!));
}
