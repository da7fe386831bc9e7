import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { seededRandom } from "../base/seeded_random.ts";
import type { ServiceConfig, TlsConfig } from "../engine/service.ts";
import type { Scope, ScopeValue } from "../expr/mod.ts";
import type { Plan, PlanService } from "./plan.ts";

/** The values behind the names that service settings see. */
export interface SettingsValues {
  readonly plan: Plan;
  readonly input: JsonValue;
  readonly runId: string;
  readonly startedAt: number;
  readonly env: (name: string) => string | undefined;
  /** Names of `env` that the plan reads. */
  readonly envNames: readonly string[];
  readonly secrets: (name: string) => string | undefined;
  /** Names of `secrets` that the plan reads. */
  readonly secretNames: readonly string[];
}

/**
 * The names that service settings see, with a few more for one call.
 *
 * Its time and randomness depend on the run and the call alone, so that every attempt sends the same.
 */
export function settingsScope(values: SettingsValues, call: Readonly<Record<string, string>> = {}): Scope {
  const { plan, input, runId, startedAt, env, envNames, secrets, secretNames } = values;
  let random: (() => number) | undefined;
  const lookup = (name: string): ScopeValue | undefined => {
    if (Object.hasOwn(call, name)) return call[name];
    if (name === "input") return input;
    if (name === "run") return { id: runId, started_at: new Date(startedAt).toISOString() };
    if (name === "workflow") return { name: plan.name, version: plan.version };
    if (name === "env") return readAll(envNames, env);
    return name === "secrets" ? readAll(secretNames, secrets) : undefined;
  };
  return {
    lookup,
    now: () => startedAt,
    random: () => (random ??= seededRandom([runId, ...Object.values(call)].join(" ")))(),
  };
}

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

function readAll(names: readonly string[], read: (name: string) => string | undefined): ScopeValue {
  const values: Record<string, ScopeValue> = {};
  for (const name of names) {
    const value = read(name);
    if (value !== undefined) values[name] = value;
  }
  return values;
}
