import { toError } from "../../base/errors.ts";
import type { JsonValue } from "../../base/json.ts";
import { failure } from "../../engine/failure.ts";
import type { AttemptResult, CallContext, CallRequest, ServiceAdapter, ServiceClient } from "../../engine/service.ts";

/** What a function hears of the call beside its input. */
export interface FunctionCall {
  readonly idempotencyKey: string;
  readonly step: string;
  readonly attempt: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** A function of the embedding program that a workflow calls as a method. Its result is taken as JSON. */
export type ServiceFunction = (input: JsonValue, call: FunctionCall) => unknown;

/** The functions of `type: function` services: by service name, then by method name. */
export type FunctionServices = Readonly<Record<string, Readonly<Record<string, ServiceFunction>>>>;

/**
 * Makes the adapter behind `type: function`.
 *
 * What a function throws is a failed attempt of which nobody knows the effect, so it is retried where the step says so; its code is the
 * error's own `code` where that is text, else `UNKNOWN`.
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

  async call({ method, input }: CallRequest, context: CallContext): Promise<AttemptResult> {
    if (!Object.hasOwn(this.#functions, method)) return this.#noSuchMethod(method);
    try {
      const result = await this.#functions[method]!(input ?? null, context);
      return { ok: true, output: toJson(result) };
    } catch (thrown) {
      const error = toError(thrown);
      const code = "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
      return { ok: false, failure: failure(code, error.message), class: "unknown", mayHaveActed: true };
    }
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

/** What the journal would give back, at no cost for the simplest values. */
function toJson(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  return JSON.parse(JSON.stringify(value) ?? "null");
}
