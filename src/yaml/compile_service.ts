import { isJsonObject, type JsonValue } from "../base/json.ts";
import { isReservedWord } from "../plan/check_names.ts";
import type { PlanService } from "../plan/plan.ts";
import { checkErrorCodes } from "./check_error_codes.ts";
import { checkService } from "./check_service.ts";
import type { Compilation } from "./compilation.ts";
import { compileRetry } from "./compile_retry.ts";
import { Fields } from "./fields.ts";

const DEFAULT_BREAKER: Exclude<PlanService["circuitBreaker"], false> = {
  failureRatio: 0.6,
  minCalls: 5,
  windowMs: 10_000,
  openForMs: 30_000,
};

/** Largest answer in bytes unless the service says otherwise. */
const DEFAULT_MAX_RESPONSE = 10 * 1024 * 1024;

const DEFAULT_IDEMPOTENCY_HEADER = "Idempotency-Key";

/** Compiles one entry of `services`. */
export function compileService(compilation: Compilation, name: string, value: JsonValue): PlanService {
  const fields = new Fields(value, ["services", name]);
  const type = fields.text("type");
  const headersKey = type === "grpc" ? "metadata" : "headers";
  checkErrorCodes(compilation, fields, "no_effect_on");
  if (isReservedWord(name)) {
    compilation.error(
      "reserved_name",
      `"${name}" is a reserved word of expressions and cannot be a name`,
      fields.path,
      {
        hint: "choose another name",
        onKey: true,
      },
    );
  }
  const service: PlanService = {
    name,
    type: type === "grpc" || type === "function" ? type : "http",
    endpoint: compilation.template(fields.text("endpoint") ?? "", fields.at("endpoint")),
    timeoutMs: fields.duration("timeout"),
    retry: compileRetry(compilation, fields.fields("retry")),
    circuitBreaker: compileBreaker(fields),
    poolSize: fields.fields("pool").number("size"),
    maxInFlight: fields.number("max_in_flight"),
    rateLimit: compileRateLimit(fields.fields("rate_limit")),
    tls: compileTls(compilation, fields),
    headers: compileOptional(compilation, fields, headersKey),
    auth: compileOptional(compilation, fields, "auth"),
    proto: fields.texts("proto") ?? [],
    descriptorSet: fields.text("descriptor_set"),
    grpcService: fields.text("grpc_service"),
    idempotencyHeader: fields.value("idempotency_header") === false
      ? false
      : fields.text("idempotency_header") ?? DEFAULT_IDEMPOTENCY_HEADER,
    noEffectOn: fields.texts("no_effect_on") ?? [],
    maxResponse: byteSize(fields.value("max_response")) ?? DEFAULT_MAX_RESPONSE,
    origin: fields.path,
  };
  checkService(compilation, fields, service);
  return service;
}

function compileOptional(compilation: Compilation, fields: Fields, key: string): PlanService["headers"] {
  const value = fields.value(key);
  return isJsonObject(value) ? compilation.template(value, fields.at(key)) : undefined;
}

function compileTls(compilation: Compilation, fields: Fields): PlanService["tls"] {
  const value = fields.value("tls");
  if (value === true) return compilation.template({}, fields.at("tls"));
  return isJsonObject(value) ? compilation.template(value, fields.at("tls")) : undefined;
}

function compileBreaker(fields: Fields): PlanService["circuitBreaker"] {
  if (fields.value("circuit_breaker") === false) return false;
  const breaker = fields.fields("circuit_breaker");
  return {
    failureRatio: breaker.number("failure_ratio") ?? DEFAULT_BREAKER.failureRatio,
    minCalls: breaker.number("min_calls") ?? DEFAULT_BREAKER.minCalls,
    windowMs: breaker.duration("window") ?? DEFAULT_BREAKER.windowMs,
    openForMs: breaker.duration("open_for") ?? DEFAULT_BREAKER.openForMs,
  };
}

function compileRateLimit(fields: Fields): PlanService["rateLimit"] {
  const perSecond = fields.number("per_second");
  if (perSecond === undefined) return undefined;
  return { perSecond, burst: fields.number("burst") ?? Math.max(1, Math.ceil(perSecond)) };
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** Reads a size such as `20MiB`, or a number of bytes. */
function byteSize(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const [, amount, unit] = /^(\d+)([KMG]?i?B?)$/.exec(value) ?? [];
  const bytes = UNIT_BYTES[unit ?? "?"];
  return amount === undefined || bytes === undefined ? undefined : Number(amount) * bytes;
}
