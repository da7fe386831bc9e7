import type { FailedAttempt } from "./service.ts";

/** When and how often a step is tried again. Delays in milliseconds. */
export interface RetryPolicy {
  /** All tries, the first one included. */
  readonly attempts: number;
  readonly backoff: "exponential" | "linear" | "constant";
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Share of the delay by which it may vary either way. */
  readonly jitter: number;
  /** Codes and classes that are retried beside the usual ones. */
  readonly retryOn: readonly string[];
  /** Codes and classes that are not retried; wins. */
  readonly neverOn: readonly string[];
}

/** One try, and what is filled in where a policy says nothing. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 1,
  backoff: "exponential",
  initialMs: 1_000,
  factor: 2,
  maxMs: 30_000,
  jitter: 0.2,
  retryOn: [],
  neverOn: [],
};

/** The policy of compensations before the service's and their own are laid over it. */
export const DEFAULT_COMPENSATION_RETRY: RetryPolicy = { ...DEFAULT_RETRY, attempts: 5 };

/** Tells whether a failed attempt deserves another one, the number of attempts aside. */
export function isRetryable(policy: RetryPolicy, result: FailedAttempt): boolean {
  if (matches(policy.neverOn, result)) return false;
  if (matches(policy.retryOn, result)) return true;
  return result.retryable ?? result.class !== "permanent";
}

/**
 * The delay before the attempt that follows attempt `attempt` (counted from 1).
 *
 * `linear` is `initial × attempt`; all are capped at `max`, then varied by the jitter, which `random` (0 to 1) decides.
 */
export function retryDelay(policy: RetryPolicy, attempt: number, random: number): number {
  const plain = policy.backoff === "constant"
    ? policy.initialMs
    : policy.backoff === "linear"
    ? policy.initialMs * attempt
    : policy.initialMs * policy.factor ** (attempt - 1);
  return Math.min(plain, policy.maxMs) * (1 + policy.jitter * (2 * random - 1));
}

function matches(list: readonly string[], result: FailedAttempt): boolean {
  const { code } = result.failure;
  return list.some((entry) =>
    entry === code || entry === result.class || (entry === "http_5xx" && /^http_5\d\d$/.test(code))
  );
}
