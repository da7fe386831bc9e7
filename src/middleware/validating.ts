import type { JsonObject, JsonValue } from "../base/json.ts";
import { AttemptError } from "../engine/attempt_error.ts";
import { TerminalError } from "../engine/author_errors.ts";
import { failure } from "../engine/failure.ts";
import type { Middleware, StepCall } from "../engine/middleware.ts";
import { misfits } from "../plan/schema_fit.ts";

/** Tells of a value whether it will do: `false`, or a text that says why not, where it will not. */
export type ValueCheck = (value: JsonValue, call: StepCall) => boolean | string;

/** Options of `validating`. */
export interface ValidatingOptions {
  /** What an input has to fit: a JSON Schema 2020-12, or a function. Secrets are not filled in yet. @default anything */
  readonly input?: JsonObject | ValueCheck | undefined;
  /** What an output has to fit: a JSON Schema 2020-12, or a function. @default anything */
  readonly output?: JsonObject | ValueCheck | undefined;
}

/**
 * Makes middleware that looks at what goes in and what comes out.
 *
 * An input that does not fit fails the attempt before anything is sent, with the code `invalid_input`. An output that does not fit fails
 * it with `invalid_output`: the call was made, so the step is unknown, and is not tried again unless its `retry_on` says so. `details`
 * lists what does not fit.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, type Middleware, validating } from "maestro";
 *
 * const valid = validating({ output: { type: "object", required: ["id"] } });
 * const onlyOrders: Middleware = (call, next) => call.service === "orders" ? valid(call, next) : next();
 *
 * const maestro = createMaestro({ runtime: await createRuntime(), middleware: [onlyOrders] });
 * await maestro.close();
 * ```
 */
export function validating({ input, output }: ValidatingOptions): Middleware {
  return async (call, next) => {
    if (input !== undefined) refuseInput(problemsOf(input, call.input, "input", call), call);
    const given = await next();
    if (output !== undefined) refuseOutput(problemsOf(output, given, "output", call), call);
    return given;
  };
}

function problemsOf(
  check: JsonObject | ValueCheck,
  value: JsonValue,
  name: string,
  call: StepCall,
): readonly string[] {
  if (typeof check !== "function") return misfits(check, value, name);
  const verdict = check(value, call);
  return verdict === true ? [] : [verdict === false ? `${name}: it does not fit` : `${name}: ${verdict}`];
}

function refuseInput(problems: readonly string[], { service, method }: StepCall): void {
  if (problems.length === 0) return;
  const message = `What ${service} ${method} is given does not fit: ${problems.join("; ")}`;
  throw new TerminalError(message, { code: "invalid_input", details: problems });
}

function refuseOutput(problems: readonly string[], { service, method }: StepCall): void {
  if (problems.length === 0) return;
  const message = `What ${service} ${method} gave does not fit: ${problems.join("; ")}`;
  const reason = failure("invalid_output", message, { details: problems });
  throw new AttemptError({ ok: false, failure: reason, class: "permanent", mayHaveActed: true });
}
