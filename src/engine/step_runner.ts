import { formatDuration } from "../base/duration.ts";
import type { JsonValue } from "../base/json.ts";
import { AttemptContext, type AttemptFacts, type AttemptOwner, type RunFacts } from "./attempt_context.ts";
import type { Clock } from "./clock.ts";
import { NOT_THERE } from "./compensation.ts";
import type { ReconcileSpec, ReconcileVerdict, StepSpec } from "./context.ts";
import { type Failure, failure } from "./failure.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { Fact, Note, StepOutcome } from "./journal.ts";
import { isRetryable, retryDelay } from "./retry.ts";
import type { AttemptResult, CallContext, FailedAttempt, PendingResult } from "./service.ts";

/** Makes one attempt of a step: finds the service, fills in secrets, calls. Never rejects. */
export interface StepCaller {
  call(spec: StepSpec, context: CallContext): PendingResult;
}

/** What the step runners of a run share. */
export interface RunnerOptions extends RunFacts {
  readonly caller: StepCaller;
  readonly clock: Clock;
  /** Hears of attempts as they happen. */
  readonly onNote: (note: Note) => void;
  /** Hears of what is to be kept while the step goes on. @default nobody */
  readonly onFact?: ((fact: Fact) => void) | undefined;
  /** Asked before each attempt: a promise to wait for where the process may have lost the run. */
  readonly admit?: (() => Promise<void> | undefined) | undefined;
}

/** What a step runner is made of. */
export interface StepRunnerOptions {
  readonly run: RunnerOptions;
  readonly spec: StepSpec;
  readonly idempotencyKey: string;
  /** The earliest limit of what is around the step, in wall-clock milliseconds. */
  readonly outerDeadline: number | undefined;
  /** When the step was asked for, in wall-clock milliseconds: its own limit counts from there. @default now */
  readonly scheduledAt?: number | undefined;
  /** Attempts that were made before, the last of which may have taken effect. @default 0 */
  readonly attemptsBefore?: number | undefined;
  /** What the last of them told last of how far it was. */
  readonly lastHeartbeat?: JsonValue | undefined;
}

/**
 * Performs one scheduled step: attempts, delays between them, the step's own time limit, cancellation.
 *
 * One attempt whose effect is unknown makes the step unknown, whatever errors follow; only a success settles it.
 */
export class StepRunner implements AttemptOwner {
  readonly #options: StepRunnerOptions;
  #current: AttemptContext | undefined;
  /** Asks whether an earlier attempt took effect. */
  #question: StepRunner | undefined;
  readonly #facts: AttemptFacts;
  /** When the step's own limit passes. */
  readonly #deadline: number | undefined;
  #attempt = 0;
  #mayHaveActed = false;
  #isCancelled = false;
  #isAbandoned = false;
  #hasTimedOut = false;
  #isInFlight = false;
  /** Made when there is anything to tell or to watch for. */
  #heartbeats: Heartbeats | undefined;
  #hasMissedBeat = false;
  #endDelay: (() => void) | undefined;

  constructor(options: StepRunnerOptions) {
    this.#options = options;
    const { run, idempotencyKey, outerDeadline, attemptsBefore = 0, lastHeartbeat } = options;
    const { step, timeoutMs, attemptTimeoutMs, heartbeatTimeoutMs, compensation, compensates } = options.spec;
    this.#attempt = attemptsBefore;
    this.#mayHaveActed = attemptsBefore > 0;
    const own = this.#deadline = timeoutMs === undefined
      ? undefined
      : (options.scheduledAt ?? run.clock.now()) + timeoutMs;
    // A step that can be undone may finish its attempt when something around it has timed out.
    const outer = compensation === undefined ? outerDeadline : undefined;
    const deadline = own === undefined || (outer !== undefined && outer < own) ? outer : own;
    const isCompensation = compensates !== undefined;
    const mattersIfSent = isCompensation || compensation !== undefined;
    this.#facts = { run, idempotencyKey, step, isCompensation, mattersIfSent, attemptTimeoutMs, deadline };
    if (heartbeatTimeoutMs !== undefined || lastHeartbeat !== undefined) this.#heartbeats = this.#newHeartbeats();
  }

