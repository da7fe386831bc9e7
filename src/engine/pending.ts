import type { JsonValue } from "../base/json.ts";
import type { ChildSpec, StepSpec, StepSuccess } from "./context.ts";
import { type CancelCause, CancelledError } from "./failure.ts";
import type { Cancellable, CancelScope } from "./scope.ts";

/** A step that was asked for and has no outcome yet, as the workflow function sees it: a promise. */
export class PendingStep implements Cancellable {
  /** On replay its request becomes the recorded one: every attempt sends the same, also after a crash. */
  spec: StepSpec;
  readonly scope: CancelScope;
  /** When it was asked for, or a person let it be tried again, in wall-clock milliseconds: its own limit counts from there. */
  scheduledAt: number;
  /** The last that its call told of how far it is. */
  lastHeartbeat: JsonValue | undefined;
  readonly promise: Promise<StepSuccess>;
  resolve!: (success: StepSuccess) => void;
  #reject!: (reason: Error) => void;
  /** Whether its cancellation has been asked for. */
  isCancelled = false;
  readonly #onCancelled: (step: PendingStep) => void;

  constructor(
    spec: StepSpec,
    scope: CancelScope,
    scheduledAt: number,
    onCancelled: (step: PendingStep) => void,
  ) {
    this.spec = spec;
    this.scope = scope;
    this.scheduledAt = scheduledAt;
    this.#onCancelled = onCancelled;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.#reject = reject;
    });
  }

  reject(reason: Error): void {
    void silence(this.promise);
    this.#reject(reason);
  }

  onCancelled(): void {
    this.isCancelled = true;
    this.#onCancelled(this);
  }
}

/** A timer that was set and has not fired; cancelled at once with its scope. */
export class PendingTimer implements Cancellable {
  readonly timer: string;
  readonly due: number;
  readonly scope: CancelScope;
  readonly promise: Promise<void>;
  fire!: () => void;
  #reject!: (reason: Error) => void;
  readonly #onCancelled: (timer: PendingTimer) => void;

  constructor(timer: string, due: number, scope: CancelScope, onCancelled: (timer: PendingTimer) => void) {
    this.timer = timer;
    this.due = due;
    this.scope = scope;
    this.#onCancelled = onCancelled;
    this.promise = new Promise((resolve, reject) => {
      this.fire = resolve;
      this.#reject = reject;
    });
  }

  onCancelled(cause: CancelCause): void {
    this.#onCancelled(this);
    void silence(this.promise);
    this.#reject(new CancelledError(cause));
  }
}

/** Keeps a promise that nobody awaits from raising an unhandled rejection, which would end the process and every run in it. */
export function silence<T>(promise: Promise<T>): Promise<T> {
  void promise.catch(ignore);
  return promise;
}

function ignore(): void {}

/** A child run, or its undoing, that was asked for and has not ended. */
export class PendingChild implements Cancellable {
  readonly step: string;
  /** Another one when a person lets a failed child be tried again. */
  runId: string;
  /** What the child is started with; absent in an undo. */
  readonly spec: ChildSpec | undefined;
  readonly action: "run" | "undo";
  readonly scope: CancelScope;
  readonly promise: Promise<StepSuccess>;
  resolve!: (success: StepSuccess) => void;
  reject!: (reason: Error) => void;
  /** Whether its cancellation has been asked for. */
  isCancelled = false;
  readonly #onCancelled: (child: PendingChild) => void;

  constructor(
    options: Pick<PendingChild, "step" | "runId" | "action" | "scope" | "spec">,
    onCancelled: (child: PendingChild) => void,
  ) {
    this.step = options.step;
    this.runId = options.runId;
    this.spec = options.spec;
    this.action = options.action;
    this.scope = options.scope;
    this.#onCancelled = onCancelled;
    this.promise = silence(
      new Promise((resolve, reject) => {
        this.resolve = resolve;
        this.reject = reject;
      }),
    );
  }

  onCancelled(): void {
    this.isCancelled = true;
    this.#onCancelled(this);
  }
}
