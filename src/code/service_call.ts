import { asJson } from "../base/as_json.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import type { CompensationSpec, StepSpec } from "../engine/context.ts";
import type { Failure } from "../engine/failure.ts";
import type { RecordedCall } from "../plan/call_step.ts";
import type { PlanCall, PlanService } from "../plan/plan.ts";
import { compensationRetry, stepRetry } from "../plan/retry_layers.ts";
import { limit, retryLayer, type RetryOptions } from "../plan/retry_options.ts";
import type { StepOptions } from "./activity.ts";
import { DEFAULT_ATTEMPT_TIMEOUT_MS } from "./step_spec.ts";

/** What a call of a service sends, as the keys of a document's steps say it. */
export interface ServiceRequest {
  /** The message of a gRPC call; of HTTP the query of a GET, else the body. @default nothing */
  readonly input?: unknown;
  /** HTTP: replaces the query that `input` would give. */
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  /** HTTP: replaces the body that `input` would give. */
  readonly body?: unknown;
  /** Headers or metadata, above those of the service; null removes one. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined;
  /** HTTP: how the body is written. @default "json" */
  readonly encoding?: "json" | "form" | "multipart" | "text" | "binary" | undefined;
  /** Answers that count as success. @default 2xx, or OK */
  readonly expect?: readonly (string | number)[] | undefined;
  /** HTTP: gives status and headers beside the body. @default the body alone */
  readonly response?: "full" | undefined;
}

/** A call that undoes another. */
export interface ServiceUndo extends ServiceRequest {
  /** The service. @default that of the call */
  readonly service?: string | undefined;
  /** `VERB /path`, or a gRPC method. */
  readonly method: string;
  /** When it is tried again. @default 5 attempts */
  readonly retry?: RetryOptions | number | undefined;
}

/** Options of `ctx.call`. */
export interface ServiceCallOptions<Output> extends ServiceRequest, StepOptions {
  /** What the step is called in paths. @default the service's name */
  readonly id?: string | undefined;
  /** Gives the call that undoes this one when the run fails later; nothing where there is nothing to undo. */
  readonly compensate?:
    | ((done: { readonly output: Output | null; readonly error: Failure }) => ServiceUndo | undefined)
    | undefined;
  /** Whether it is undone, too, when nobody knows whether it took effect: `output` is then null. @default false */
  readonly compensateOnUnknown?: boolean | undefined;
}

/** A call as code asks for it. */
export interface ServiceCall {
  readonly step: string;
  readonly service: PlanService;
  readonly method: string;
  readonly options: ServiceCallOptions<never>;
  /** Where the step's output is to be found once it has completed. */
  readonly result: { output: JsonValue };
  /** Finds the service of a call that undoes. */
  readonly find: (name: string) => PlanService;
}

/** Makes what the kernel schedules: the same as for a document's step. */
export function callSpec(call: ServiceCall): StepSpec {
  const { step, service, method, options } = call;
  const { timeout, attemptTimeout, atMostOnce, retry, compensate } = options;
  const policy = stepRetry(service.retry, retryLayer(retry));
  const timeoutMs = limit(timeout);
  return {
    step,
    service: service.name,
    method,
    request: requestOf(method, options),
    retry: atMostOnce === true ? { ...policy, neverOn: [...policy.neverOn, "unknown"] } : policy,
    timeoutMs,
    attemptTimeoutMs: limit(attemptTimeout) ?? service.timeoutMs ?? timeoutMs ?? DEFAULT_ATTEMPT_TIMEOUT_MS,
    local: localOf(options),
    ...(atMostOnce === undefined ? undefined : { atMostOnce }),
    ...(compensate === undefined ? undefined : { compensation: undoOf(call) }),
  };
}

function undoOf({ step, service, options, result, find }: ServiceCall): CompensationSpec {
  const { compensate, compensateOnUnknown = false } = options;
  return {
    onUnknown: compensateOnUnknown,
    prepare: (error, found) => {
      const undo = compensate!({ output: (found ?? result.output) as never, error });
      if (undo === undefined) return undefined;
      const by = undo.service === undefined ? service : find(undo.service);
      return {
        step: `${step}/compensate`,
        compensates: step,
        service: by.name,
        method: undo.method,
        request: requestOf(undo.method, undo),
        retry: compensationRetry(by.retry, retryLayer(undo.retry)),
        timeoutMs: undefined,
        attemptTimeoutMs: by.timeoutMs ?? DEFAULT_ATTEMPT_TIMEOUT_MS,
        local: localOf(undo),
      };
    },
  };
}

function requestOf(method: string, { input, query, body, headers }: ServiceRequest): JsonValue {
  const request: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries({ input, query, body, headers })) {
    if (value !== undefined) request[name] = asJson(value);
  }
  return { method, request: request as JsonObject } satisfies RecordedCall as unknown as JsonValue;
}

/** What the caller of a service reads of the code, and no more. */
function localOf(
  { encoding, expect, response }: ServiceRequest,
): { readonly call: Pick<PlanCall, "encoding" | "expect" | "response" | "stream"> } {
  return { call: { encoding, expect, response, stream: undefined } };
}
