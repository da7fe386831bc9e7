import type { CancelCause } from "./failure.ts";

/** Something that waits inside a scope and must hear of its cancellation. */
export interface Cancellable {
  onCancelled(cause: CancelCause): void;
}

/**
 * A part of a run that is cancelled as one: the run itself, a block with a time limit, a branch of a race.
 *
 * Cancelling a scope cancels the scopes inside it. It happens inside a turn, so it replays at the same place. A cancelled scope
 * starts nothing new; what is in flight is told, and settles by its own outcome.
 */
export class CancelScope {
  /** Wall-clock milliseconds by which the scope must be done: the earliest limit of this scope and those around it. */
  deadline: number | undefined;
  /** The scope around this one. */
  readonly parent: CancelScope | undefined;
  readonly #inside = new Set<Cancellable>();
  #cause: CancelCause | undefined;

  constructor(parent?: CancelScope, deadline?: number) {
    this.parent = parent;
    const outer = parent?.deadline;
    this.deadline = outer === undefined || (deadline !== undefined && deadline < outer) ? deadline : outer;
    if (parent !== undefined) {
      parent.#inside.add(this);
      this.#cause = parent.#cause;
    }
  }

  /** Why the scope was cancelled; `undefined` while it is not. */
  get cause(): CancelCause | undefined {
    return this.#cause;
  }

  /** Cancels the scope and all inside it. The first cause stays. */
  cancel(cause: CancelCause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    for (const member of [...this.#inside]) member.onCancelled(cause);
  }

  /** Called by the scope around this one. */
  onCancelled(cause: CancelCause): void {
    this.cancel(cause);
  }

  /** Registers something that waits in the scope. */
  enter(member: Cancellable): void {
    this.#inside.add(member);
  }

  /** Forgets it again. */
  leave(member: Cancellable): void {
    this.#inside.delete(member);
  }

  /** Detaches the scope from the one around it, when its block is done. */
  close(): void {
    this.parent?.leave(this);
  }
}
