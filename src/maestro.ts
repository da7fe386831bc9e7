import { createIdGenerator } from "./base/ids.ts";
import { Redactor } from "./base/redact.ts";
import type { Payload, QueryDefinition, UpdateDefinition } from "./code/message.ts";
import type { AnyWorkflow, Workflow } from "./code/workflow.ts";
import type { Dag } from "./dag/dag.ts";
import { Definitions, type Registrable } from "./definitions.ts";
import { systemClock } from "./engine/clock.ts";
import { captureContext, restoring } from "./context_propagator.ts";
import type { RunEvent } from "./engine/hooks.ts";
import { type RunFiles, sentMethod } from "./engine/journal.ts";
import type { Storage, StoredRun } from "./engine/storage.ts";
import { createPlaces } from "./limit_steps.ts";
import { Engine } from "./local_engine.ts";
import { loadWorkflow } from "./load_workflow.ts";
import type { LoadedWorkflow, LoadResult, WorkflowSource } from "./load_workflow.ts";
import type { MaestroOptions } from "./maestro_options.ts";
import type { Migration, RunControl, RunReader, SignalReceipt, SignalRequest } from "./run_control.ts";
import type { RunHandle, RunResult } from "./run_handle.ts";
import type { RunFilter } from "./run_requests.ts";
import { ServiceConnections, type Values } from "./service_connections.ts";
import { MemoryStorage } from "./storage/memory_storage.ts";
import type { AnyStartOptions, SignalWithStartOptions, StartOptions, TypedStartOptions } from "./start_options.ts";
import { StoredRuns } from "./stored_runs.ts";

export type { LoadedWorkflow, LoadResult, WorkflowSource };
export { sentMethod };
export type { RunHandle, RunResult, SignalWithStartOptions, StartOptions };
export type { MaestroOptions, TypedStartOptions };
export type { Migration, Registrable, RunControl, RunFiles, RunReader, SignalReceipt, SignalRequest, Values };

