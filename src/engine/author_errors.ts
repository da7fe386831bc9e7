import { MaestroError } from "../base/errors.ts";
import { parseDuration } from "../base/duration.ts";
import type { JsonValue } from "../base/json.ts";

/** What goes with a `TerminalError` beside its message. */
export interface TerminalErrorOptions {
  /** The code that the step fails with, and that `retry_on`, `never_on` and expressions read. @default "terminal" */
  readonly code?: string | undefined;
  /** Facts for programs; expressions read them as `.error.details`. @default null */
  readonly details?: JsonValue | undefined;
  /** The error that led to this one; not kept. */
  readonly cause?: unknown;
}

/**
 * Fails an attempt for good: it surely had no effect, and trying again is of no use.
 *
 * For functions of `type: function` services, actions of DAGs, activities and middleware. Errors of another copy of the library and of
 * classes that extend this one mean the same.
 *
 * @example
 * ```ts
 * import { type ServiceFunction, TerminalError } from "maestro";
 *
 * const charge: ServiceFunction = (input) => {
 *   if (input === null) throw new TerminalError("There is no card", { code: "NO_CARD" });
 *   return { charged: true };
 * };
 * ```
 */
export class TerminalError extends Error {
  /** `TerminalError`, unless a class that extends it says otherwise. */
  override readonly name: string = "TerminalError";
  /** The code that the step fails with. */
  readonly code: string;
  /** Facts for programs. */
  readonly details: JsonValue;

  /** Makes an error; the message is for people. */
  constructor(message: string, { code = "terminal", details = null, cause }: TerminalErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
    brand(this, "terminal");
  }

  /** Tells whether a caught value is such an error, of this copy of the library or another. */
  static is(value: unknown): value is TerminalError {
    return brandOf(value) === "terminal";
  }
}

/** What goes with a `RetryableError` beside its message. */
export interface RetryableErrorOptions extends TerminalErrorOptions {
  /** The code that the step fails with where no try is left. @default "retryable" */
  readonly code?: string | undefined;
  /** The delay before the next try: milliseconds, or text such as `30s`. @default what the step's retry policy says */
  readonly retryAfter?: number | string | undefined;
}

/**
 * Fails an attempt that surely had no effect and is worth another try, as far as the step's retry policy has any left.
 *
 * @example
 * ```ts
 * import { RetryableError, type ServiceFunction } from "maestro";
 *
 * let isReady = false;
 * const fetchReport: ServiceFunction = () => {
 *   if (!isReady) throw new RetryableError("The report is not ready", { retryAfter: "30s" });
 *   return { pages: 3 };
 * };
 * ```
 */
export class RetryableError extends Error {
  /** `RetryableError`, unless a class that extends it says otherwise. */
  override readonly name: string = "RetryableError";
  /** The code that the step fails with where no try is left. */
  readonly code: string;
  /** Facts for programs. */
  readonly details: JsonValue;
  /** The delay before the next try in milliseconds; absent: what the step's retry policy says. */
  readonly retryAfterMs: number | undefined;

  /**
   * Makes an error; the message is for people.
   *
   * @throws {MaestroError} `usage` where `retryAfter` is no length of time.
   */
  constructor(message: string, options: RetryableErrorOptions = {}) {
    const { code = "retryable", details = null, retryAfter, cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
    this.retryAfterMs = retryAfter === undefined ? undefined : readDelay(retryAfter);
    brand(this, "retryable");
  }

  /** Tells whether a caught value is such an error, of this copy of the library or another. */
  static is(value: unknown): value is RetryableError {
    return brandOf(value) === "retryable";
  }
}

/** Known to every copy of the library, and kept by classes that give their errors another name. */
const BRAND = Symbol.for("maestro.author_error");

function brand(error: Error, kind: "terminal" | "retryable"): void {
  Object.defineProperty(error, BRAND, { value: kind });
}

function brandOf(value: unknown): unknown {
  return value instanceof Error ? (value as { readonly [BRAND]?: unknown })[BRAND] : undefined;
}

function readDelay(delay: number | string): number {
  const ms = typeof delay === "string" ? parseDuration(delay) : delay;
  if (ms !== undefined && Number.isFinite(ms) && ms >= 0) return ms;
  throw new MaestroError("usage", `"retryAfter" is no length of time: ${JSON.stringify(delay)}`, {
    hint: 'give milliseconds, or text such as "30s"',
  });
}
