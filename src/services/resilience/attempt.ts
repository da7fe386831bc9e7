import { toError } from "../../base/errors.ts";
import { failure } from "../../engine/failure.ts";
import type { AbortReason, AttemptResult, CallContext, PendingResult } from "../../engine/service.ts";
import type { CircuitBreaker, Passage } from "./circuit_breaker.ts";
import type { DeadlineLine, Deadlines, Expiring } from "./deadlines.ts";

/** How long a client that was told to stop may take to say what it knows. */
const GRACE_MS = 250;

/**
 * Makes one call with its time limit, and settles for certain: soon after the attempt was ended, by the limit or from outside, whatever the client does.
 *
 * What the client says within the grace time counts, else the result is unknown. A breaker, which has let the call through, is told the result.
 */
export function runAttempt(
  call: () => PendingResult,
  context: CallContext,
  deadlines: Deadlines,
  breaker?: CircuitBreaker,
): PendingResult {
  if (context.aborted !== undefined) return notSent(context.aborted);
  context.sent();
  const begun = deadlines.clock.now();
  const passage = breaker?.enter();
  const answer = answerOf(call);
  if (answer instanceof Promise) {
    return new Promise((resolve) =>
      new Attempt({ context, deadlines, breaker, passage, begun }, resolve).follow(answer)
    );
  }
  if (passage !== undefined) breaker!.record(passage, answer);
  return answer;
}

function answerOf(call: () => PendingResult): PendingResult {
  try {
    return call();
  } catch (error) {
    return crashed(error);
  }
}

/** The result of a call that was ended before anything was sent. */
export function notSent(reason: AbortReason): AttemptResult {
  const message = reason === "timeout" ? "No time left: nothing was sent" : "Cancelled: nothing was sent";
  return { ok: false, failure: failure(reason, message), class: "transient", mayHaveActed: false };
}

/** What an attempt is made of. */
interface AttemptParts {
  readonly context: CallContext;
  readonly deadlines: Deadlines;
  readonly breaker: CircuitBreaker | undefined;
  readonly passage: Passage | undefined;
  /** When it was sent: its limit counts from there. */
  readonly begun: number;
}

/** An attempt whose answer has to be waited for. */
class Attempt implements Expiring {
  /** Set by the line. */
  due = 0;
  readonly #parts: AttemptParts;
  /** Absent: it has all the time that it likes. */
  readonly #line: DeadlineLine | undefined;
  readonly #resolve: (result: AttemptResult) => void;
  #endGrace: (() => void) | undefined;
  #isOver = false;

  constructor(parts: AttemptParts, resolve: (result: AttemptResult) => void) {
    const { context, deadlines, begun } = this.#parts = parts;
    this.#resolve = resolve;
    const { attemptTimeoutMs } = context;
    this.#line = attemptTimeoutMs === Infinity ? undefined : deadlines.add(this, attemptTimeoutMs, begun);
    context.onAbort = (reason) => this.#awaitLastWord(reason);
  }

  follow(answer: Promise<AttemptResult>): void {
    // Whoever makes the call may end it, too.
    if (this.#parts.context.aborted !== undefined) this.#awaitLastWord(this.#parts.context.aborted);
    answer.then((result) => this.#finish(result), (error: unknown) => this.#finish(crashed(error)));
  }

  expire(): void {
    this.#parts.context.abort("timeout");
  }

  #awaitLastWord(reason: AbortReason): void {
    this.#endGrace = this.#parts.deadlines.clock.after(GRACE_MS, () => this.#finish(unanswered(reason)));
  }

  #finish(result: AttemptResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { context, breaker, passage } = this.#parts;
    this.#endGrace?.();
    this.#line?.leave(this);
    context.onAbort = undefined;
    if (passage !== undefined) breaker!.record(passage, result);
    this.#resolve(result);
  }
}

function unanswered(reason: AbortReason): AttemptResult {
  const message = reason === "timeout" ? "No answer in time" : "Cancelled without an answer";
  return { ok: false, failure: failure(reason, message), class: "unknown", mayHaveActed: true };
}

/** Clients must not throw; one that does may have done anything before. */
function crashed(error: unknown): AttemptResult {
  const message = `The service's adapter failed: ${toError(error).message}`;
  return {
    ok: false,
    failure: failure("bad_response", message),
    class: "unknown",
    mayHaveActed: true,
    retryable: false,
  };
}
