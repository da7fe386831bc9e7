import { toError } from "../base/errors.ts";
import { asJson } from "../base/as_json.ts";
import { isJsonObject, type JsonValue } from "../base/json.ts";
import { RetryableError, TerminalError } from "./author_errors.ts";
import { failure } from "./failure.ts";
import type { FailedAttempt, FailureClass } from "./service.ts";

/**
 * What `next` of a middleware rejects with: the call that it surrounds has failed. Thrown on, it fails the attempt exactly as if there
 * were no middleware.
 *
 * @example
 * ```ts
 * import { AttemptError, type Middleware } from "maestro";
 *
 * const orNothing: Middleware = async (_call, next) => {
 *   try {
 *     return await next();
 *   } catch (error) {
 *     if (AttemptError.is(error) && error.status === 404) return null;
 *     throw error;
 *   }
 * };
 * ```
 */
export class AttemptError extends Error {
  /** Always `AttemptError`. */
  override readonly name: string = "AttemptError";
  /**
   * The failed attempt.
   * @internal
   */
  readonly attempt: FailedAttempt;

  /** @internal */
  constructor(attempt: FailedAttempt) {
    super(attempt.failure.message);
    this.attempt = attempt;
  }

  /** What kind of error it is: `http_503`, `UNAVAILABLE`, `timeout`, the code that a function gave. */
  get code(): string {
    return this.attempt.failure.code;
  }

  /** The HTTP status, or null. */
  get status(): number | null {
    return this.attempt.failure.status;
  }

  /** What the error brings beside its message. */
  get details(): JsonValue {
    return this.attempt.failure.details;
  }

  /** Whether another try may help, and whether anybody knows if there was an effect. */
  get class(): FailureClass {
    return this.attempt.class;
  }

  /** The delay that the service asked for, in milliseconds. */
  get retryAfterMs(): number | undefined {
    return this.attempt.retryAfterMs;
  }

  /** Tells whether a caught value is such an error, of this copy of the library or another. */
  static is(value: unknown): value is AttemptError {
    if (!(value instanceof Error) || value.name !== "AttemptError" || !("attempt" in value)) return false;
    const { attempt } = value;
    return isJsonObject(attempt) && attempt["ok"] === false && isJsonObject(attempt["failure"]);
  }
}

/**
 * Sorts what code of the program threw in an attempt.
 *
 * `TerminalError`, `RetryableError` and `AttemptError` say what they mean. Of any other error nobody knows whether there was an effect; its
 * code is its own `code` where that is text, else `UNKNOWN`. `details` are its own as far as JSON can hold them, else the name of its
 * class where that is one of the program's.
 */
export function failedBy(thrown: unknown): FailedAttempt {
  if (AttemptError.is(thrown)) return thrown.attempt;
  const error = toError(thrown);
  const code = "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
  const reason = failure(code, error.message, { details: detailsOf(error) });
  if (TerminalError.is(error)) return { ok: false, failure: reason, class: "permanent", mayHaveActed: false };
  if (RetryableError.is(error)) {
    const { retryAfterMs } = error;
    return { ok: false, failure: reason, class: "transient", mayHaveActed: false, retryAfterMs };
  }
  return { ok: false, failure: reason, class: "unknown", mayHaveActed: true };
}

function detailsOf(error: Error): JsonValue {
  if ("details" in error && error.details !== null && error.details !== undefined) {
    try {
      return asJson(error.details);
    } catch {
      return null;
    }
  }
  const name = error.name === "Error" ? error.constructor.name : error.name;
  return OF_THE_LANGUAGE.has(name) || AUTHOR_ERRORS.has(name) ? null : { name };
}

const OF_THE_LANGUAGE: ReadonlySet<string> = new Set(
  ["Error", "AggregateError", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"],
);

const AUTHOR_ERRORS: ReadonlySet<string> = new Set(["TerminalError", "RetryableError"]);
