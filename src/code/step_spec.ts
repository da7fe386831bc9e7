import type { JsonValue } from "../base/json.ts";
import type { CompensationSpec, StepSpec } from "../engine/context.ts";
import type { Failure } from "../engine/failure.ts";
import type { RecordedCall } from "../plan/call_step.ts";
import { compensationRetry, stepRetry } from "../plan/retry_layers.ts";
import { limit, retryLayer, type RetryOptions } from "../plan/retry_options.ts";
import type { ActivityCall, StepOptions, Undoing, UndoOptions } from "./activity.ts";
import type { LocalWork } from "./perform_work.ts";

/** Limit of an attempt where nothing gives one: nothing hangs for ever. */
export const DEFAULT_ATTEMPT_TIMEOUT_MS = 30_000;

/** A step as code asks for it. */
export interface CodeStep {
  readonly step: string;
  readonly service: string;
  readonly method: string;
  readonly input: JsonValue;
  readonly options: StepOptions & UndoOptions<never, never>;
  readonly work: LocalWork;
  /** Where the step's output is to be found once it has completed. */
  readonly result: { output: JsonValue };
}

/** Makes what the kernel schedules. The journal keeps it in the form that calls of documents have. */
export function stepSpec(code: CodeStep): StepSpec {
  const { step, service, method, input, options, work } = code;
  const { timeout, attemptTimeout, heartbeatTimeout, atMostOnce, retry, compensate } = options;
  const policy = stepRetry({}, retryLayer(retry));
  const timeoutMs = limit(timeout);
  return {
    step,
    service,
    method,
    request: requestOf(method, input),
    retry: atMostOnce === true ? { ...policy, neverOn: [...policy.neverOn, "unknown"] } : policy,
    timeoutMs,
    // What gives signs of life may take as long as it likes.
    attemptTimeoutMs: limit(attemptTimeout) ?? timeoutMs ??
      (heartbeatTimeout === undefined ? DEFAULT_ATTEMPT_TIMEOUT_MS : Infinity),
    local: work,
    ...(heartbeatTimeout === undefined ? undefined : { heartbeatTimeoutMs: limit(heartbeatTimeout) }),
    ...(atMostOnce === undefined ? undefined : { atMostOnce }),
    ...(compensate === undefined ? undefined : { compensation: undoOfStep(code) }),
  };
}

/** How to undo a step that was called with options that say so. */
function undoOfStep({ step, service, method, input, options, result }: CodeStep): CompensationSpec {
  const { compensate, compensateOnUnknown = false, compensateRetry } = options;
  const undo = compensate as (given: Undoing<JsonValue, JsonValue>, call: ActivityCall) => unknown;
  return {
    onUnknown: compensateOnUnknown,
    prepare: (error, found) =>
      undoSpec({
        compensates: step,
        service,
        method: `${method}.compensate`,
        input: { input, output: found ?? result.output, error: { ...error } },
        retry: compensateRetry,
        work: (given, call) => undo(given as unknown as Undoing<JsonValue, JsonValue> & { error: Failure }, call),
      }),
  };
}

/** A step that undoes another. */
export interface CodeUndo {
  readonly compensates: string;
  readonly service: string;
  readonly method: string;
  readonly input: JsonValue;
  readonly retry: RetryOptions | number | undefined;
  readonly options?: StepOptions | undefined;
  readonly work: LocalWork;
}

/** Makes the step that undoes another. */
export function undoSpec({ compensates, service, method, input, retry, options = {}, work }: CodeUndo): StepSpec {
  const timeoutMs = limit(options.timeout);
  return {
    step: `${compensates}/compensate`,
    compensates,
    service,
    method,
    request: requestOf(method, input),
    retry: compensationRetry({}, retryLayer(retry)),
    timeoutMs,
    attemptTimeoutMs: limit(options.attemptTimeout) ?? timeoutMs ?? DEFAULT_ATTEMPT_TIMEOUT_MS,
    local: work,
  };
}

function requestOf(method: string, input: JsonValue): JsonValue {
  return { method, request: { input } } satisfies RecordedCall as unknown as JsonValue;
}