/** Settings of `Maestro.load`. */
export interface LoadSettings {
  /** Whether live gRPC services are asked for their types. @default false */
  readonly online?: boolean | undefined;
  /** Endpoints that replace the document's, by service name. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
}

/** What starts runs. */
export interface Starter {
  /**
   * Starts a run of a DAG or of a workflow in code, and registers it if that has not happened. Resolves when the run is in the store.
   *
   * @throws {MaestroError} `invalid_input`; `run_conflict` for an id of a run of another workflow or input; `usage` where another
   * definition has its name and version.
   */
  start<Output>(
    definition: Workflow<void, Output>,
    options?: Omit<TypedStartOptions<void>, "input">,
  ): Promise<RunHandle<Output>>;
  /** The same for a workflow with an input. */
  start<Input, Output>(
    definition: Dag<Input, Output> | Workflow<Input, Output>,
    options: TypedStartOptions<Input>,
  ): Promise<RunHandle<Output>>;
  /**
   * Starts a run. Resolves when it is in the store.
   *
   * @throws {MaestroError} `invalid_input`, `missing_value` for a variable or secret that is not set, `run_conflict` for an id
   * of a run of another workflow or input.
   */
  start(workflow: LoadedWorkflow, options: StartOptions): Promise<RunHandle>;
  /**
   * Starts a run, unless there is one with the id, and sends it a signal.
   *
   * @throws {MaestroError} as `start`; `run_ended` where the run has ended.
   */
  signalWithStart<Input, Output, Data>(
    definition: Dag<Input, Output> | Workflow<Input, Output>,
    options: SignalWithStartOptions<Input, Data>,
  ): Promise<RunHandle<Output>>;
}

/**
 * An engine with its storage and its connections: loads workflows and runs them.
 *
 * Close it when done; runs that are still going are let go of.
 */
export interface Maestro extends Starter, RunControl {
  /** Reads, checks and compiles a workflow and the files that it names. Problems are diagnostics, never exceptions. */
  load(source: WorkflowSource, settings?: LoadSettings): Promise<LoadResult>;
  /**
   * Makes DAGs and workflows in code known, with those that they start, so that this process can go on with their runs: `resume`, and
   * what `listen` takes.
   *
   * @throws {MaestroError} `usage` where another one has the name and version of one of them.
   */
  register(...definitions: readonly Registrable[]): void;
  /** Takes due runs of the queue from now on, whoever started them. */
  listen(): void;
  /** Lets go of every run and closes connections and storage. */
  close(): Promise<void>;
}

/**
 * Wires engine, storage and services together: client and worker in one. No I/O happens before the first run.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, workflow } from "maestro";
 *
 * const greet = workflow("greet", { version: "1" }, (ctx, name: string) => `Hello ${name}, at ${ctx.now()}`);
 *
 * const maestro = createMaestro({ runtime: await createRuntime() });
 * const run = await maestro.start(greet, { input: "Ada" });
 * console.log((await run.result()).output);
 * await maestro.close();
 * ```
 */
export function createMaestro(options: MaestroOptions): Maestro {
  return new LocalMaestro(options, true);
}

/** Options of `createClient`. */
export interface ClientOptions
  extends Pick<MaestroOptions, "runtime" | "storage" | "propagators" | "clock" | "createId"> {
  /** Where the runs live; closed with the client. */
  readonly storage: Storage;
  /** The queue that new runs go to. @default "default" */
  readonly queue?: string | undefined;
}

/** Talks about runs and drives none: those that it starts wait for a worker. */
export interface Client extends Starter, RunReader, Pick<RunControl, "signal" | "cancel"> {
  /** Makes workflows known, so that queries can be answered of journals. */
  register(...definitions: readonly Registrable[]): void;
  /** Closes the storage. */
  close(): Promise<void>;
}

/**
 * Makes a client: for a process that starts runs and asks about them, while workers drive them.
 *
 * @example
 * ```ts
 * import { createClient, createRuntime, createWorker, openStorage, workflow } from "maestro";
 *
 * const greet = workflow("greet", { version: "1" }, (_ctx, name: string) => `Hello ${name}`);
 *
 * const runtime = await createRuntime();
 * const storage = await openStorage("memory:");
 * const worker = createWorker({ runtime, storage, workflows: [greet] });
 * const client = createClient({ runtime, storage });
 * const run = await client.start(greet, { input: "Ada" });
 * console.log((await run.result()).output);
 * await worker.close();
 * await client.close();
 * ```
 */
export function createClient(options: ClientOptions): Client {
  return new LocalMaestro({ queue: "default", ...options }, false);
}

/** Options of `createWorker`. */
export interface WorkerOptions extends Omit<MaestroOptions, "queue"> {
  /** What it can run. */
  readonly workflows: readonly Registrable[];
  /** The queues that it takes due runs from. @default ["default"] */
  readonly queues?: readonly string[] | undefined;
}

/** A worker that takes due runs, until it is closed. */
export interface Worker {
  /** Takes nothing more, waits at most 8 s for answers in flight, lets go of its runs and closes the storage. */
  close(): Promise<void>;
}

/**
 * Makes a worker and lets it take runs. Any number of them may share a store.
 *
 * @throws {MaestroError} `usage` where two of its workflows have the same name and version.
 *
 * @example
 * ```ts
 * import { createRuntime, createWorker, openStorage, workflow } from "maestro";
 *
 * const greet = workflow("greet", { version: "1" }, (_ctx, name: string) => `Hello ${name}`);
 * const worker = createWorker({ runtime: await createRuntime(), storage: await openStorage("memory:"), workflows: [greet] });
 * await worker.close();
 * ```
 */
export function createWorker({ workflows, queues = ["default"], ...options }: WorkerOptions): Worker {
  const maestro = new LocalMaestro({ ...options, queue: queues[0], queues }, true);
  maestro.register(...workflows);
  maestro.listen();
  return { close: () => maestro.close() };
}

class LocalMaestro implements Maestro {
  readonly #options: MaestroOptions;
  readonly #values: Values;
  readonly #connections: ServiceConnections;
  readonly #engine: Engine;
  /** For runs whose durability is `none`. */
  #volatile: Engine | undefined;
  readonly #createEngine: (storage: Storage) => Engine;
  readonly #definitions = new Definitions();

  constructor(options: MaestroOptions, drives: boolean) {
    const { propagators = [], queue = "local", queues = [] } = options;
    const { runtime, functions = {}, clock = systemClock, redactor = new Redactor(), readValues } = options;
    this.#options = options;
    const learn = (values: Values): Values => ({
      env: values.env,
      secrets: (name) => {
        const secret = values.secrets(name);
        if (secret !== undefined) redactor.add(secret);
        return secret;
      },
    });
    const values = this.#values = learn({ env: options.env ?? nothing, secrets: options.secrets ?? nothing });
    const connections = this.#connections = new ServiceConnections({ runtime, functions, redactor, clock });
    const createId = options.createId ?? createIdGenerator(() => clock.now());
    const { maxConcurrentSteps = Infinity } = options;
    const middleware = [...restoring(propagators), ...options.middleware ?? []];
    const around = { middleware, clock, places: createPlaces(maxConcurrentSteps) };
    this.#createEngine = (storage) =>
      new Engine({
        storage,
        clock,
        random: options.random ?? Math.random,
        createId,
        drain: runtime.drain,
        connections,
        values: async (files) =>
          files === undefined || readValues === undefined ? values : learn(await readValues(files)),
        onEvent: options.onEvent,
        queue,
        queues: drives ? [...new Set([queue, ...queues])].filter((name) => name !== "local") : [],
        drives,
        maxRuns: options.maxRuns,
        maxWaiting: options.maxWaiting,
        leaseMs: options.leaseMs,
        registered: this.#definitions.byHash,
        around,
      });
    this.#engine = this.#createEngine(options.storage ?? new MemoryStorage({ now: () => clock.now() }));
  }

