import type { CallContext, CallRequest, ServiceConfig } from "../../src/engine/service.ts";

/** A service of type `http` with every default. */
export function httpConfig(endpoint: string, more: Partial<ServiceConfig> = {}): ServiceConfig {
  return {
    name: "payments",
    type: "http",
    endpoint,
    circuitBreaker: false,
    maxResponse: 10 * 1024 * 1024,
    idempotencyHeader: "Idempotency-Key",
    noEffectOn: [],
    ...more,
  };
}

/** A call without anything but its method. */
export function callRequest(method: string, more: Partial<CallRequest> = {}): CallRequest {
  return { method, headers: [], ...more };
}

/** The circumstances of a first attempt. */
export function callContext(more: Partial<CallContext> = {}): CallContext {
  return {
    idempotencyKey: "key-1",
    runId: "run-1",
    workflow: "order",
    step: "pay",
    attempt: 1,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    deadline: undefined,
    attemptTimeoutMs: 10_000,
    signal: new AbortController().signal,
    ...more,
  };
}
