import { toError } from "../base/errors.ts";
import { CancelledError, type Failure, failure, StepFailedError } from "../engine/failure.ts";

/**
 * Thrown to a workflow when its time is up: that of a step, of a scope or of a wait.
 *
 * @example
 * ```ts
 * import { signal, TimeoutError, workflow } from "maestro";
 *
 * const approved = signal("approved");
 *
 * export const approval = workflow("approval", { version: "1" }, async (ctx) => {
 *   try {
 *     await ctx.receive(approved, { timeout: "24h" });
 *     return "approved";
 *   } catch (error) {
 *     if (error instanceof TimeoutError) return "nobody answered";
 *     throw error;
 *   }
 * });
 * ```
 */
export class TimeoutError extends StepFailedError {
  /** Always `TimeoutError`. */
  override readonly name = "TimeoutError";
}

/**
 * Thrown to a workflow when a child run did not complete; `failure.details` has its id, status and error.
 *
 * @example
 * ```ts
 * import { ChildRunFailedError, workflow } from "maestro";
 *
 * const payment = workflow("payment", { version: "1" }, () => {
 *   throw new Error("The card has expired");
 * });
 *
 * export const order = workflow("order", { version: "1", children: [payment] }, async (ctx) => {
 *   try {
 *     await ctx.child(payment, undefined);
 *     return "paid";
 *   } catch (error) {
 *     if (error instanceof ChildRunFailedError) return "pays later";
 *     throw error;
 *   }
 * });
 * ```
 */
export class ChildRunFailedError extends StepFailedError {
  /** Always `ChildRunFailedError`. */
  override readonly name = "ChildRunFailedError";
}

/**
 * Thrown to the sender of an update that the workflow refused or could not deal with.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, update, UpdateFailedError, workflow } from "maestro";
 *
 * const add = update<number, string>("add");
 * const cart = workflow("cart", { version: "1" }, async (ctx) => {
 *   const items: string[] = [];
 *   const check = (item: string): void => {
 *     if (item === "") throw new Error("The item has no name");
 *   };
 *   ctx.onUpdate(add, (item) => items.push(item), { check });
 *   await ctx.until(() => items.length === 1);
 *   return items;
 * });
 *
 * const maestro = createMaestro({ runtime: await createRuntime() });
 * const run = await maestro.start(cart);
 * try {
 *   await run.update(add, "");
 * } catch (error) {
 *   if (!(error instanceof UpdateFailedError)) throw error;
 *   console.log(error.message); // The item has no name
 * }
 * console.log(await run.update(add, "tea")); // 1
 * await maestro.close();
 * ```
 */
export class UpdateFailedError extends StepFailedError {
  /** Always `UpdateFailedError`. */
  override readonly name = "UpdateFailedError";
}

/** Gives an error of the kernel the class that authors know it by. */
export function toAuthorError(thrown: unknown): unknown {
  if (!(thrown instanceof StepFailedError)) return thrown;
  const { failure: reason, isUnknown, attempts } = thrown;
  if (reason.code === "timeout" || reason.code === "heartbeat_timeout") {
    return new TimeoutError(reason, isUnknown, attempts);
  }
  if (reason.code === "child_failed") return new ChildRunFailedError(reason, isUnknown, attempts);
  return thrown;
}

/** The error of something that took longer than it may. */
export function timedOut(what: string): TimeoutError {
  return new TimeoutError(failure("timeout", `${what} took longer than its timeout`));
}

/** What a workflow function threw, as the run's failure. */
export function toRunFailure(thrown: unknown): unknown {
  if (thrown instanceof StepFailedError || thrown instanceof CancelledError) return thrown;
  const error = toError(thrown);
  const { code, details } = error as { readonly code?: unknown; readonly details?: Failure["details"] };
  const reason = failure(typeof code === "string" ? code : "UNKNOWN", error.message, {
    ...(isJson(details) ? { details } : undefined),
  });
  return new StepFailedError(reason);
}

function isJson(value: unknown): value is Failure["details"] {
  try {
    return value !== undefined && JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
