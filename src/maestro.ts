import { MaestroError } from "./base/errors.ts";
import { createIdGenerator } from "./base/ids.ts";
import type { JsonObject, JsonValue } from "./base/json.ts";
import { folderOf, joinPath } from "./base/paths.ts";
import { Redactor } from "./base/redact.ts";
import { type Clock, systemClock } from "./engine/clock.ts";
import type { Failure } from "./engine/failure.ts";
import type { RunListener } from "./engine/hooks.ts";
import type { ServiceTypes } from "./engine/message_type.ts";
import type { LiveRun } from "./engine/live_run.ts";
import { type RunFinished, sentMethod } from "./engine/journal.ts";
import type { RunCause, RunRecord, RunStatus } from "./engine/run.ts";
import type { AuthConfig, ServiceAdapter } from "./engine/service.ts";
import type { Storage } from "./engine/storage.ts";
import { Worker } from "./engine/worker.ts";
import type { Template } from "./expr/mod.ts";
import { loadWorkflow } from "./load_workflow.ts";
import type { LoadedWorkflow, LoadResult, WorkflowSource } from "./load_workflow.ts";
import { type Environment, type EnvironmentRead, readsEnvironment } from "./plan/environment.ts";
import type { Plan, PlanService } from "./plan/plan.ts";
import { PlanCaller } from "./plan/plan_caller.ts";
import { checkInput } from "./plan/run_input.ts";
import { foldSteps, type RollbackView, type StepView } from "./plan/run_view.ts";
import { evaluateSetting, ServiceConfigs, type SettingsValues } from "./plan/service_settings.ts";
import { sha256 } from "./runtime/digest.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { Authorizer } from "./services/auth.ts";
import type { FunctionServices } from "./services/function/adapter.ts";
import { createServiceRegistry, type ServiceRegistry } from "./services/open_services.ts";
import { MemoryStorage } from "./storage/memory_storage.ts";

export type { LoadedWorkflow, LoadResult, WorkflowSource };
export { sentMethod };

/** Options of `createMaestro`. */
export interface MaestroOptions {
  /** What differs between runtimes: `fetch`, files, the microtask drain. */
  readonly runtime: Runtime;
  /** The program's own functions behind `type: function` services. */
  readonly functions?: FunctionServices | undefined;
  /** Reads `env.NAME`. @default nothing is set */
  readonly env?: ((name: string) => string | undefined) | undefined;
  /** Reads `secrets.NAME`. @default nothing is set */
  readonly secrets?: ((name: string) => string | undefined) | undefined;
  /** Learns every secret that is read; share it with whatever writes logs. @default its own */
  readonly redactor?: Redactor | undefined;
  /** Hears every event of every run. Must not throw. */
  readonly onEvent?: RunListener | undefined;
  /**
   * Where runs live. @default this process's memory
   * @internal
   */
  readonly storage?: Storage | undefined;
  /** Decides every wait and time limit. @default the machine's clock */
  readonly clock?: Clock | undefined;
  /** Numbers from 0 to 1, for jitter and trace ids. @default `Math.random` */
  readonly random?: (() => number) | undefined;
}

