import { MaestroError } from "../base/errors.ts";
import { failedBy } from "../engine/attempt_error.ts";
import { type Clock, systemClock } from "../engine/clock.ts";
import type { Middleware, StepCall } from "../engine/middleware.ts";
import { DEFAULT_RETRY, isRetryable } from "../engine/retry.ts";
import type { Duration } from "../plan/retry_options.ts";
import { readDuration } from "./read_duration.ts";
import type { TimedOptions } from "./stopwatch.ts";

/** Options of `retrying`. */
export interface RetryingOptions extends TimedOptions {
  /** All tries, the first one included. @default 3 */
  readonly attempts?: number | undefined;
  /** The delay before each next try; a service that asks for a longer one gets it. @default "100ms" */
  readonly delay?: Duration | undefined;
  /** Whether an error deserves another try. @default transient errors, and those of unknown effect */
  readonly when?: ((error: unknown, call: StepCall) => boolean) | undefined;
}

/**
 * Makes middleware that tries again within an attempt, for errors that pass in a moment.
 *
 * The tries count as one attempt: they share its time limit and its idempotency key, and are not in the journal. It gives up with the
 * last error as soon as the attempt ends. For longer waits, which a crash must not cut short, a step has its own `retry`.
 *
 * @throws {MaestroError} `usage` for options that cannot be.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, retrying } from "maestro";
 *
 * const maestro = createMaestro({
 *   runtime: await createRuntime(),
 *   middleware: [retrying({ attempts: 2, delay: "50ms" })],
 * });
 * await maestro.close();
 * ```
 */
export function retrying(options: RetryingOptions = {}): Middleware {
  const { attempts = 3, delay = 100, when = isPassing, clock = systemClock } = options;
  const delayMs = readDuration(delay, "The delay of retrying()");
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new MaestroError("usage", `The attempts of retrying() are ${attempts}`, {
      hint: "give a whole number above zero",
    });
  }
  return async (call, next) => {
    for (let tries = 1;; tries++) {
      try {
        return await next();
      } catch (error) {
        if (tries >= attempts || call.signal.aborted || !when(error, call)) throw error;
        const waitMs = Math.max(delayMs, failedBy(error).retryAfterMs ?? 0);
        if (!(await slept(waitMs, call.signal, clock))) throw error;
      }
    }
  };
}

function isPassing(error: unknown): boolean {
  return isRetryable(DEFAULT_RETRY, failedBy(error));
}

/** Waits; gives `false` as soon as the signal is aborted. */
function slept(ms: number, signal: AbortSignal, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const wake = (): void => {
      stop();
      resolve(false);
    };
    const stop = clock.after(ms, () => {
      signal.removeEventListener("abort", wake);
      resolve(true);
    });
    signal.addEventListener("abort", wake, { once: true });
  });
}
