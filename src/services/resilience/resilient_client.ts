import { abortReason } from "../../base/abort.ts";
import type { AttemptResult, CallContext, CallRequest, PendingResult, ServiceClient } from "../../engine/service.ts";
import { notSent, runAttempt } from "./attempt.ts";
import type { Bulkhead } from "./bulkhead.ts";
import type { CircuitBreaker } from "./circuit_breaker.ts";
import type { Deadlines } from "./deadlines.ts";
import type { RateLimit } from "./rate_limit.ts";

/** What stands between a service and its callers; what is absent lets everything through. */
export interface Protections {
  readonly breaker?: CircuitBreaker | undefined;
  readonly rateLimit?: RateLimit | undefined;
  readonly bulkhead?: Bulkhead | undefined;
}

/**
 * A client behind its protections: breaker, then rate limit, then bulkhead, then the attempt's time limit, which starts when the queues are left.
 *
 * A call that is ended while it waits in a queue was not sent. The breaker is asked again after waiting, so that a queue in front of a
 * service that has just been given up empties at once.
 */
export class ResilientClient implements ServiceClient {
  readonly #client: ServiceClient;
  readonly #deadlines: Deadlines;
  readonly #breaker: CircuitBreaker | undefined;
  readonly #rateLimit: RateLimit | undefined;
  readonly #bulkhead: Bulkhead | undefined;

  constructor(client: ServiceClient, deadlines: Deadlines, { breaker, rateLimit, bulkhead }: Protections) {
    this.#client = client;
    this.#deadlines = deadlines;
    this.#breaker = breaker;
    this.#rateLimit = rateLimit;
    this.#bulkhead = bulkhead;
  }

  call(request: CallRequest, context: CallContext): PendingResult {
    const refusal = this.#breaker?.refusal(context.isCompensation);
    if (refusal !== undefined) return refusal;
    if (this.#rateLimit === undefined && this.#bulkhead === undefined) return this.#guarded(request, context);
    return this.#queued(request, context);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #queued(request: CallRequest, context: CallContext): Promise<AttemptResult> {
    const { signal } = context;
    if (this.#rateLimit !== undefined && !(await this.#rateLimit.enter(signal))) return notSent(abortReason(signal));
    if (this.#bulkhead === undefined) return await this.#guarded(request, context);
    if (!(await this.#bulkhead.enter(signal))) return notSent(abortReason(signal));
    try {
      return await this.#guarded(request, context);
    } finally {
      this.#bulkhead.leave();
    }
  }

  #guarded(request: CallRequest, context: CallContext): PendingResult {
    const refusal = this.#breaker?.refusal(context.isCompensation);
    if (refusal !== undefined) return refusal;
    return runAttempt(() => this.#client.call(request, context), context, this.#deadlines, this.#breaker);
  }
}
