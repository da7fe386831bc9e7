import { MaestroError, toError } from "./base/errors.ts";
import type { JsonValue } from "./base/json.ts";
import type { Program } from "./code/perform_work.ts";
import type { Attributes } from "./engine/attributes.ts";
import type { RunFiles, RunStarted } from "./engine/journal.ts";
import type { RunListener } from "./engine/hooks.ts";
import type { OpenedRun } from "./engine/opened_run.ts";
import type { Pause, RunRecord } from "./engine/run.ts";
import { type Surroundings, withMiddleware } from "./engine/surrounded_caller.ts";
import type { StepCaller } from "./engine/step_runner.ts";
import type { Storage } from "./engine/storage.ts";
import { limitSteps } from "./limit_steps.ts";
import { environmentOf, loadBundle, type LoadedWorkflow } from "./load_workflow.ts";
import type { EnvironmentRead } from "./plan/environment.ts";
import { sentInput } from "./plan/sent_input.ts";
import type { Bulkhead } from "./services/resilience/bulkhead.ts";
import type { ServiceConnections, Values } from "./service_connections.ts";

/** What opening runs needs. */
export interface RunOpenerOptions {
  readonly storage: Storage;
  readonly connections: ServiceConnections;
  readonly createId: () => string;
  readonly now: () => number;
  /** Reads what a run needs from outside; by the files that it was started with, if any. */
  readonly values: (files: RunFiles | undefined) => Promise<Values>;
  /** Puts a signal into a run's inbox, for workflows that send some. */
  readonly signal: Program["signal"];
  /** Hears what code of the program tells people while it runs. */
  readonly onEvent?: RunListener | undefined;
  /** The workflows that are code of the program, by hash. @default none */
  readonly registered?: ReadonlyMap<string, LoadedWorkflow> | undefined;
  /** What stands around every attempt. @default nothing */
  readonly around?: AttemptSurroundings | undefined;
}

/** What stands around every attempt: middleware, the clock that limits it, and the places that attempts wait for. */
export interface AttemptSurroundings extends Pick<Surroundings, "middleware" | "clock"> {
  /** @default no limit */
  readonly places?: Bulkhead | undefined;
}

/** What a run is started with, beside its definition. */
export interface NewRun {
  readonly id: string;
  readonly internalId: string;
  readonly input: JsonValue;
  readonly queue: string;
  readonly timeoutMs: number | undefined;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly files: RunFiles | undefined;
  readonly values: Values;
  readonly attributes?: Attributes | undefined;
  readonly context?: Readonly<Record<string, string>> | undefined;
  /** The parent of a child run. */
  readonly parent?: Pick<RunRecord, "id" | "root" | "durability"> & { readonly step: string } | undefined;
}

const NO_CONTEXT: Readonly<Record<string, string>> = {};

/** Definitions that are kept compiled. */
const MOST_KEPT = 100;

/** Finds what runs a run: its definition, compiled once, and the way to its services. */
export class RunOpener {
  readonly #options: RunOpenerOptions;
  /** Compiled definitions by file and hash, the one used last at the end. */
  readonly #loaded = new Map<string, LoadedWorkflow>();

  constructor(options: RunOpenerOptions) {
    this.#options = options;
  }

