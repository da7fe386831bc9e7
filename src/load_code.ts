import { MaestroError } from "./base/errors.ts";
import { asJson } from "./base/as_json.ts";
import { canonicalJson, type JsonValue } from "./base/json.ts";
import { didYouMean } from "./base/text.ts";
import { CodeContext } from "./code/code_context.ts";
import { toRunFailure } from "./code/errors.ts";
import { performWork } from "./code/perform_work.ts";
import type { Surroundings } from "./code/surroundings.ts";
import type { AnyWorkflow, Workflow } from "./code/workflow.ts";
import type { WorkflowDefinition } from "./engine/context.ts";
import { isEngineError } from "./engine/foreign_await.ts";
import { givenJson } from "./given_json.ts";
import type { LoadedWorkflow } from "./load_workflow.ts";
import type { Plan, ProgramBundle } from "./plan/plan.ts";
import { limit } from "./plan/retry_options.ts";
import { checkInput, fitInput } from "./plan/run_input.ts";
import { sha256 } from "./runtime/digest.ts";
import { sheltered } from "./runtime/stray_rejections.ts";

/**
 * Makes of a workflow in code what can be run. A run of it pins name and version, not code: that is the program's.
 *
 * `load` does the same for the workflows that it starts; it is called when they are first needed.
 */
export function loadCode(
  workflow: Workflow<never, unknown>,
  load: (child: AnyWorkflow) => LoadedWorkflow,
): LoadedWorkflow {
  const { name, version, options: { timeout, durability = "sync", compensationOrder = "reverse", input } } = workflow;
  const bundle = canonicalJson({ format: 1, program: { name, version } } satisfies ProgramBundle);
  const plan: Plan = {
    name,
    version,
    description: undefined,
    timeoutMs: limit(timeout),
    inputSchema: input,
    services: new Map(),
    steps: [],
    output: undefined,
    finally: [],
    compensationOrder,
    durability,
  };
  const services = workflow.options.services && load(workflow.options.services);
  let children: ReadonlyMap<string, LoadedWorkflow> | undefined;
  const loaded: LoadedWorkflow = {
    plan,
    descriptors: {},
    bundle,
    hash: sha256(bundle),
    file: "",
    environment: services?.environment ?? { env: [], secrets: [] },
    services,
    get children() {
      return children ??= new Map(
        childrenOf(workflow).map((child) => {
          const definition = load(child);
          return [definition.hash, definition];
        }),
      );
    },
    definition: defineCode(workflow, plan, {
      isAsync: durability === "async",
      resolve: (child) => {
        const definition = load(child);
        if (!loaded.children.has(definition.hash)) throw unnamed(name, definition.plan.name);
        return {
          name: definition.plan.name,
          version: definition.plan.version,
          hash: definition.hash,
          bundle: definition.bundle,
          accept: (given) => acceptInput(definition, given),
        };
      },
      service: (called) => services?.plan.services.get(called) ?? unknownService(name, called, services),
    }),
    isCode: true,
    perform: performWork,
  };
  return loaded;
}

/** Checks what a run is started with, and fills defaults in. @throws {MaestroError} `invalid_input`. */
export function acceptInput({ plan: { inputSchema }, isCode }: LoadedWorkflow, input: unknown): JsonValue {
  const given = givenJson(input, "The input");
  return isCode === true ? fitInput(inputSchema, given) : checkInput(inputSchema, given);
}

function defineCode(workflow: Workflow<never, unknown>, plan: Plan, around: Surroundings): WorkflowDefinition {
  const { name, version, timeoutMs, compensationOrder } = plan;
  return {
    name,
    version,
    timeoutMs,
    compensationOrder,
    instantiate: () => ({
      run: async (kernel, input) => {
        try {
          const run = () => workflow.run(new CodeContext(kernel, around), input as never);
          return asJson(await sheltered(run, isEngineError));
        } catch (thrown) {
          throw toRunFailure(thrown);
        }
      },
    }),
  };
}

function childrenOf(workflow: Workflow<never, unknown>): readonly AnyWorkflow[] {
  const { children = [] } = workflow.options;
  return [...typeof children === "function" ? children() : children, workflow];
}

function unknownService(workflow: string, called: string, services: LoadedWorkflow | undefined): never {
  const known = [...services?.plan.services.keys() ?? []];
  throw new MaestroError("usage", `Workflow "${workflow}" calls the service "${called}", which it does not know`, {
    hint: didYouMean(called, known) ?? "give a document that has it in the option `services`",
  });
}

function unnamed(parent: string, child: string): MaestroError {
  return new MaestroError("usage", `Workflow "${parent}" starts "${child}", which is not among its children`, {
    hint: "name it in the option `children`: a process that takes the run over must know it",
  });
}
