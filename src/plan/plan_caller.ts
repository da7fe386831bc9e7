import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import type { Redactor } from "../base/redact.ts";
import type { StepSpec } from "../engine/context.ts";
import { failure, toFailure } from "../engine/failure.ts";
import type {
  AttemptResult,
  AuthConfig,
  CallContext,
  CallRequest,
  PendingResult,
  ServiceClient,
  ServiceConfig,
} from "../engine/service.ts";
import type { StepCaller } from "../engine/step_runner.ts";
import { fillDeferred, type Template } from "../expr/mod.ts";
import type { LocalCall, RecordedCall } from "./call_step.ts";
import type { PlanService } from "./plan.ts";
import { evaluateSetting, type ServiceConfigs, type SettingsValues } from "./service_settings.ts";

/** What a plan's calls need from around the run. */
export interface PlanCallerOptions extends SettingsValues {
  readonly redactor: Redactor;
  readonly client: (config: ServiceConfig) => ServiceClient;
  readonly configs: ServiceConfigs;
  /** Endpoints that replace the document's, by service name. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/**
 * Makes the attempts of a plan's calls: resolves service settings and secrets at each attempt, lays the service's headers below the
 * step's, and blots out secrets in what comes back. An expression that fails here is a permanent failure, nothing sent.
 */
export class PlanCaller implements StepCaller {
  readonly #options: PlanCallerOptions;

  constructor(options: PlanCallerOptions) {
    this.#options = options;
  }

  call(spec: StepSpec, context: CallContext): PendingResult {
    const { plan, client, redactor } = this.#options;
    const service = plan.services.get(spec.service)!;
    try {
      const request = this.#request(spec, service, context);
      if (service.type === "function" && !redactor.isEmpty) {
        context.redactHeartbeat = (details) => redactor.json(details);
      }
      const pending = client(this.#config(service)).call(request, context);
      // The credentials of this very call may be the first secret that there is.
      const isClean = redactor.isEmpty && request.auth === undefined;
      if (isClean) return pending;
      return pending instanceof Promise
        ? pending.then((result) => redact(result, redactor))
        : redact(pending, redactor);
    } catch (thrown) {
      const reason = toFailure(thrown, "expression_error");
      const refused = failure(reason.code, redactor.text(reason.message));
      return { ok: false, failure: refused, class: "permanent", mayHaveActed: false };
    }
  }

  #request(spec: StepSpec, service: PlanService, context: CallContext): CallRequest {
    const { secrets, redactor } = this.#options;
    const { call, streamUntil } = spec.local as LocalCall;
    const { method, request: recorded, deferred } = spec.request as unknown as RecordedCall;
    const request = deferred === undefined
      ? recorded
      : fillDeferred(recorded, deferred, secrets, (text) => redactor.add(text)) as JsonObject;
    return {
      method,
      input: request["input"],
      query: request["query"],
      body: request["body"],
      headers: this.#headers(service, request["headers"], context),
      encoding: call.encoding,
      expect: call.expect,
      response: call.response,
      streamMax: call.stream?.max,
      streamUntil,
      auth: service.auth && this.#evaluate(service.auth, context) as AuthConfig,
    };
  }

  #headers(service: PlanService, own: JsonValue | undefined, context: CallContext): readonly JsonObject[] {
    const layers: JsonObject[] = [];
    if (service.headers !== undefined) layers.push(this.#evaluate(service.headers, context) as JsonObject);
    if (isJsonObject(own)) layers.push(own);
    return layers;
  }

  #config(service: PlanService): ServiceConfig {
    return this.#options.configs.resolve(service, this.#options.endpoints[service.name], this.#evaluateConfig);
  }

  readonly #evaluateConfig = (template: Template): JsonValue =>
    evaluateSetting(template, this.#options, this.#options.redactor);

  #evaluate(template: Template, context: CallContext): JsonValue {
    const { redactor } = this.#options;
    return evaluateSetting(template, this.#options, redactor, { idempotency_key: context.idempotencyKey });
  }
}

function redact(result: AttemptResult, redactor: Redactor): AttemptResult {
  if (result.ok) return { ok: true, output: redactor.json(result.output) };
  const { message, details } = result.failure;
  return {
    ...result,
    failure: { ...result.failure, message: redactor.text(message), details: redactor.json(details) },
  };
}
