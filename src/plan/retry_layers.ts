import { DEFAULT_COMPENSATION_RETRY, DEFAULT_RETRY, type RetryPolicy } from "../engine/retry.ts";

/** What a document says of retries at one place: only the keys that it gives. */
export type RetryLayer = Partial<RetryPolicy>;

/** The policy of a step: its own keys over those of its service over the defaults. */
export function stepRetry(service: RetryLayer, own: RetryLayer): RetryPolicy {
  return { ...DEFAULT_RETRY, ...service, ...own };
}

/** The policy of a compensation: its own keys over `{ attempts: 5 }` over those of its service over the defaults. */
export function compensationRetry(service: RetryLayer, own: RetryLayer): RetryPolicy {
  return { ...DEFAULT_RETRY, ...service, attempts: DEFAULT_COMPENSATION_RETRY.attempts, ...own };
}

/** The waits of a `repeat`: no delay where nothing is said, a constant one for a plain duration. */
export function roundDelays(own: RetryLayer | number | undefined): RetryPolicy {
  if (own === undefined) return { ...DEFAULT_RETRY, backoff: "constant", initialMs: 0, jitter: 0 };
  if (typeof own === "number") {
    return {
      ...DEFAULT_RETRY,
      backoff: "constant",
      initialMs: own,
      maxMs: Math.max(own, DEFAULT_RETRY.maxMs),
      jitter: 0,
    };
  }
  return { ...DEFAULT_RETRY, ...own };
}
