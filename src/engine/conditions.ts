import { type CancelCause, CancelledError } from "./failure.ts";
import { silence } from "./pending.ts";
import type { Cancellable, CancelScope } from "./scope.ts";

/** What a run waits to become true: looked at again whenever something has happened in it. */
export class Conditions {
  readonly #waits = new Set<ConditionWait>();

  get isEmpty(): boolean {
    return this.#waits.size === 0;
  }

  /** Waits until a check gives `true`; what it throws rejects the wait. */
  wait(check: () => boolean, scope: CancelScope): Promise<void> {
    const wait = new ConditionWait(check, scope, (cancelled) => this.#waits.delete(cancelled));
    this.#waits.add(wait);
    scope.enter(wait);
    this.#look(wait);
    return wait.promise;
  }

  /** Settles what has become true; gives whether there was any. */
  settle(): boolean {
    const before = this.#waits.size;
    for (const wait of [...this.#waits]) this.#look(wait);
    return this.#waits.size < before;
  }

  #look(wait: ConditionWait): void {
    let reason: { readonly thrown: unknown } | undefined;
    try {
      if (!wait.check()) return;
    } catch (thrown) {
      reason = { thrown };
    }
    this.#waits.delete(wait);
    wait.scope.leave(wait);
    if (reason === undefined) wait.resolve();
    else wait.reject(reason.thrown);
  }
}

class ConditionWait implements Cancellable {
  readonly check: () => boolean;
  readonly scope: CancelScope;
  readonly promise: Promise<void>;
  resolve!: () => void;
  reject!: (reason: unknown) => void;
  readonly #onCancelled: (wait: ConditionWait) => void;

  constructor(check: () => boolean, scope: CancelScope, onCancelled: (wait: ConditionWait) => void) {
    this.check = check;
    this.scope = scope;
    this.#onCancelled = onCancelled;
    this.promise = silence(
      new Promise((resolve, reject) => {
        this.resolve = resolve;
        this.reject = reject;
      }),
    );
  }

  onCancelled(cause: CancelCause): void {
    this.#onCancelled(this);
    this.reject(new CancelledError(cause));
  }
}