/** Settings of `Maestro.load`. */
export interface LoadSettings {
  /** Whether live gRPC services are asked for their types. @default false */
  readonly online?: boolean | undefined;
  /** Endpoints that replace the document's, by service name. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
}

/** Options of `Maestro.start`. */
export interface StartOptions {
  /** A JSON object. */
  readonly input: JsonValue;
  /** The run's id. @default a new UUID of version 7 */
  readonly id?: string | undefined;
  /** Endpoints that replace the document's, by service name. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
  /** Replaces the workflow's `timeout`. */
  readonly timeoutMs?: number | undefined;
}

/** A run that this process advances. */
export interface RunHandle {
  /** The run's id. */
  readonly id: string;
  /** Resolves when the run has ended, however it did; rejects when it cannot go on in this process. */
  result(): Promise<RunResult>;
  /** Cancels the run and rolls it back. The result says how that went. */
  cancel(): void;
  /** Starts nothing more, waits at most 8 s for answers in flight, and lets go of the run; `result` rejects. */
  suspend(): Promise<void>;
}

/** How a run ended. Times are milliseconds since the epoch. */
export interface RunResult {
  /** The run's id. */
  readonly runId: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** The workflow's version; empty where it has none. */
  readonly version: string;
  /** How the run ended. */
  readonly status: RunStatus;
  /** Why it did not complete; null where it did. */
  readonly cause: RunCause | null;
  /** The workflow's output; null unless it completed. */
  readonly output: JsonValue;
  /** What it failed with. */
  readonly error: Failure | null;
  /** When it began. */
  readonly startedAt: number;
  /** When it ended, rollback included. */
  readonly finishedAt: number;
  /** Its steps, in the order in which they began. */
  readonly steps: readonly StepView[];
  /** What became of the steps that were to be undone. */
  readonly rollback: RollbackView;
}

/**
 * An engine with its storage and its connections: loads workflows and runs them.
 *
 * Close it when done; runs that are still going are let go of.
 */
export interface Maestro {
  /** Reads, checks and compiles a workflow and the files that it names. Problems are diagnostics, never exceptions. */
  load(source: WorkflowSource, settings?: LoadSettings): Promise<LoadResult>;
  /**
   * Starts a run. Resolves when it is in the store.
   *
   * @throws {MaestroError} `invalid_input`, `missing_value` for a variable or secret that is not set, `run_conflict` for a taken id.
   */
  start(workflow: LoadedWorkflow, options: StartOptions): Promise<RunHandle>;
  /** Lets go of every run and closes connections and storage. */
  close(): Promise<void>;
}

/** Wires engine, storage and services together. No I/O happens before the first run. */
export function createMaestro(options: MaestroOptions): Maestro {
  return new LocalMaestro(options);
}

class LocalMaestro implements Maestro {
  readonly #options: MaestroOptions;
  readonly #clock: Clock;
  readonly #storage: Storage;
  readonly #redactor: Redactor;
  readonly #env: (name: string) => string | undefined;
  readonly #secrets: (name: string) => string | undefined;
  readonly #worker: Worker;
  readonly #adapters: Record<string, ServiceAdapter> = {};
  readonly #configs = new WeakMap<LoadedWorkflow, ServiceConfigs>();
  #authorizer: Authorizer | undefined;
  readonly #registry: ServiceRegistry;
  readonly #createId: () => string;

