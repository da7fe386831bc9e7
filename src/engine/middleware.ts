import { asJson } from "../base/as_json.ts";
import type { JsonValue } from "../base/json.ts";

/** One attempt of a step, or of its compensation, as a middleware sees it. */
export interface StepCall {
  /** The workflow's name. */
  readonly workflow: string;
  /** The run's id. */
  readonly runId: string;
  /** The step's path, the same in every run of the workflow. */
  readonly step: string;
  /** The service that is called; the workflow's name where its steps are code of the program. */
  readonly service: string;
  /** The method as it is sent; the name of the node or the activity. */
  readonly method: string;
  /** What is sent, secrets left out; a copy of this attempt's own. Where it is more than an input: a map of `input query body headers`. */
  readonly input: JsonValue;
  /** Counts from 1. */
  readonly attempt: number;
  /** The same at every attempt of a step, also after a restart, and of no other step or run. */
  readonly idempotencyKey: string;
  /** Aborted when nobody waits for the attempt any more: it was cancelled, or its time is up. */
  readonly signal: AbortSignal;
  /** Whether a step is being undone. */
  readonly isCompensation: boolean;
  /** What the run was started with beside its input, for middleware alone. */
  readonly context: Readonly<Record<string, string>>;
  /** Tells a line to those who listen to the events of the run; it is not kept in the journal. */
  log(text: string): void;
}

/** What a middleware may say of the call inside. */
export interface NextOptions {
  /** Ends the call, as the attempt's end does. @default none */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the call inside: gives its output, or rejects with what it failed with. May be called as often as one likes, until the middleware
 * has ended; each time the call is made.
 */
export type Next = (options?: NextOptions) => Promise<JsonValue>;

/**
 * A function around every attempt of every step, and of every compensation.
 *
 * What it gives, as JSON, is the attempt's output; what it throws fails the attempt as what a function throws does. An error of `next`
 * that is thrown on keeps its meaning. It runs within the attempt's time limit, as often as the step is tried, and again after a crash.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, type Middleware } from "maestro";
 *
 * const timed: Middleware = async (call, next) => {
 *   const start = performance.now();
 *   const output = await next();
 *   call.log(`${call.step} took ${performance.now() - start} ms`);
 *   return output;
 * };
 *
 * const maestro = createMaestro({ runtime: await createRuntime(), middleware: [timed] });
 * await maestro.close();
 * ```
 */
export type Middleware = (call: StepCall, next: Next) => unknown;

/** A call that can be handed on with an end of its own. */
export interface Endable<Call> {
  /** The same call, whose signal is aborted with the given one too. */
  endingWith(signal: AbortSignal): Call;
}

/**
 * Makes a call through functions around it, the first outermost. Rejects with what the outermost throws.
 *
 * What a function gives is what JSON keeps of it.
 */
export function surround<Call extends Endable<Call>>(
  middleware: readonly ((call: Call, next: Next) => unknown)[],
  call: Call,
  innermost: (call: Call) => Promise<JsonValue>,
): Promise<JsonValue> {
  const run = async (index: number, call: Call): Promise<JsonValue> => {
    const own = middleware[index];
    if (own === undefined) return await innermost(call);
    let inner: JsonValue | undefined;
    const inside = async (signal: AbortSignal | undefined): Promise<JsonValue> => {
      return inner = await run(index + 1, signal === undefined ? call : call.endingWith(signal));
    };
    let isOver = false;
    const next: Next = ({ signal } = {}) => {
      if (isOver) return Promise.reject(new Error("next() was called after its middleware had ended"));
      const made = inside(signal);
      // A middleware may give up on what it called: its error must not end the process.
      made.catch(ignore);
      return made;
    };
    let output: unknown;
    try {
      output = await own(call, next);
    } finally {
      isOver = true;
    }
    // What is handed on as it came was made JSON further in; the outermost alone looks for changes in place.
    return index > 0 && inner !== undefined && output === inner ? inner : asJson(output);
  };
  return run(0, call);
}

function ignore(): void {}