  /** Runs the step to its outcome, at once where its first attempt succeeds at once. Never rejects. */
  run(): StepOutcome | Promise<StepOutcome> {
    if (this.#deadline === undefined) return this.#begin();
    const { clock } = this.#options.run;
    const left = this.#deadline - clock.now();
    this.#hasTimedOut = left <= 0;
    const outcome = this.#begin();
    if (!(outcome instanceof Promise)) return outcome;
    const stopLimit = clock.after(Math.max(0, left), () => this.#timeOut());
    return outcome.finally(stopLimit);
  }

  attemptSent(): void {
    this.#isInFlight = true;
    this.#heartbeats?.watch();
  }

  attemptBeat(attempt: number, details: JsonValue | undefined): void {
    if (attempt !== this.#attempt || !this.#isInFlight) return;
    this.#heartbeats ??= this.#newHeartbeats();
    this.#heartbeats.beat(details);
  }

  #newHeartbeats(): Heartbeats {
    const { spec: { step, heartbeatTimeoutMs }, run: { clock, onFact }, lastHeartbeat } = this.#options;
    return new Heartbeats({
      clock,
      timeoutMs: heartbeatTimeoutMs,
      last: lastHeartbeat,
      write: (details) => onFact?.({ type: "step_heartbeat", step, details }),
      onMissed: () => {
        this.#hasMissedBeat = true;
        this.#current?.abort("timeout");
      },
    });
  }

  /**
   * Asks the step to end. A delay ends at once; an attempt in flight is cut off, unless the step can be undone: then it may
   * finish, so that its outcome is known.
   */
  cancel(): void {
    this.#isCancelled = true;
    this.#endDelay?.();
    const mayFinish = this.#options.spec.compensation !== undefined && this.#isInFlight;
    if (!mayFinish) this.#current?.abort("cancelled");
  }

  /** Cuts the step off for good: whatever it comes to, nobody listens any more. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#isCancelled = true;
    this.#endDelay?.();
    this.#current?.abort("cancelled");
    this.#question?.abandon();
    this.#heartbeats?.stop();
  }

  #begin(): StepOutcome | Promise<StepOutcome> {
    const { admit } = this.#options.run;
    if (this.#mayHaveActed || this.#hasToEnd || admit?.() !== undefined) return this.#attempts();
    const result = this.#send();
    return result instanceof Promise || !result.ok ? this.#attempts(result) : this.#completed(result.output);
  }

  /** `sent` is the first attempt, where it has been made. */
  async #attempts(sent?: PendingResult): Promise<StepOutcome> {
    const { spec } = this.#options;
    if (this.#mayHaveActed && spec.atMostOnce === true) {
      return await this.#ending(failed("outcome_unknown", OUTCOME_UNKNOWN, spec.step));
    }
    let last: FailedAttempt | undefined;
    while (sent !== undefined || !this.#hasToEnd) {
      if (this.#mayHaveActed && spec.reconcile !== undefined) {
        const verdict = await this.#reconcile(spec.reconcile);
        if (verdict === undefined || verdict.isDone) return this.#reconciled(verdict, last);
        if (this.#hasToEnd) break;
      }
      const result = await (sent ?? this.#admitted());
      if (result === undefined) break;
      sent = undefined;
      this.#isInFlight = false;
      this.#heartbeats?.unwatch();
      if (result.ok || spec.settledBy?.includes(result.failure.code)) {
        return this.#completed(result.ok ? result.output : null);
      }
      last = this.#judge(result);
      const delay = this.#delayBeforeNext(last);
      this.#tellFailed(last, delay);
      if (delay === undefined) break;
      await this.#wait(delay);
    }
    return await this.#ending(last);
  }

  get #hasToEnd(): boolean {
    return this.#isCancelled || this.#hasTimedOut;
  }

  /** The next attempt, as soon as it may be made; `undefined` where the step has to end before. */
  async #admitted(): Promise<AttemptResult | undefined> {
    const waiting = this.#options.run.admit?.();
    if (waiting !== undefined) await waiting;
    return this.#hasToEnd ? undefined : await this.#send();
  }

  #completed(output: JsonValue): StepOutcome {
    this.#isInFlight = false;
    this.#heartbeats?.stop();
    return { type: "step_completed", step: this.#options.spec.step, output, attempts: this.#attempt };
  }

  #send(): PendingResult {
    const { spec, run: { caller, onNote } } = this.#options;
    this.#attempt++;
    if (this.#attempt > 1) onNote({ type: "attempt_started", step: spec.step, attempt: this.#attempt });
    this.#current = new AttemptContext(this.#facts, this.#attempt, this, this.#heartbeats?.last);
    this.#hasMissedBeat = false;
    return caller.call(spec, this.#current);
  }

  #tellFailed(last: FailedAttempt, delay: number | undefined): void {
    this.#options.run.onNote({
      type: "attempt_failed",
      step: this.#options.spec.step,
      attempt: this.#attempt,
      failure: last.failure,
      class: last.class,
      ...(delay === undefined ? undefined : { retryInMs: delay }),
    });
  }

  /** Asks the service whether an earlier attempt took effect; `undefined`: no answer that says. */
  async #reconcile(reconcile: ReconcileSpec): Promise<ReconcileVerdict | undefined> {
    const { spec, run, idempotencyKey } = this.#options;
    try {
      const question = { ...reconcile.prepare(`${spec.step}/reconcile`), settledBy: NOT_THERE };
      this.#question = new StepRunner({
        run: { ...run, onNote: () => undefined, onFact: undefined },
        spec: question,
        idempotencyKey: `${idempotencyKey}/reconcile`,
        outerDeadline: undefined,
      });
      const answer = await this.#question.run();
      if (answer.type !== "step_completed") return undefined;
      const verdict = reconcile.judge(answer.output);
      run.onNote({ type: "reconciled", step: spec.step, isDone: verdict.isDone });
      if (!verdict.isDone) this.#mayHaveActed = false;
      return verdict;
    } catch {
      return undefined;
    }
  }

  #reconciled(verdict: ReconcileVerdict | undefined, last: FailedAttempt | undefined): StepOutcome {
    const { step } = this.#options.spec;
    const attempts = Math.max(1, this.#attempt);
    this.#heartbeats?.stop();
    if (verdict?.isDone) return { type: "step_completed", step, output: verdict.output, attempts };
    const reason = last?.failure ?? failure("outcome_unknown", OUTCOME_UNKNOWN, { step });
    return { type: "step_unknown", step, failure: reason, attempts };
  }

  #judge(result: FailedAttempt): FailedAttempt {
    // A call without side effects is never unknown, whatever happened to the attempts before.
    this.#mayHaveActed = result.isReadOnly !== true && (this.#mayHaveActed || result.mayHaveActed);
    const { step, heartbeatTimeoutMs = 0 } = this.#options.spec;
    if (this.#hasMissedBeat) {
      const message = `It gave no sign of life for ${formatDuration(heartbeatTimeoutMs)}`;
      return { ...result, failure: failure("heartbeat_timeout", message, { step }), class: "unknown" };
    }
    return { ...result, failure: { ...result.failure, step } };
  }

  #delayBeforeNext(result: FailedAttempt): number | undefined {
    const { spec, run: { clock, random } } = this.#options;
    if (this.#hasToEnd || this.#attempt >= spec.retry.attempts) return undefined;
    if (!isRetryable(spec.retry, result)) return undefined;
    const delay = result.retryAfterMs ?? retryDelay(spec.retry, this.#attempt, random());
    // Waiting past the limit would only hide the error behind a timeout.
    if (this.#deadline !== undefined && clock.now() + delay >= this.#deadline) return undefined;
    return delay;
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#options.run.clock.after(delayMs, () => this.#endDelay?.());
      this.#endDelay = () => {
        this.#endDelay = undefined;
        stop();
        resolve();
      };
    });
  }

  #timeOut(): void {
    this.#hasTimedOut = true;
    this.#endDelay?.();
    this.#current?.abort("timeout");
  }

  async #ending(last: FailedAttempt | undefined): Promise<StepOutcome> {
    const { step, compensation, reconcile } = this.#options.spec;
    this.#heartbeats?.stop();
    const isLeftOpen = this.#mayHaveActed && (compensation !== undefined || !this.#isCancelled);
    if (isLeftOpen && reconcile !== undefined && !this.#isAbandoned) {
      const verdict = await this.#reconcile(reconcile);
      if (verdict === undefined || verdict.isDone) return this.#reconciled(verdict, last);
    }
    const attempts = this.#attempt;
    const before = this.#options.attemptsBefore ?? 0;
    const unsent = this.#hasTimedOut
      ? failure("timeout", before > 0 ? LATE : "Its time was up before it was sent", { step })
      : failure("cancelled", "Cancelled before it was sent", { step });
    const reason: Failure = last?.failure ??
      (before > 0 && !this.#hasTimedOut ? failure("outcome_unknown", OUTCOME_UNKNOWN, { step }) : unsent);
    if (isLeftOpen && this.#mayHaveActed) return { type: "step_unknown", step, failure: reason, attempts };
    const wasCut = this.#isCancelled && last?.class !== "permanent";
    return { type: wasCut ? "step_cancelled" : "step_failed", step, failure: reason, attempts };
  }
}

const LATE = "Its time was up before it could be sent again, and nobody knows whether it took effect";

const OUTCOME_UNKNOWN = "Its process ended during the call: nobody knows whether it took effect";

function failed(code: string, message: string, step: string): FailedAttempt {
  return { ok: false, failure: failure(code, message, { step }), class: "unknown", mayHaveActed: true };
}
