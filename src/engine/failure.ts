import type { JsonValue } from "../base/json.ts";
import { toError } from "../base/errors.ts";

/**
 * The error of a step in the form that the journal holds and that expressions read as `.error`.
 *
 * `code` is `http_<status>`, a gRPC code, one of ours, or what a `fail` step gave.
 */
export interface Failure {
  /** What kind of error it is, for programs. */
  readonly code: string;
  /** What went wrong, for people. */
  readonly message: string;
  /** Path of the step that failed; `null` for the run's own errors. */
  readonly step: string | null;
  /** The HTTP status, or `null`. */
  readonly status: number | null;
  /** The decoded HTTP body, or the list of `google.rpc` details, or what the error itself brings; `null` if nothing. */
  readonly details: JsonValue;
}

/** Builds a failure; what is not given is `null`. */
export function failure(code: string, message: string, more: Partial<Failure> = {}): Failure {
  return { code, message, step: more.step ?? null, status: more.status ?? null, details: more.details ?? null };
}

/**
 * Thrown inside a workflow function by the promise of a step that failed, and by anything that fails the run.
 *
 * @example
 * ```ts
 * import { activity, createMaestro, createRuntime, StepFailedError, TerminalError, workflow } from "maestro";
 *
 * const charge = activity("charge", (_card: string) => {
 *   throw new TerminalError("The card has expired", { code: "card_expired" });
 * });
 *
 * const order = workflow("order", { version: "1" }, async (ctx) => {
 *   try {
 *     await ctx.run(charge, "4000-0000");
 *     return "paid";
 *   } catch (error) {
 *     if (error instanceof StepFailedError) return error.failure.code;
 *     throw error;
 *   }
 * });
 *
 * const maestro = createMaestro({ runtime: await createRuntime() });
 * console.log((await (await maestro.start(order)).result()).output); // card_expired
 * await maestro.close();
 * ```
 */
export class StepFailedError extends Error {
  /** `StepFailedError`, unless a class that extends it says otherwise. */
  override readonly name: string = "StepFailedError";
  /** What went wrong. */
  readonly failure: Failure;
  /** Whether nobody knows if the step took effect. */
  readonly isUnknown: boolean;
  /** How often it was tried. */
  readonly attempts: number;

  /** Makes an error of a failure. */
  constructor(reason: Failure, isUnknown = false, attempts = 1) {
    super(reason.message);
    this.attempts = attempts;
    this.failure = reason;
    this.isUnknown = isUnknown;
  }
}

/** Why a scope, and all that runs in it, was cancelled. */
export type CancelCause = "cancelled" | "timeout" | "sibling";

/**
 * Thrown inside a workflow function when the scope it runs in has been cancelled. No handler of a step may catch it for good.
 *
 * @example
 * ```ts
 * import { CancelledError, createMaestro, createRuntime, workflow } from "maestro";
 *
 * const watch = workflow("watch", { version: "1" }, async (ctx) => {
 *   try {
 *     await ctx.sleep("720h");
 *   } catch (error) {
 *     if (error instanceof CancelledError) ctx.log("somebody has had enough");
 *     throw error;
 *   }
 * });
 *
 * const maestro = createMaestro({ runtime: await createRuntime() });
 * const run = await maestro.start(watch);
 * run.cancel();
 * console.log((await run.result()).status); // cancelled
 * await maestro.close();
 * ```
 */
export class CancelledError extends Error {
  /** Always `CancelledError`. */
  override readonly name = "CancelledError";
  /** Why it was cancelled. */
  readonly reason: CancelCause;

  /** Makes an error of a cause. */
  constructor(reason: CancelCause) {
    super(reason === "timeout" ? "Timed out" : "Cancelled");
    this.reason = reason;
  }
}

/** Gives the failure behind a thrown value; an unforeseen error becomes `code` with its message. */
export function toFailure(thrown: unknown, code = "internal"): Failure {
  if (thrown instanceof StepFailedError) return thrown.failure;
  if (thrown instanceof CancelledError) {
    return failure(thrown.reason === "timeout" ? "timeout" : "cancelled", thrown.message);
  }
  return failure(code, toError(thrown).message);
}
