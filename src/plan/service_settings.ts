import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import type { ServiceConfig, TlsConfig } from "../engine/service.ts";
import type { Scope } from "../expr/mod.ts";
import type { PlanService } from "./plan.ts";

/** What a service's settings are resolved against. */
export interface ServiceSurroundings {
  /** Sees `env` and `secrets` only. */
  readonly scope: Scope;
  /** Folder of the workflow file; relative file names start there. */
  readonly resolvePath: (name: string) => string;
  /** Replaces the document's endpoint. */
  readonly endpoint: string | undefined;
  /** Serialised descriptor set in base64. */
  readonly descriptors: string | undefined;
}

/**
 * Resolves a service's templates into what an adapter opens.
 *
 * @throws when an expression fails.
 */
export function resolveService(service: PlanService, surroundings: ServiceSurroundings): ServiceConfig {
  const { scope, endpoint, descriptors } = surroundings;
  return {
    name: service.name,
    type: service.type,
    endpoint: endpoint ?? textOf(service.endpoint.evaluate(scope)),
    poolSize: service.poolSize,
    maxInFlight: service.maxInFlight,
    rateLimit: service.rateLimit,
    circuitBreaker: service.circuitBreaker,
    tls: service.tls && resolveTls(service.tls.evaluate(scope), surroundings),
    maxResponse: service.maxResponse,
    idempotencyHeader: service.idempotencyHeader,
    noEffectOn: service.noEffectOn,
    descriptors,
    grpcService: service.grpcService,
  };
}

/** Tells whether a service resolves to the same configuration every time. */
export function isConstantService(service: PlanService): boolean {
  return service.endpoint.isConstant && (service.tls?.isConstant ?? true);
}

function resolveTls(value: JsonValue, { resolvePath }: ServiceSurroundings): TlsConfig {
  const settings: JsonObject = isJsonObject(value) ? value : {};
  const path = (key: string): string | undefined => {
    const name = settings[key];
    return typeof name === "string" && name !== "" ? resolvePath(name) : undefined;
  };
  const serverName = settings["server_name"];
  return {
    ca: path("ca"),
    cert: path("cert"),
    key: path("key"),
    serverName: typeof serverName === "string" ? serverName : undefined,
  };
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
