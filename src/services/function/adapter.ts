import { asJson } from "../../base/as_json.ts";
import { copyJson, type JsonValue } from "../../base/json.ts";
import { failedBy } from "../../engine/attempt_error.ts";
import { failure } from "../../engine/failure.ts";
import type {
  AttemptResult,
  CallContext,
  CallRequest,
  PendingResult,
  ServiceAdapter,
  ServiceClient,
} from "../../engine/service.ts";

/** What a function hears of the call beside its input. */
export interface FunctionCall {
  /** The same at every attempt of a step, and of no other step. */
  readonly idempotencyKey: string;
  /** The step's path. */
  readonly step: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The details of the last heartbeat of the attempt before, also where its process has ended; undefined where there was none. */
  readonly lastHeartbeat: JsonValue | undefined;
  /**
   * Tells how far the call is: the next attempt finds it as `lastHeartbeat`. What is told in quick succession is not all written down:
   * when the process ends, up to a second of it may be lost, of a call that takes long up to a hundredth of its time.
   */
  heartbeat(details?: JsonValue): void;
}

/**
 * A function of the embedding program that a workflow calls as a method.
 *
 * The input is a copy of its own at each attempt. The result, or what its promise gives, is taken as JSON.
 */
export type ServiceFunction = (input: JsonValue, call: FunctionCall) => unknown;

/** The functions of `type: function` services: by service name, then by method name. */
export type FunctionServices = Readonly<Record<string, Readonly<Record<string, ServiceFunction>>>>;

/**
 * Makes the adapter behind `type: function`.
 *
 * What a function throws is a failed attempt: see `failedBy`.
 */
export function createFunctionAdapter(services: FunctionServices): ServiceAdapter {
  return {
    open({ name }) {
      const functions = Object.hasOwn(services, name) ? services[name]! : {};
      return new FunctionClient(name, functions);
    },
  };
}

class FunctionClient implements ServiceClient {
  readonly #name: string;
  readonly #functions: Readonly<Record<string, ServiceFunction>>;

  constructor(name: string, functions: Readonly<Record<string, ServiceFunction>>) {
    this.#name = name;
    this.#functions = functions;
  }

  call({ method, input = null }: CallRequest, context: CallContext): PendingResult {
    if (!Object.hasOwn(this.#functions, method)) return this.#noSuchMethod(method);
    return callFunction(() => this.#functions[method]!(copyJson(input), context), context);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #noSuchMethod(method: string): AttemptResult {
    const known = Object.keys(this.#functions).join(", ");
    const message = `The service "${this.#name}" has no function "${method}"; it has: ${known || "none"}`;
    return { ok: false, failure: failure("no_such_method", message), class: "permanent", mayHaveActed: false };
  }
}

/**
 * Makes one attempt of a function of the program: what it gives is taken as JSON, what it throws is a failed attempt. Where its time was up
 * before it gave something or threw just any error, that was the reason: a timeout is a failure.
 */
export function callFunction(run: () => unknown, context: Pick<CallContext, "aborted">): PendingResult {
  try {
    const result = run();
    return isThenable(result) ? settle(result, context) : succeeded(result);
  } catch (thrown) {
    return failedBy(thrown);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

async function settle(result: PromiseLike<unknown>, context: Pick<CallContext, "aborted">): Promise<AttemptResult> {
  try {
    const output = await result;
    // What a function makes of its aborted signal is no answer, however it looks.
    return context.aborted === "timeout" ? LATE : succeeded(output);
  } catch (thrown) {
    const failed = failedBy(thrown);
    const isLate = context.aborted === "timeout" && !failed.ok && failed.class === "unknown";
    return isLate ? LATE : failed;
  }
}

const LATE: AttemptResult = {
  ok: false,
  failure: failure("timeout", "No answer in time"),
  class: "unknown",
  mayHaveActed: true,
};

function succeeded(result: unknown): AttemptResult {
  return { ok: true, output: asJson(result) };
}
