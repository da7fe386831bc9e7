import { MaestroError } from "../base/errors.ts";
import { canonicalJson } from "../base/json.ts";
import { didYouMean } from "../base/text.ts";
import type { Clock } from "../engine/clock.ts";
import type { CallContext, PendingResult, ServiceAdapter, ServiceClient, ServiceConfig } from "../engine/service.ts";
import { runAttempt } from "./resilience/attempt.ts";
import { Bulkhead } from "./resilience/bulkhead.ts";
import { CircuitBreaker } from "./resilience/circuit_breaker.ts";
import { Deadlines } from "./resilience/deadlines.ts";
import { RateLimit } from "./resilience/rate_limit.ts";
import { ResilientClient } from "./resilience/resilient_client.ts";

/** What a registry works with. */
export interface ServiceRegistryOptions {
  /** One adapter for each `type` of service. */
  readonly adapters: Readonly<Record<string, ServiceAdapter>>;
  /** Decides every time limit, wait and window. */
  readonly clock: Clock;
}

/** The clients of a process. */
export interface ServiceRegistry {
  /**
   * The client for a service. Equal configurations share one, and with it connections, breaker and limits; no I/O happens here.
   *
   * Throws a `MaestroError` (`invalid_workflow`) for a type that has no adapter.
   */
  client(config: ServiceConfig): ServiceClient;
  /** Makes one attempt of something that needs no client, with the time limit that every attempt has. Never rejects. */
  attempt(context: CallContext, run: () => PendingResult): PendingResult;
  /** Closes every client. Calls in flight may finish. */
  close(): Promise<void>;
}

/** Makes a registry of clients, each behind its breaker, limits and time limit. */
export function createServiceRegistry(options: ServiceRegistryOptions): ServiceRegistry {
  const deadlines = new Deadlines(options.clock);
  const byIdentity = new WeakMap<ServiceConfig, ServiceClient>();
  const byContent = new Map<string, ServiceClient>();
  return {
    client(config) {
      const known = byIdentity.get(config);
      if (known !== undefined) return known;
      const key = canonicalJson(config);
      let client = byContent.get(key);
      if (client === undefined) byContent.set(key, client = openClient(config, options, deadlines));
      byIdentity.set(config, client);
      return client;
    },
    attempt: (context, run) => runAttempt(run, context, deadlines),
    async close() {
      deadlines.close();
      await Promise.all([...byContent.values()].map((client) => client.close()));
    },
  };
}

function openClient(
  config: ServiceConfig,
  { adapters, clock }: ServiceRegistryOptions,
  deadlines: Deadlines,
): ServiceClient {
  const adapter = Object.hasOwn(adapters, config.type) ? adapters[config.type] : undefined;
  if (adapter === undefined) {
    throw new MaestroError("invalid_workflow", `Service "${config.name}" has the unknown type "${config.type}"`, {
      hint: didYouMean(config.type, Object.keys(adapters)) ?? `types are ${Object.keys(adapters).join(", ")}`,
    });
  }
  const places = mostConcurrent(config);
  return new ResilientClient(adapter.open(config), deadlines, {
    breaker: config.circuitBreaker === false
      ? undefined
      : new CircuitBreaker(config.name, config.circuitBreaker, clock),
    rateLimit: config.rateLimit && new RateLimit(config.rateLimit.perSecond, config.rateLimit.burst, clock),
    bulkhead: places === undefined ? undefined : new Bulkhead(places),
  });
}

/** An HTTP pool bounds the requests in flight; a gRPC pool is a number of channels, which bounds nothing. */
function mostConcurrent(config: ServiceConfig): number | undefined {
  const pool = config.type === "http" ? config.poolSize : undefined;
  if (pool === undefined || config.maxInFlight === undefined) return pool ?? config.maxInFlight;
  return Math.min(pool, config.maxInFlight);
}