  constructor(options: MaestroOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#storage = options.storage ?? new MemoryStorage();
    this.#redactor = options.redactor ?? new Redactor();
    this.#env = options.env ?? nothing;
    this.#secrets = (name) => {
      const secret = options.secrets?.(name);
      if (secret !== undefined) this.#redactor.add(secret);
      return secret;
    };
    this.#registry = createServiceRegistry({ adapters: this.#adapters, clock: this.#clock });
    this.#createId = createIdGenerator(() => this.#clock.now());
    this.#worker = new Worker({
      storage: this.#storage,
      clock: this.#clock,
      random: options.random ?? Math.random,
      createId: this.#createId,
      digest: sha256,
      drain: options.runtime.drain,
      onEvent: options.onEvent,
    });
  }

  async load(source: WorkflowSource, { online = false, endpoints = {} }: LoadSettings = {}): Promise<LoadResult> {
    const reflect = (plan: Plan, service: string): Promise<ServiceTypes> =>
      this.#reflect(plan, service, source.file, endpoints[service]);
    const { readFile } = this.#options.runtime;
    const { workflow, diagnostics } = await loadWorkflow(source, { readFile, reflect: online ? reflect : undefined });
    const clean = (text: string): string => this.#redactor.text(text);
    return { workflow, diagnostics: diagnostics.map((found) => ({ ...found, message: clean(found.message) })) };
  }

  async start(workflow: LoadedWorkflow, options: StartOptions): Promise<RunHandle> {
    const { plan, bundle, hash, environment, definition } = workflow;
    const input = checkInput(plan.inputSchema, options.input);
    const { endpoints = {} } = options;
    const required = Object.keys(endpoints).length === 0 ? environment : readsEnvironment(plan, endpoints);
    requireAll("env", required.env, this.#env);
    requireAll("secrets", required.secrets, this.#secrets);
    await this.#openAdapters(plan);
    const startedAt = this.#clock.now();
    const internalId = this.#createId();
    const run: RunRecord = {
      id: options.id ?? internalId,
      internalId,
      workflow: plan.name,
      version: plan.version,
      definition: hash,
      queue: "local",
      parent: null,
      root: options.id ?? internalId,
      durability: "sync",
      status: "running",
      cause: null,
      output: null,
      error: null,
      pause: null,
      wakeAt: null,
      startedAt,
      finishedAt: null,
    };
    const live = await this.#worker.start({
      run,
      definition,
      bundle,
      caller: this.#caller(workflow, run, input, endpoints),
      started: {
        type: "run_started",
        workflow: plan.name,
        version: plan.version,
        definition: hash,
        input,
        env: Object.fromEntries(environment.env.map(({ name }) => [name, this.#env(name) ?? null])),
        seed: internalId,
        timeoutMs: options.timeoutMs ?? definition.timeoutMs ?? null,
        endpoints,
      },
    });
    return this.#handle(live, run);
  }

  async close(): Promise<void> {
    await this.#worker.suspend();
    await this.#registry.close();
    this.#authorizer?.close();
    await this.#storage[Symbol.asyncDispose]();
  }

  #caller(
    workflow: LoadedWorkflow,
    run: Pick<RunRecord, "id" | "startedAt">,
    input: JsonValue,
    endpoints: Readonly<Record<string, string>>,
  ): PlanCaller {
    return new PlanCaller({
      ...this.#settingsValues(workflow.plan, workflow.environment),
      input,
      runId: run.id,
      startedAt: run.startedAt,
      redactor: this.#redactor,
      client: (config) => this.#registry.client(config),
      configs: this.#configsOf(workflow),
      endpoints,
    });
  }

  #configsOf(workflow: LoadedWorkflow): ServiceConfigs {
    let configs = this.#configs.get(workflow);
    if (configs === undefined) this.#configs.set(workflow, configs = createConfigs(workflow));
    return configs;
  }

  #settingsValues(plan: Plan, environment: Environment): SettingsValues {
    return {
      plan,
      input: null,
      runId: "",
      startedAt: this.#clock.now(),
      env: this.#env,
      envNames: environment.env.map(({ name }) => name),
      secrets: this.#secrets,
      secretNames: environment.secrets.map(({ name }) => name),
    };
  }

  /** Asks a live service for its types, with the endpoint, TLS settings, metadata and credentials that a call would use. */
  async #reflect(plan: Plan, name: string, file: string, endpoint: string | undefined): Promise<ServiceTypes> {
    const { reflectServiceTypes } = await import("./services/grpc/service_types.ts");
    const service = plan.services.get(name)!;
    const values = this.#settingsValues(plan, readsEnvironment(plan));
    const evaluate = (template: Template): JsonValue => evaluateSetting(template, values, this.#redactor);
    const config = createConfigs({ file, descriptors: {} }).resolve(service, endpoint, evaluate);
    /** What depends on a run cannot be known. */
    const known = (template: Template | undefined): JsonValue | undefined =>
      template?.references.every(({ root }) => root !== "input" && root !== "run" && root !== "idempotency_key")
        ? evaluate(template)
        : undefined;
    const headers = known(service.headers) as JsonObject | undefined;
    return await reflectServiceTypes(config, {
      readFile: this.#options.runtime.readFile,
      headers: headers === undefined ? [] : [headers],
      auth: known(service.auth) as AuthConfig | undefined,
      authorizer: await this.#openAuthorizer(),
      timeoutMs: service.timeoutMs,
    });
  }

  #handle(live: LiveRun, run: RunRecord): RunHandle {
    // Read at once: a store may drop what has ended.
    const result = live.ended.then((finished) => this.#result(run, finished));
    result.catch(nothing);
    return { id: run.id, cancel: () => live.cancel(), suspend: () => live.suspend(), result: () => result };
  }

  async #result({ id, workflow, version, startedAt }: RunRecord, finished: RunFinished): Promise<RunResult> {
    const { status, cause, output, error, rollback } = finished;
    const journal = await this.#storage.readJournal({ runId: id });
    const finishedAt = journal.at(-1)?.time ?? startedAt;
    return {
      runId: id,
      workflow,
      version,
      status,
      cause,
      output,
      error,
      startedAt,
      finishedAt,
      rollback,
      get steps() {
        return foldSteps(journal);
      },
    };
  }

  /** Only what a workflow uses is loaded: gRPC alone would cost more than the rest of a short run. */
  async #openAdapters(plan: Plan): Promise<void> {
    for (const { type } of plan.services.values()) this.#adapters[type] ??= await this.#openAdapter(type);
  }

  async #openAdapter(type: PlanService["type"]): Promise<ServiceAdapter> {
    const { runtime: { fetch, readFile }, functions = {} } = this.#options;
    const clock = this.#clock;
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
    const { createAuthorizer } = await import("./services/auth.ts");
    return this.#authorizer ??= createAuthorizer({
      fetch: this.#options.runtime.fetch,
      clock: this.#clock,
      onSecret: (secret) => this.#redactor.add(secret),
    });
  }
}

function createConfigs({ file, descriptors }: Pick<LoadedWorkflow, "file" | "descriptors">): ServiceConfigs {
  return new ServiceConfigs({ resolvePath: (name) => joinPath(folderOf(file), name), descriptors });
}

function nothing(): undefined {}

function requireAll(
  kind: "env" | "secrets",
  reads: readonly EnvironmentRead[],
  read: (name: string) => string | undefined,
): void {
  const missing = reads.filter(({ name, isGuarded }) => !isGuarded && read(name) === undefined);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => `${kind}.${name}`).join(", ");
  throw new MaestroError("missing_value", `Not set: ${names}`, {
    hint: kind === "env"
      ? "set it in the environment or with --env-file; `env.?NAME` reads one that may be missing"
      : `set it with --secrets-file, or as MAESTRO_SECRET_${missing[0]!.name}`,
  });
}