  /** The definition that a run pins. @throws {MaestroError} where it is not in the store, or this version cannot run it. */
  async definition(hash: string, file: string): Promise<LoadedWorkflow> {
    const own = this.#options.registered?.get(hash);
    if (own !== undefined) return own;
    const key = `${hash} ${file}`;
    let workflow = this.#loaded.get(key);
    this.#loaded.delete(key);
    if (workflow === undefined) {
      const bundle = await this.#options.storage.readDefinition({ hash });
      if (bundle === undefined) throw new MaestroError("invalid_workflow", `The store has no definition ${hash}`);
      workflow = await loadBundle(bundle, { file });
    }
    this.#loaded.set(key, workflow);
    if (this.#loaded.size > MOST_KEPT) this.#loaded.delete(this.#loaded.keys().next().value!);
    return workflow;
  }

  /** Opens a run that is in the store; gives why it has to wait for a person instead. */
  readonly open = async (run: RunRecord, started: RunStarted): Promise<OpenedRun | Pause> => {
    let workflow: LoadedWorkflow;
    try {
      workflow = await this.definition(run.definition, started.files?.workflow ?? "");
    } catch (thrown) {
      if (!MaestroError.is(thrown, "invalid_workflow")) throw thrown;
      return { reason: "missing_definition", message: thrown.message };
    }
    let values: Values;
    try {
      values = await this.#options.values(started.files);
      requireValues(workflow, started.endpoints, values);
    } catch (thrown) {
      return { reason: "missing_secret", message: toError(thrown).message };
    }
    return await this.opened(workflow, run, started, values);
  };

  /** Makes what runs a run whose definition is at hand. */
  async opened(workflow: LoadedWorkflow, run: RunRecord, started: RunStarted, values: Values): Promise<OpenedRun> {
    const { endpoints } = started;
    return {
      definition: workflow.definition,
      bundle: workflow.bundle,
      caller: this.#surround(await this.#caller(workflow, run, started, values), run, started),
      prepareChild: (spec, runId) => {
        const child = [...workflow.children.values()].find(({ hash }) => hash === spec.definition)!;
        return this.prepare(child, {
          id: runId,
          internalId: this.#options.createId(),
          input: spec.input,
          queue: spec.queue ?? run.queue,
          timeoutMs: undefined,
          context: started.context,
          endpoints,
          files: started.files === undefined ? undefined : { ...started.files, workflow: child.file },
          values,
          parent: { id: run.id, root: run.root, durability: run.durability, step: spec.step },
        });
      },
    };
  }

  async #caller(
    workflow: LoadedWorkflow,
    { id: runId, startedAt }: RunRecord,
    { input, endpoints, context = NO_CONTEXT }: RunStarted,
    values: Values,
  ): Promise<StepCaller> {
    const { connections, signal } = this.#options;
    if (workflow.perform !== undefined) {
      const log = (step: string, text: string): void => this.#tell(runId, workflow.plan.name, step, text);
      const program = await connections.programCaller(workflow.perform, { context, log, signal });
      const { services } = workflow;
      if (services === undefined) return program;
      await connections.open(services.plan);
      const caller = connections.caller({ workflow: services, runId, startedAt, input, endpoints, values });
      return { call: (spec, facts) => (typeof spec.local === "function" ? program : caller).call(spec, facts) };
    }
    await connections.open(workflow.plan);
    return connections.caller({ workflow, runId, startedAt, input, endpoints, values });
  }

  #surround(caller: StepCaller, { id, workflow }: RunRecord, { context = NO_CONTEXT }: RunStarted): StepCaller {
    const { middleware, clock, places } = this.#options.around ?? {};
    const surrounded = middleware === undefined || middleware.length === 0 ? caller : withMiddleware(caller, {
      middleware,
      clock: clock!,
      inputOf: sentInput,
      context,
      log: (step, text) => this.#tell(id, workflow, step, text),
    });
    return places === undefined ? surrounded : limitSteps(surrounded, places);
  }

  #tell(runId: string, workflow: string, step: string, text: string): void {
    const { onEvent, now } = this.#options;
    onEvent?.({ runId, workflow, time: now(), entry: { type: "log", step, text } });
  }

  /** Makes the record and the first entry of a new run. */
  prepare(workflow: LoadedWorkflow, request: NewRun): { readonly run: RunRecord; readonly started: RunStarted } {
    const { id, internalId, input, queue, endpoints, files, values, parent, attributes, context } = request;
    const { plan, hash, environment, definition } = workflow;
    const run: RunRecord = {
      id,
      internalId,
      workflow: plan.name,
      version: plan.version,
      definition: hash,
      queue,
      parent: parent === undefined ? null : { runId: parent.id, step: parent.step },
      root: parent?.root ?? id,
      durability: parent?.durability ?? plan.durability,
      status: parent === undefined ? "running" : "pending",
      cause: null,
      output: null,
      error: null,
      pause: null,
      wakeAt: null,
      startedAt: this.#options.now(),
      finishedAt: null,
      attributes: attributes ?? {},
    };
    const started: RunStarted = {
      type: "run_started",
      workflow: plan.name,
      version: plan.version,
      definition: hash,
      input,
      env: Object.fromEntries(environment.env.map(({ name }) => [name, values.env(name) ?? null])),
      seed: internalId,
      timeoutMs: request.timeoutMs ?? definition.timeoutMs ?? null,
      endpoints,
      ...(files === undefined ? undefined : { files }),
      ...(attributes === undefined ? undefined : { attributes }),
      ...(context === undefined ? undefined : { context }),
    };
    return { run, started };
  }
}

/**
 * Checks that everything that a workflow, or a child of its, reads from outside is there.
 *
 * @throws {MaestroError} `missing_value` that names what is not set.
 */
export function requireValues(
  workflow: LoadedWorkflow,
  endpoints: Readonly<Record<string, string>>,
  { env, secrets }: Values,
): void {
  const required = Object.keys(endpoints).length === 0 ? workflow.environment : environmentOf(workflow, endpoints);
  requireAll("env", required.env, env);
  requireAll("secrets", required.secrets, secrets);
}

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
