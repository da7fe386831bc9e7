import { MaestroError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import type { Stored } from "../base/stored.ts";
import type { Failure } from "../engine/failure.ts";
import { checkOptions } from "./check_options.ts";
import type { Duration, RetryOptions } from "../plan/retry_options.ts";

/**
 * What an activity hears of its call beside its input.
 *
 * An activity runs at least once: after a crash in the middle it is called again, with the same `idempotencyKey`.
 */
export interface ActivityCall {
  /** The path of the step. */
  readonly step: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborted when nobody waits for the answer any more: the step was cancelled, or its time is up. */
  readonly signal: AbortSignal;
  /** The same at every attempt of a step, also after a restart, and of no other step or run. */
  readonly idempotencyKey: string;
  /** The run's id. */
  readonly runId: string;
  /** Whether the activity undoes a step. */
  readonly isCompensation: boolean;
  /** What was propagated to the run by whoever started it. */
  readonly context: Readonly<Record<string, string>>;
  /** What the attempt before told with its last heartbeat, also where its process has died; absent where there is none. */
  readonly lastHeartbeat: JsonValue | undefined;
  /** Says that the work goes on, and how far it is. */
  heartbeat(details?: JsonValue): void;
  /** Tells a line to those who listen to the events of the run; it is not kept in the journal. */
  log(text: string): void;
}

/** What a compensation is given. */
export interface Undoing<Input, Output> {
  /** What the step was given. */
  readonly input: Input;
  /** What the step gave; null where nobody knows whether it took effect. */
  readonly output: Output | null;
  /** What the run failed with. */
  readonly error: Failure;
}

/** How steps are called; what a call says wins over what its activity says. */
export interface StepOptions {
  /** When it is tried again; a number is how often it is tried in all. @default one try */
  readonly retry?: RetryOptions | number | undefined;
  /** Limit of the whole step: attempts, delays, queueing. @default none */
  readonly timeout?: Duration | undefined;
  /** Limit of each attempt. @default the step's timeout, else none where it has a `heartbeatTimeout`, else "30s" */
  readonly attemptTimeout?: Duration | undefined;
  /** Longest time without a heartbeat before an attempt counts as failed. @default none */
  readonly heartbeatTimeout?: Duration | undefined;
  /** Whether it is never called again where it may have taken effect. @default false */
  readonly atMostOnce?: boolean | undefined;
}

/** How a step is undone, beside the function that does it. */
export interface UndoOptions<Input, Output> {
  /** Undoes the step when the run fails later. */
  readonly compensate?: ((given: Undoing<Input, Output>, call: ActivityCall) => unknown) | undefined;
  /** Whether it is undone, too, when nobody knows whether it took effect. @default false */
  readonly compensateOnUnknown?: boolean | undefined;
  /** When undoing is tried again. @default 5 attempts */
  readonly compensateRetry?: RetryOptions | number | undefined;
}

/** Settings of an activity. */
export interface ActivityOptions<Input, Output> extends StepOptions, UndoOptions<Input, Output> {
  /** The service that it belongs to in journals and logs. @default the workflow's name */
  readonly service?: string | undefined;
}

/** A function of the program that workflows call as a step: `ctx.run(charge, input)`. Made by `activity`. */
export interface Activity<Input, Output> {
  /** Its name in paths, journals and mocks. */
  readonly name: string;
  /** How it is called unless the call says otherwise. */
  readonly options: ActivityOptions<Input, Output>;
  /** The function itself. */
  run(input: Input, call: ActivityCall): unknown;
}

const NAME = /^[A-Za-z0-9_.-]+$/;

/**
 * Makes a function of the program into a step that workflows can call. Input and output are kept in the journal as JSON.
 *
 * `TerminalError` and `RetryableError` say what a failure means; any other error leaves it open whether the activity took effect.
 *
 * @throws {MaestroError} `invalid_workflow` for a name with other characters than letters, digits and `_ . -`, and for options that cannot
 * be.
 *
 * @example
 * ```ts
 * import { activity } from "maestro";
 *
 * export const charge = activity("charge", async (order: { total: number }, { idempotencyKey, signal }) => {
 *   const response = await fetch("https://pay.example/charges", {
 *     method: "POST",
 *     headers: { "idempotency-key": idempotencyKey },
 *     body: JSON.stringify(order),
 *     signal,
 *   });
 *   return await response.json() as { receipt: string };
 * }, { retry: { attempts: 5, initial: "200ms" }, timeout: "1m" });
 * ```
 */
export function activity<Result, Input = void>(
  name: string,
  run: (input: Input, call: ActivityCall) => Result,
  options: ActivityOptions<Input, Stored<Awaited<Result>>> = {},
): Activity<Input, Stored<Awaited<Result>>> {
  if (!NAME.test(name)) throw badName("activity", name);
  checkOptions(options, `activity "${name}"`);
  return { name, run, options };
}

/** An error for a name that cannot be part of a path. */
export function badName(what: string, name: string): MaestroError {
  return new MaestroError("invalid_workflow", `The name "${name}" of an ${what} cannot be part of a path`, {
    hint: "use letters, digits, _, . and -",
  });
}

/** Tells whether a text can be one part of a path. */
export function isName(text: string): boolean {
  return NAME.test(text);
}
