import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import type { Redactor } from "../base/redact.ts";
import { seededRandom } from "../base/seeded_random.ts";
import type { ServiceConfig, TlsConfig } from "../engine/service.ts";
import { fillDeferred, type Scope, type ScopeValue, type Template } from "../expr/mod.ts";
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
function settingsScope(values: SettingsValues, call: Readonly<Record<string, string>> = {}): Scope {
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

/**
 * Evaluates a template of a service's settings. The redactor learns every text that a secret went into.
 *
 * @throws when an expression fails.
 */
export function evaluateSetting(
  template: Template,
  values: SettingsValues,
  redactor: Redactor,
  call?: Readonly<Record<string, string>>,
): JsonValue {
  if (template.isConstant) return template.evaluate(EMPTY_SCOPE);
  const scope = settingsScope(values, call);
  if (!template.readsSecrets) return template.evaluate(scope);
  const { value, deferred } = template.evaluateDeferred(scope);
  return fillDeferred(value, deferred, values.secrets, (text) => redactor.add(text));
}

const EMPTY_SCOPE: Scope = { lookup: () => undefined, now: () => 0, random: () => 0 };

/** What the services of one workflow are resolved against. */
export interface ServiceSurroundings {
  /** Gives the absolute path of a file that the workflow names. */
  readonly resolvePath: (name: string) => string;
  /** Serialised descriptor sets in base64, by service name. */
  readonly descriptors: Readonly<Record<string, string>>;
}

/**
 * Resolves the services of one loaded workflow into what an adapter opens.
 *
 * Equal settings give the same object in every run, so that its client is found by identity.
 */
export class ServiceConfigs {
  readonly #surroundings: ServiceSurroundings;
  readonly #constant = new Map<PlanService, ServiceConfig>();
  /** By service, endpoint and TLS settings: all that can differ. */
  readonly #resolved = new Map<string, ServiceConfig>();

  constructor(surroundings: ServiceSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * The configuration of a service, its `endpoint` replaced where one is given. `evaluate` gives the value of a template that is not constant.
   *
   * @throws what `evaluate` throws.
   */
  resolve(
    service: PlanService,
    endpoint: string | undefined,
    evaluate: (template: Template) => JsonValue,
  ): ServiceConfig {
    const known = endpoint === undefined ? this.#constant.get(service) : undefined;
    if (known !== undefined) return known;
    const address = endpoint === undefined ? textOf(evaluate(service.endpoint)) : withScheme(service, endpoint);
    const tls = service.tls && this.#tls(evaluate(service.tls));
    const key = JSON.stringify([service.name, address, tls]);
    let config = this.#resolved.get(key);
    if (config === undefined) this.#resolved.set(key, config = this.#config(service, address, tls));
    const isConstant = service.endpoint.isConstant && (service.tls?.isConstant ?? true);
    if (endpoint === undefined && isConstant) this.#constant.set(service, config);
    return config;
  }

  #config(service: PlanService, endpoint: string, tls: TlsConfig | undefined): ServiceConfig {
    return {
      name: service.name,
      type: service.type,
      endpoint,
      poolSize: service.poolSize,
      maxInFlight: service.maxInFlight,
      rateLimit: service.rateLimit,
      circuitBreaker: service.circuitBreaker,
      tls,
      maxResponse: service.maxResponse,
      idempotencyHeader: service.idempotencyHeader,
      noEffectOn: service.noEffectOn,
      descriptors: this.#surroundings.descriptors[service.name],
      grpcService: service.grpcService,
    };
  }

  #tls(value: JsonValue): TlsConfig {
    const settings: JsonObject = isJsonObject(value) ? value : {};
    const path = (key: string): string | undefined => {
      const name = settings[key];
      return typeof name === "string" && name !== "" ? this.#surroundings.resolvePath(name) : undefined;
    };
    const serverName = settings["server_name"];
    return {
      ca: path("ca"),
      cert: path("cert"),
      key: path("key"),
      serverName: typeof serverName === "string" ? serverName : undefined,
    };
  }
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

/** An address alone, as gRPC takes it, is enough for HTTP too. */
function withScheme({ type, tls }: PlanService, endpoint: string): string {
  if (type !== "http" || endpoint.includes("://")) return endpoint;
  return `${tls === undefined ? "http" : "https"}://${endpoint}`;
}
