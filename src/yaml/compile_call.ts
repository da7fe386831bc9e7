import type { JsonObject, JsonValue } from "../base/json.ts";
import { didYouMean } from "../base/text.ts";
import type { CallStep, PlanCall, PlanCompensation, PlanReconcile, PlanService, PlanStepBase } from "../plan/plan.ts";
import { compensationRetry, stepRetry } from "../plan/retry_layers.ts";
import { checkCallKeys } from "./check_call_keys.ts";
import type { Compilation } from "./compilation.ts";
import { compileRetry } from "./compile_retry.ts";
import type { Fields } from "./fields.ts";

/** What a call sends, in the order of the document's keys; `metadata` is the `headers` of gRPC. */
const REQUEST_KEYS = ["input", "query", "body", "headers"] as const;

const ENCODINGS: ReadonlySet<string> = new Set(["json", "form", "multipart", "text", "binary"]);

/** Compiles a call with all that may follow from it: how it is asked about, and how it is undone. */
export function compileCallStep(compilation: Compilation, base: PlanStepBase, fields: Fields): CallStep {
  const undo = fields.fields("compensate");
  if (fields.has("reconcile") && undo.has("reconcile")) {
    compilation.error("misplaced_key", 'This call has "reconcile" twice', undo.at("reconcile"), {
      hint: "it means the same beside compensate and in it: write it once",
      onKey: true,
    });
  }
  const holder = fields.has("reconcile") ? fields : undo;
  const atMostOnce = fields.boolean("at_most_once") ?? false;
  const isAskedAbout = holder.has("reconcile");
  const call = compileCall(compilation, fields, atMostOnce && !isAskedAbout);
  return {
    ...base,
    kind: "call",
    call,
    compensate: fields.has("compensate") ? compileCompensation(compilation, undo, call) : undefined,
    reconcile: isAskedAbout ? compileReconcile(compilation, holder.fields("reconcile"), call) : undefined,
    isPivot: fields.boolean("pivot") ?? false,
    atMostOnce,
  };
}

/** What may have taken effect is not called again where that must not happen twice. */
function compileCall(compilation: Compilation, fields: Fields, isUnknownFinal: boolean): PlanCall {
  const service = findService(compilation, fields, fields.text("service"));
  const retry = stepRetry(service?.retry ?? {}, compileRetry(compilation, fields.fields("retry")));
  return {
    ...callParts(compilation, fields, service),
    retry: isUnknownFinal ? { ...retry, neverOn: [...retry.neverOn, "unknown"] } : retry,
    when: undefined,
  };
}

function compileCompensation(compilation: Compilation, fields: Fields, step: PlanCall): PlanCompensation {
  const condition = fields.value("when");
  const call = {
    ...compileFollowing(compilation, fields, step),
    when: condition === undefined ? undefined : compilation.condition(condition, fields.at("when")),
  };
  return { call, onUnknown: fields.boolean("on_unknown") ?? false };
}

function compileReconcile(compilation: Compilation, fields: Fields, step: PlanCall): PlanReconcile {
  const output = fields.value("output");
  return {
    call: compileFollowing(compilation, fields, step),
    done: compilation.condition(fields.value("done") ?? true, fields.at("done")),
    output: output === undefined ? undefined : compilation.template(output, fields.at("output")),
  };
}

/** Compiles a call that follows from a step's: its service is that of the step unless it names one. */
function compileFollowing(compilation: Compilation, fields: Fields, step: PlanCall): PlanCall {
  const service = findService(compilation, fields, fields.text("service") ?? step.service, fields.has("service"));
  return {
    ...callParts(compilation, fields, service),
    service: fields.text("service") ?? step.service,
    retry: compensationRetry(service?.retry ?? {}, compileRetry(compilation, fields.fields("retry"))),
    when: undefined,
  };
}

function callParts(
  compilation: Compilation,
  fields: Fields,
  service: PlanService | undefined,
): Omit<PlanCall, "retry" | "when"> {
  const method = fields.text("method") ?? "";
  const encoding = fields.text("encoding");
  if (service !== undefined) checkCallKeys(compilation, fields, service);
  return {
    service: fields.text("service") ?? "",
    method: compilation.parts(method, fields.at("method")),
    methodText: method,
    request: compilation.template(requestOf(fields, service), fields.path, renamedHeaders(service)),
    encoding: encoding !== undefined && ENCODINGS.has(encoding) ? encoding as PlanCall["encoding"] : undefined,
    expect: fields.list("expect")?.filter((item) => typeof item === "string" || typeof item === "number"),
    response: fields.text("response") === "full" ? "full" : undefined,
    stream: compileStream(compilation, fields),
    attemptTimeoutMs: fields.duration("attempt_timeout"),
    origin: fields.path,
  };
}

function renamedHeaders(service: PlanService | undefined): Readonly<Record<string, string>> {
  return service?.type === "grpc" ? { headers: "metadata" } : {};
}

function requestOf(fields: Fields, service: PlanService | undefined): JsonObject {
  const request: Record<string, JsonValue> = {};
  for (const key of REQUEST_KEYS) {
    const source = key === "headers" && service?.type === "grpc" ? "metadata" : key;
    const value = fields.value(source);
    if (value !== undefined) request[key] = value;
  }
  return request;
}

function compileStream(compilation: Compilation, fields: Fields): PlanCall["stream"] {
  if (!fields.has("stream")) return undefined;
  const stream = fields.fields("stream");
  const until = stream.value("until");
  return {
    max: stream.number("max"),
    until: until === undefined ? undefined : compilation.condition(until, stream.at("until")),
  };
}

function findService(
  compilation: Compilation,
  fields: Fields,
  name: string | undefined,
  isGiven = true,
): PlanService | undefined {
  if (name === undefined) return undefined;
  const service = compilation.services.get(name);
  if (service === undefined && isGiven) {
    const known = [...compilation.services.keys()];
    compilation.error("unknown_service", `The service "${name}" is not declared`, fields.at("service"), {
      hint: didYouMean(name, known) ??
        (known.length === 0 ? 'declare it under "services"' : `declared are: ${known.join(", ")}`),
    });
  }
  return service;
}
