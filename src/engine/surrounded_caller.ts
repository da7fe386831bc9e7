import { abortReason } from "../base/abort.ts";
import { copyJson, type JsonValue } from "../base/json.ts";
import { AttemptError, failedBy } from "./attempt_error.ts";
import type { Clock } from "./clock.ts";
import type { StepSpec } from "./context.ts";
import { failure } from "./failure.ts";
import { sentMethod } from "./journal.ts";
import { type Endable, type Middleware, type StepCall, surround } from "./middleware.ts";
import type { AbortReason, AttemptResult, CallContext, FailedAttempt } from "./service.ts";
import type { StepCaller } from "./step_runner.ts";

/** What stands around the calls of one run. */
export interface Surroundings {
  /** The first is the outermost. */
  readonly middleware: readonly Middleware[];
  readonly clock: Clock;
  /** Reads from what the journal keeps of a call what it sends. */
  readonly inputOf: (request: JsonValue) => JsonValue;
  readonly context: Readonly<Record<string, string>>;
  /** Tells people a line of a step. */
  readonly log: (step: string, text: string) => void;
}

/** How long middleware may take to end once its attempt was ended: more than what is inside may take to say what it knows. */
const GRACE_MS = 500;

/** Puts middleware around every attempt that a caller makes; gives the caller itself where there is none. */
export function withMiddleware(caller: StepCaller, surroundings: Surroundings): StepCaller {
  if (surroundings.middleware.length === 0) return caller;
  return {
    call: (spec, context) => {
      // An attempt that has ended already is not sent; the caller says so.
      if (context.aborted !== undefined) return caller.call(spec, context);
      return new Promise((resolve) => new SurroundedAttempt(caller, surroundings, spec, context, resolve).start());
    },
  };
}

/**
 * One attempt within its middleware. It settles for certain: by the attempt's time limit, which does not count the time in queues, and
 * soon after its end was asked for.
 *
 * What the calls inside came to is not forgotten: where one of them may have acted, so has the attempt, whatever the middleware throws.
 */
class SurroundedAttempt {
  readonly #caller: StepCaller;
  readonly #surroundings: Surroundings;
  readonly #spec: StepSpec;
  readonly #context: CallContext;
  readonly #resolve: (result: AttemptResult) => void;
  /** Calls inside that are under way. */
  readonly #inside = new Set<CallContext>();
  #mayHaveActed = false;
  #isOver = false;
  /** Calls inside that wait in a queue. */
  #queued = 0;
  #queuedSince = 0;
  /** When the attempt's time is up; it moves on while a call inside waits in a queue. */
  #due = 0;
  #stopLimit: (() => void) | undefined;
  #endGrace: (() => void) | undefined;

  constructor(
    caller: StepCaller,
    surroundings: Surroundings,
    spec: StepSpec,
    context: CallContext,
    resolve: (result: AttemptResult) => void,
  ) {
    this.#caller = caller;
    this.#surroundings = surroundings;
    this.#spec = spec;
    this.#context = context;
    this.#resolve = resolve;
  }

  start(): void {
    const { middleware, clock } = this.#surroundings;
    this.#due = clock.now() + this.#context.attemptTimeoutMs;
    this.#limit();
    this.#context.onAbort = (reason) => this.#awaitEnd(reason);
    const call = new Call(this.#spec, this.#context, this.#surroundings);
    surround(middleware, call, (inner) => this.#next(inner)).then(
      (output) => this.#finish({ ok: true, output }),
      (thrown: unknown) => this.#finish(this.#judge(failedBy(thrown))),
    );
  }

  /** Makes the call inside. */
  async #next({ ownSignal }: Call): Promise<JsonValue> {
    let isQueued = true;
    const leaveQueue = (): void => {
      if (isQueued) this.#leaveQueue();
      isQueued = false;
    };
    const context = this.#context.fork(leaveQueue);
    const end = (): void => context.abort(abortReason(ownSignal!));
    if (ownSignal?.aborted) end();
    ownSignal?.addEventListener("abort", end);
    this.#enterQueue();
    this.#inside.add(context);
    let result: AttemptResult;
    try {
      result = await this.#caller.call(this.#spec, context);
    } finally {
      leaveQueue();
      this.#inside.delete(context);
      ownSignal?.removeEventListener("abort", end);
    }
    // A call inside began no earlier than the attempt: where its whole time is up, so is the attempt's.
    if (context.aborted === "timeout" && ownSignal?.aborted !== true) this.#context.abort("timeout");
    if (result.ok) {
      this.#mayHaveActed = true;
      return result.output;
    }
    if (result.isReadOnly !== true) this.#mayHaveActed ||= result.mayHaveActed;
    throw new AttemptError(result);
  }

