import type { JsonObject, JsonValue } from "./base/json.ts";
import { folderOf, joinPath } from "./base/paths.ts";
import type { Redactor } from "./base/redact.ts";
import type { Program } from "./code/perform_work.ts";
import type { Clock } from "./engine/clock.ts";
import type { ServiceTypes } from "./engine/message_type.ts";
import type { AuthConfig, ServiceAdapter } from "./engine/service.ts";
import type { StepCaller } from "./engine/step_runner.ts";
import type { Template } from "./expr/mod.ts";
import type { LoadedWorkflow, ProgramWork } from "./load_workflow.ts";
import { type Environment, readsEnvironment } from "./plan/environment.ts";
import type { Plan, PlanService } from "./plan/plan.ts";
import { PlanCaller } from "./plan/plan_caller.ts";
import { evaluateSetting, ServiceConfigs, type SettingsValues } from "./plan/service_settings.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { Authorizer } from "./services/auth.ts";
import type { callFunction, FunctionServices } from "./services/function/adapter.ts";
import { createServiceRegistry, type ServiceRegistry } from "./services/open_services.ts";

/** What connections need from around them. */
export interface ServiceConnectionsOptions {
  readonly runtime: Runtime;
  readonly functions: FunctionServices;
  readonly redactor: Redactor;
  readonly clock: Clock;
}

/** Values from outside: what `env.NAME` and `secrets.NAME` read. */
export interface Values {
  /** Reads `env.NAME`; `undefined` where it is not set. */
  readonly env: (name: string) => string | undefined;
  /** Reads `secrets.NAME`; `undefined` where it is not set. */
  readonly secrets: (name: string) => string | undefined;
}

/** What the calls of one run need. */
export interface CallerRequest {
  readonly workflow: LoadedWorkflow;
  readonly runId: string;
  readonly startedAt: number;
  readonly input: JsonValue;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly values: Values;
}

/** The connections of a process to services: one client for equal settings, shared by all runs. */
export class ServiceConnections {
  readonly #options: ServiceConnectionsOptions;
  readonly #adapters: Record<string, ServiceAdapter> = {};
  readonly #configs = new WeakMap<LoadedWorkflow, ServiceConfigs>();
  readonly #registry: ServiceRegistry;
  #authorizer: Authorizer | undefined;
  #callFunction: typeof callFunction | undefined;

  constructor(options: ServiceConnectionsOptions) {
    this.#options = options;
    this.#registry = createServiceRegistry({ adapters: this.#adapters, clock: options.clock });
  }

  /** Loads the adapters that a workflow uses, and no other: gRPC alone would cost more than the rest of a short run. */
  async open({ services }: Plan): Promise<void> {
    for (const { type } of services.values()) this.#adapters[type] ??= await this.#openAdapter(type);
  }

  /** Makes the calls of one run. */
  caller({ workflow, runId, startedAt, input, endpoints, values }: CallerRequest): PlanCaller {
    return new PlanCaller({
      ...this.#settings(workflow.plan, workflow.environment, values),
      input,
      runId,
      startedAt,
      redactor: this.#options.redactor,
      client: (config) => this.#registry.client(config),
      configs: this.#configsOf(workflow),
      endpoints,
    });
  }

  /** Makes the calls of a workflow whose calls are code of the program; `log` hears what that tells people. */
  async programCaller(perform: ProgramWork, program: Program): Promise<StepCaller> {
    // Asking for a module that is loaded already costs as much as a step.
    const make = this.#callFunction ??= (await import("./services/function/adapter.ts")).callFunction;
    return {
      call: (spec, facts) => this.#registry.attempt(facts, () => make(() => perform(spec, facts, program), facts)),
    };
  }

  /** Asks a live service for its types, with the endpoint, TLS settings, metadata and credentials that a call would use. */
  async reflect(
    { plan, name, file, endpoint }: {
      readonly plan: Plan;
      readonly name: string;
      readonly file: string;
      readonly endpoint: string | undefined;
    },
    given: Values,
  ): Promise<ServiceTypes> {
    const { redactor, runtime } = this.#options;
    const { reflectServiceTypes } = await import("./services/grpc/service_types.ts");
    const service = plan.services.get(name)!;
    const values = this.#settings(plan, readsEnvironment(plan), given);
    const evaluate = (template: Template): JsonValue => evaluateSetting(template, values, redactor);
    const config = createConfigs({ file, descriptors: {} }).resolve(service, endpoint, evaluate);
    /** What depends on a run cannot be known. */
    const known = (template: Template | undefined): JsonValue | undefined =>
      template?.references.every(({ root }) => root !== "input" && root !== "run" && root !== "idempotency_key")
        ? evaluate(template)
        : undefined;
    const headers = known(service.headers) as JsonObject | undefined;
    return await reflectServiceTypes(config, {
      readFile: runtime.readFile,
      headers: headers === undefined ? [] : [headers],
      auth: known(service.auth) as AuthConfig | undefined,
      authorizer: await this.#openAuthorizer(),
      timeoutMs: service.timeoutMs,
    });
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    await this.#registry.close();
    this.#authorizer?.close();
  }

  #configsOf(workflow: LoadedWorkflow): ServiceConfigs {
    let configs = this.#configs.get(workflow);
    if (configs === undefined) this.#configs.set(workflow, configs = createConfigs(workflow));
    return configs;
  }

  #settings(plan: Plan, environment: Environment, { env, secrets }: Values): SettingsValues {
    return {
      plan,
      input: null,
      runId: "",
      startedAt: this.#options.clock.now(),
      env,
      envNames: environment.env.map(({ name }) => name),
      secrets,
      secretNames: environment.secrets.map(({ name }) => name),
    };
  }

  async #openAdapter(type: PlanService["type"]): Promise<ServiceAdapter> {
    const { runtime: { fetch, readFile }, functions, clock } = this.#options;
    if (type === "function") return (await import("./services/function/adapter.ts")).createFunctionAdapter(functions);
    const authorizer = await this.#openAuthorizer();
    if (type === "http") {
      return (await import("./services/http/adapter.ts")).createHttpAdapter({ fetch, readFile, authorizer, clock });
    }
    const { createGrpcAdapter } = await import("./services/grpc/adapter.ts");
    return createGrpcAdapter({ readFile, authorizer, now: () => clock.now() });
  }

  /** One for all services, so that they share tokens. */
  async #openAuthorizer(): Promise<Authorizer> {
    const { runtime: { fetch }, clock, redactor } = this.#options;
    const { createAuthorizer } = await import("./services/auth.ts");
    return this.#authorizer ??= createAuthorizer({ fetch, clock, onSecret: (secret) => redactor.add(secret) });
  }
}

function createConfigs({ file, descriptors }: Pick<LoadedWorkflow, "file" | "descriptors">): ServiceConfigs {
  return new ServiceConfigs({ resolvePath: (name) => joinPath(folderOf(file), name), descriptors });
}
