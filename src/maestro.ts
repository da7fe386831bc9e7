import { createIdGenerator } from "./base/ids.ts";
import type { JsonValue } from "./base/json.ts";
import { Redactor } from "./base/redact.ts";
import type { AnyWorkflow, Workflow } from "./code/workflow.ts";
import type { Dag } from "./dag/dag.ts";
import { Definitions, type Registrable } from "./definitions.ts";
import type { Attributes } from "./engine/attributes.ts";
import { type Clock, systemClock } from "./engine/clock.ts";
import type { Failure } from "./engine/failure.ts";
import type { RunListener } from "./engine/hooks.ts";
import { type RunFiles, sentMethod } from "./engine/journal.ts";
import type { Middleware } from "./engine/middleware.ts";
import type { Pause, RunCause, RunStatus } from "./engine/run.ts";
import type { Storage } from "./engine/storage.ts";
import { createPlaces } from "./limit_steps.ts";
import { Engine } from "./local_engine.ts";
import { loadWorkflow } from "./load_workflow.ts";
import type { LoadedWorkflow, LoadResult, WorkflowSource } from "./load_workflow.ts";
import type { RollbackView, StepView } from "./plan/run_view.ts";
import type { Migration, RunControl, SignalReceipt, SignalRequest } from "./run_control.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { ServiceConnections, type Values } from "./service_connections.ts";
import type { FunctionServices } from "./services/function/adapter.ts";
import { MemoryStorage } from "./storage/memory_storage.ts";
import { StoredRuns } from "./stored_runs.ts";

export type { LoadedWorkflow, LoadResult, WorkflowSource };
export { sentMethod };
export type { Migration, Registrable, RunControl, RunFiles, SignalReceipt, SignalRequest, Values };

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
  /** Functions around every attempt of every step, of compensations too; the first is the outermost. @default none */
  readonly middleware?: readonly Middleware[] | undefined;
  /**
   * Most attempts at a time, of all runs of this engine; the others wait, first come first served, before their time limits begin. An
   * attempt that waits for a run of the same engine keeps its place. @default no limit
   */
  readonly maxConcurrentSteps?: number | undefined;
  /** Where runs live (see `openStorage`); closed with the engine. @default this process's memory */
  readonly storage?: Storage | undefined;
  /** Reads the values of a run that another process has started, by the files that it recorded. @default `env` and `secrets` */
  readonly readValues?: ((files: RunFiles) => Promise<Values>) | undefined;
  /** The queue that new runs go to, and that `listen` takes runs from. @default "local" */
  readonly queue?: string | undefined;
  /** Most waiting runs that are kept in memory; the rest wait in the store until they are due. @default 10000 */
  readonly maxWaiting?: number | undefined;
  /** How long this process counts as alive in the store without a sign of life, in milliseconds. @default 30000 */
  readonly leaseMs?: number | undefined;
  /** Makes the ids of runs and messages; must never repeat one. @default UUIDs of version 7 */
  readonly createId?: (() => string) | undefined;
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
  /** The run's id. One that exists already, with the same workflow and input, gives that run. @default a new UUID of version 7 */
  readonly id?: string | undefined;
  /** Endpoints that replace the document's, by service name. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
  /** Replaces the workflow's `timeout`. */
  readonly timeoutMs?: number | undefined;
  /** Files that are read again when another process takes the run; absolute paths. */
  readonly files?: RunFiles | undefined;
  /** What the run is found by. @default nothing */
  readonly attributes?: Attributes | undefined;
  /** What is passed on to steps and children beside the input: an identity, a trace. @default what `propagators` give */
  readonly context?: Readonly<Record<string, string>> | undefined;
}

/** What runs of any kind are started with. */
export interface AnyStartOptions extends Omit<StartOptions, "input"> {
  readonly input?: unknown;
}

/** Options of `Maestro.start` for a DAG or a workflow in code. */
export interface TypedStartOptions<Input> extends Omit<StartOptions, "input" | "endpoints" | "files"> {
  /** What the run is started with. */
  readonly input: Input;
}

/** A run, driven by this process or by another. */
export interface RunHandle<Output = JsonValue> {
  /** The run's id. */
  readonly id: string;
  /** Whether this process drives the run now; otherwise it only watches. */
  readonly isDriven: boolean;
  /**
   * Resolves when the run has ended, however it did, or is paused; rejects when it cannot go on in this process. Whoever drives it: a run
   * that waits in the store, or that another process owns, is followed.
   */
  result(): Promise<RunResult<Output>>;
  /** Cancels the run and rolls it back. The result says how that went. */
  cancel(): void;
  /** Starts nothing more, waits at most 8 s for answers in flight, and lets go of the run; `result` rejects. */
  suspend(): Promise<void>;
}

/** How a run ended, or where it is paused. Times are milliseconds since the epoch. */
export interface RunResult<Output = JsonValue> {
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
  readonly output: Output | null;
  /** What it failed with. */
  readonly error: Failure | null;
  /** What it waits for, where its status is `paused`. */
  readonly pause: Pause | null;
  /** When it began. */
  readonly startedAt: number;
  /** When it ended, rollback included; of a paused run, when that was written. */
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
export interface Maestro extends RunControl {
  /** Reads, checks and compiles a workflow and the files that it names. Problems are diagnostics, never exceptions. */
  load(source: WorkflowSource, settings?: LoadSettings): Promise<LoadResult>;
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

/** Wires engine, storage and services together. No I/O happens before the first run. */
export function createMaestro(options: MaestroOptions): Maestro {
  return new LocalMaestro(options);
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

  constructor(options: MaestroOptions) {
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
    const { middleware = [], maxConcurrentSteps = Infinity } = options;
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
        queue: options.queue ?? "local",
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
    return await engine.start(workflow, options, this.#values) as RunHandle<Output>;
  }

  register(...definitions: readonly Registrable[]): void {
    for (const definition of definitions) this.#definitions.load(definition);
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

  diff(workflow: LoadedWorkflow): AsyncIterable<Migration> {
    return this.#runs().diff(workflow);
  }

  migrate(runId: string, workflow: LoadedWorkflow): Promise<Migration> {
    return this.#runs().migrate(runId, workflow);
  }

  async close(): Promise<void> {
    await Promise.all([this.#engine.close(), this.#volatile?.close()]);
    await this.#connections.close();
  }

  /** What can be done to stored runs; to those in memory where that is where the run is. */
  #runs(runId?: string): StoredRuns {
    const isVolatile = runId !== undefined && this.#volatile?.worker.live(runId) !== undefined;
    return new StoredRuns(isVolatile ? this.#volatile! : this.#engine);
  }
}

function nothing(): undefined {}
