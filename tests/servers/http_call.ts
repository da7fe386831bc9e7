import type { CallRequest, ServiceConfig } from "../../src/engine/service.ts";

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