  #judge(failed: FailedAttempt): FailedAttempt {
    if (failed.isReadOnly === true) return failed;
    return { ...failed, mayHaveActed: failed.mayHaveActed || this.#mayHaveActed || this.#inside.size > 0 };
  }

  #limit(): void {
    if (this.#due === Infinity) return;
    const { clock } = this.#surroundings;
    this.#stopLimit = clock.after(this.#due - clock.now(), () => {
      this.#stopLimit = undefined;
      if (this.#queued === 0) this.#checkLimit();
    });
  }

  #checkLimit(): void {
    if (this.#due > this.#surroundings.clock.now()) this.#limit();
    else this.#context.abort("timeout");
  }

  #enterQueue(): void {
    if (this.#queued++ === 0) this.#queuedSince = this.#surroundings.clock.now();
  }

  #leaveQueue(): void {
    if (--this.#queued > 0) return;
    this.#due += Math.max(0, this.#surroundings.clock.now() - this.#queuedSince);
    if (this.#stopLimit === undefined && !this.#isOver) this.#checkLimit();
  }

  #awaitEnd(reason: AbortReason): void {
    for (const context of this.#inside) context.abort(reason);
    this.#endGrace = this.#surroundings.clock.after(GRACE_MS, () => this.#finish(unanswered(reason)));
  }

  #finish(result: AttemptResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopLimit?.();
    this.#endGrace?.();
    this.#context.onAbort = undefined;
    // Nobody waits any more for what the middleware has left behind.
    for (const context of this.#inside) context.abort("cancelled");
    this.#resolve(result);
  }
}

function unanswered(reason: AbortReason): FailedAttempt {
  const message = reason === "timeout" ? "No answer in time" : "Cancelled without an answer";
  return { ok: false, failure: failure(reason, message), class: "unknown", mayHaveActed: true };
}

/** The attempt as its middleware sees it. What is not asked for is not made: a signal costs more than the rest of a call. */
class Call implements StepCall, Endable<Call> {
  /** Ends this call and what is inside it, and nothing else. */
  readonly ownSignal: AbortSignal | undefined;
  readonly #spec: StepSpec;
  readonly #context: CallContext;
  readonly #surroundings: Surroundings;
  #input: JsonValue | undefined;

  constructor(spec: StepSpec, context: CallContext, surroundings: Surroundings, ownSignal?: AbortSignal) {
    this.#spec = spec;
    this.#context = context;
    this.#surroundings = surroundings;
    this.ownSignal = ownSignal;
  }

  get workflow(): string {
    return this.#context.workflow;
  }

  get runId(): string {
    return this.#context.runId;
  }

  get step(): string {
    return this.#spec.step;
  }

  get service(): string {
    return this.#spec.service;
  }

  get method(): string {
    return sentMethod(this.#spec);
  }

  get input(): JsonValue {
    return this.#input ??= copyJson(this.#surroundings.inputOf(this.#spec.request));
  }

  get attempt(): number {
    return this.#context.attempt;
  }

  get idempotencyKey(): string {
    return this.#context.idempotencyKey;
  }

  get signal(): AbortSignal {
    return this.ownSignal ?? this.#context.signal;
  }

  get isCompensation(): boolean {
    return this.#context.isCompensation;
  }

  get context(): Readonly<Record<string, string>> {
    return this.#surroundings.context;
  }

  /** A function of its own, so that it can be taken out of the call. */
  get log(): (text: string) => void {
    return (text) => this.#surroundings.log(this.#spec.step, text);
  }

  endingWith(signal: AbortSignal): Call {
    return new Call(this.#spec, this.#context, this.#surroundings, AbortSignal.any([this.signal, signal]));
  }
}
