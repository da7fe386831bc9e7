import { type RetryLayer, roundDelays } from "../plan/retry_layers.ts";
import type { RepeatStep } from "../plan/plan.ts";
import { checkErrorCodes } from "./check_error_codes.ts";
import type { Compilation } from "./compilation.ts";
import type { Fields } from "./fields.ts";

/** Reads a `retry` map: only the keys that it gives, so that layers can be laid over each other. */
export function compileRetry(compilation: Compilation, fields: Fields): RetryLayer {
  checkErrorCodes(compilation, fields, "retry_on");
  checkErrorCodes(compilation, fields, "never_on");
  const backoff = fields.text("backoff");
  return withoutUndefined({
    attempts: fields.number("attempts"),
    backoff: backoff === "linear" || backoff === "constant" || backoff === "exponential" ? backoff : undefined,
    initialMs: fields.duration("initial"),
    factor: fields.number("factor"),
    maxMs: fields.duration("max"),
    jitter: fields.number("jitter"),
    retryOn: fields.texts("retry_on"),
    neverOn: fields.texts("never_on"),
  });
}

/** Reads the `every` of a `repeat`: a duration or a map like that of `retry`. */
export function compileEvery(compilation: Compilation, repeat: Fields): RepeatStep["every"] {
  const value = repeat.value("every");
  if (typeof value === "object" && value !== null) {
    return roundDelays(compileRetry(compilation, repeat.fields("every")));
  }
  return roundDelays(repeat.duration("every"));
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
