import { roughDuration } from "../base/duration.ts";
import type { JsonValue } from "../base/json.ts";
import { failedBy } from "../engine/attempt_error.ts";
import type { Middleware, StepCall } from "../engine/middleware.ts";
import { stopwatch, type TimedOptions } from "./stopwatch.ts";

/**
 * Takes a line about an attempt: a message for people, and fields for programs. `console.log` is one. Must not throw.
 *
 * The fields are `run_id workflow step_id service method attempt`, at the end `duration_ms`, and of a failed attempt `code error class`.
 */
export type LogSink = (message: string, fields: Readonly<Record<string, JsonValue>>) => void;

/**
 * Makes middleware that tells when an attempt begins and how it ends. Inputs and outputs are not told: they may be nobody's business.
 *
 * Without a sink the lines go to those who listen to the events of the run.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, logging } from "maestro";
 *
 * const maestro = createMaestro({
 *   runtime: await createRuntime(),
 *   middleware: [logging((message, { step_id }) => console.error(step_id, message))],
 * });
 * await maestro.close();
 * ```
 */
export function logging(sink?: LogSink, { clock }: TimedOptions = {}): Middleware {
  return async (call, next) => {
    const tell = (message: string, more?: Readonly<Record<string, JsonValue>>): void =>
      sink === undefined ? call.log(message) : sink(message, { ...fieldsOf(call), ...more });
    const what = call.isCompensation ? "compensation" : "attempt";
    const passed = stopwatch(clock);
    tell(`${what} ${call.attempt} started`);
    try {
      const output = await next();
      const ms = passed();
      tell(`${what} ${call.attempt} completed in ${roughDuration(ms)}`, { duration_ms: ms });
      return output;
    } catch (error) {
      const ms = passed();
      const { failure: { code, message }, class: sorted } = failedBy(error);
      tell(`${what} ${call.attempt} failed after ${roughDuration(ms)}: ${code}: ${message}`, {
        duration_ms: ms,
        code,
        error: message,
        class: sorted,
      });
      throw error;
    }
  };
}

function fieldsOf({ runId, workflow, step, service, method, attempt }: StepCall): Readonly<Record<string, JsonValue>> {
  return { run_id: runId, workflow, step_id: step, service, method, attempt };
}