  load(source: WorkflowSource, { online = false, endpoints = {} }: LoadSettings = {}): Promise<LoadResult> {
    const { runtime: { readFile } } = this.#options;
    const reflect = (plan: LoadedWorkflow["plan"], name: string, file: string) =>
      this.#connections.reflect({ plan, name, file, endpoint: endpoints[name] }, this.#values);
    return loadWorkflow(source, { readFile, reflect: online ? reflect : undefined });
  }

  start<Output>(
    definition: Workflow<void, Output>,
    options?: Omit<TypedStartOptions<void>, "input">,
  ): Promise<RunHandle<Output>>;
  start<Input, Output>(
    definition: Dag<Input, Output> | Workflow<Input, Output>,
    options: TypedStartOptions<Input>,
  ): Promise<RunHandle<Output>>;
  start(workflow: LoadedWorkflow, options: StartOptions): Promise<RunHandle>;
  async start<Output>(
    definition: AnyWorkflow | LoadedWorkflow,
    options: AnyStartOptions = {},
  ): Promise<RunHandle<Output>> {
    const workflow = this.#definitions.load(definition);
    const isVolatile = workflow.plan.durability === "none";
    if (isVolatile) this.#volatile ??= this.#createEngine(new MemoryStorage());
    const engine = isVolatile ? this.#volatile! : this.#engine;
    const context = captureContext(this.#options.propagators ?? [], options.context);
    return await engine.start(workflow, { ...options, context }, this.#values) as RunHandle<Output>;
  }

  async signalWithStart<Input, Output, Data>(
    definition: Dag<Input, Output> | Workflow<Input, Output>,
    { signal, data, ...options }: SignalWithStartOptions<Input, Data>,
  ): Promise<RunHandle<Output>> {
    const run = await this.start(definition, options);
    await run.signal(signal, ...[data] as unknown as Payload<Data>);
    return run;
  }

  register(...definitions: readonly Registrable[]): void {
    for (const definition of definitions) this.#definitions.load(definition);
    this.#engine.worker.learn();
  }

  listen(): void {
    this.#engine.worker.listen();
  }

  resume(runId: string): Promise<RunHandle> {
    return this.#runs().resume(runId);
  }

  cancel(runId: string): Promise<RunHandle> {
    return this.#runs().cancel(runId);
  }

  compensate(runId: string): Promise<RunHandle> {
    return this.#runs().compensate(runId);
  }

  signal(runId: string, signal: SignalRequest): Promise<SignalReceipt> {
    return this.#runs(runId).signal(runId, signal);
  }

  rerun(runId: string, options: Parameters<RunControl["rerun"]>[1]): Promise<RunHandle> {
    return this.#runs().rerun(runId, options);
  }

  diff(workflow: LoadedWorkflow | Registrable): AsyncIterable<Migration> {
    return this.#runs().diff(this.#definitions.load(workflow));
  }

  migrate(runId: string, workflow: LoadedWorkflow | Registrable): Promise<Migration> {
    return this.#runs().migrate(runId, this.#definitions.load(workflow));
  }

  async follow(runId: string): Promise<RunHandle> {
    await this.#of(runId).find(runId);
    return this.#of(runId).handle(runId);
  }

  find(runId: string): Promise<StoredRun | undefined> {
    return this.#of(runId).storage.findRun({ runId });
  }

  list(filter?: RunFilter): AsyncIterable<StoredRun> {
    return this.#engine.requests.list(filter);
  }

  watch(runId: string): AsyncIterable<RunEvent> {
    return this.#of(runId).requests.watch(runId);
  }

  query<Result, Data>(runId: string, query: QueryDefinition<Result, Data>, ...data: Payload<Data>): Promise<Result> {
    return this.#of(runId).requests.query(runId, query, ...data);
  }

  update<Result, Data>(
    runId: string,
    update: UpdateDefinition<Result, Data>,
    data: Data,
    { id }: { readonly id?: string | undefined } = {},
  ): Promise<Result> {
    return this.#of(runId).requests.update(runId, update, data, id);
  }

  terminate(runId: string): Promise<void> {
    return this.#of(runId).requests.terminate(runId);
  }

  delete(runId: string): Promise<void> {
    return this.#engine.requests.delete(runId);
  }

  async close(): Promise<void> {
    await Promise.all([this.#engine.close(), this.#volatile?.close()]);
    await this.#connections.close();
  }

  /** What can be done to stored runs; to those in memory where that is where the run is. */
  #runs(runId?: string): StoredRuns {
    return new StoredRuns(runId === undefined ? this.#engine : this.#of(runId));
  }

  /** The engine that has a run: that of the runs in memory where one of them is meant. */
  #of(runId: string): Engine {
    const isVolatile = this.#volatile?.worker.live(runId) !== undefined;
    return isVolatile ? this.#volatile! : this.#engine;
  }
}

function nothing(): undefined {}
