import { formatDuration } from "../base/duration.ts";
import { AttemptError } from "../engine/attempt_error.ts";
import { systemClock } from "../engine/clock.ts";
import { failure } from "../engine/failure.ts";
import type { Middleware } from "../engine/middleware.ts";
import type { Duration } from "../plan/retry_options.ts";
import { readDuration } from "./read_duration.ts";
import type { TimedOptions } from "./stopwatch.ts";

/**
 * Makes middleware that fails what takes longer, with the code `timeout`: nobody knows whether it had an effect. What is inside is ended,
 * and whatever it still gives is dropped.
 *
 * @throws {MaestroError} `usage` for what is no length of time.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, retrying, timeLimit } from "maestro";
 *
 * const maestro = createMaestro({
 *   runtime: await createRuntime(),
 *   // Each of the two tries has a second.
 *   middleware: [retrying({ attempts: 2 }), timeLimit("1s")],
 * });
 * await maestro.close();
 * ```
 */
export function timeLimit(duration: Duration, { clock = systemClock }: TimedOptions = {}): Middleware {
  const limitMs = readDuration(duration, "The limit of timeLimit()");
  return (_call, next) =>
    new Promise((resolve, reject) => {
      const controller = new AbortController();
      const stop = clock.after(limitMs, () => {
        reject(overdue(limitMs));
        controller.abort("timeout");
      });
      void next({ signal: controller.signal }).then(resolve, reject).finally(stop);
    });
}

function overdue(limitMs: number): AttemptError {
  const reason = failure("timeout", `No answer within ${formatDuration(limitMs)}`);
  return new AttemptError({ ok: false, failure: reason, class: "unknown", mayHaveActed: true });
}
