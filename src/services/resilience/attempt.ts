import { toError } from "../../base/errors.ts";
import { failure } from "../../engine/failure.ts";
import type { AbortReason, AttemptResult, CallContext, CallRequest, ServiceClient } from "../../engine/service.ts";
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
  client: ServiceClient,
  request: CallRequest,
  context: CallContext,
  deadlines: Deadlines,
  breaker?: CircuitBreaker,
): Promise<AttemptResult> {
  if (context.aborted !== undefined) return Promise.resolve(notSent(context.aborted));
  context.sent();
  return new Promise((resolve) => new Attempt(context, deadlines, breaker, resolve).start(client, request));
}

/** The result of a call that was ended before anything was sent. */
export function notSent(reason: AbortReason): AttemptResult {
  const message = reason === "timeout" ? "No time left: nothing was sent" : "Cancelled: nothing was sent";
  return { ok: false, failure: failure(reason, message), class: "transient", mayHaveActed: false };
}

class Attempt implements Expiring {
  /** Set by the line. */
  due = 0;
  readonly #context: CallContext;
  readonly #deadlines: Deadlines;
  readonly #line: DeadlineLine;
  readonly #breaker: CircuitBreaker | undefined;
  readonly #passage: Passage | undefined;
  readonly #resolve: (result: AttemptResult) => void;
  #endGrace: (() => void) | undefined;
  #isOver = false;

  constructor(
    context: CallContext,
    deadlines: Deadlines,
    breaker: CircuitBreaker | undefined,
    resolve: (result: AttemptResult) => void,
  ) {
    this.#context = context;
    this.#breaker = breaker;
    this.#passage = breaker?.enter();
    this.#deadlines = deadlines;
    this.#resolve = resolve;
    this.#line = deadlines.add(this, context.attemptTimeoutMs);
    context.onAbort = (reason) => this.#awaitLastWord(reason);
  }

  start(client: ServiceClient, request: CallRequest): void {
    try {
      client.call(request, this.#context)
        .then((result) => this.#finish(result), (error: unknown) => this.#finish(crashed(error)));
    } catch (error) {
      this.#finish(crashed(error));
    }
  }

  expire(): void {
    this.#context.abort("timeout");
  }

  #awaitLastWord(reason: AbortReason): void {
    this.#endGrace = this.#deadlines.clock.after(GRACE_MS, () => this.#finish(unanswered(reason)));
  }

  #finish(result: AttemptResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endGrace?.();
    this.#line.leave(this);
    this.#context.onAbort = undefined;
    if (this.#passage !== undefined) this.#breaker!.record(this.#passage, result);
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
