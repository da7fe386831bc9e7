import { copyJson, type JsonObject, type JsonValue } from "../base/json.ts";
import { compileTemplate, type Condition, KIND, type PartsTemplate, type Scope, type Template } from "../expr/mod.ts";
import type { PlanNames } from "../plan/names.ts";
import type { CallStep, Plan, PlanCall, PlanService } from "../plan/plan.ts";
import { compensationRetry, stepRetry } from "../plan/retry_layers.ts";
import { limit, retryLayer } from "../plan/retry_options.ts";
import type { Graph } from "./graph.ts";
import type { DagOptions, NodeDefinition } from "./node_definition.ts";
import { NodeData, type ReadonlyWorkflowData } from "./workflow_data.ts";

/** Id of the one step of every plan that is made of a DAG. */
const ROOT = "dag";

/** Most nodes at a time unless the DAG says otherwise. */
const DEFAULT_CONCURRENCY = 100;

const DEFAULT_RETRY = stepRetry({}, {});

/** Makes the output of a run of what its nodes gave. */
export type OutputFunction = (
  outputs: JsonObject,
  data: ReadonlyWorkflowData<Record<string, unknown>>,
) => unknown;

/** A sound DAG. */
export interface DagParts {
  readonly name: string;
  readonly options: DagOptions;
  readonly inputSchema: JsonObject | undefined;
  readonly graph: Graph;
  /** Absent: a map of the outputs of all nodes. */
  readonly output: OutputFunction | undefined;
}

/** The path of a node in the journal. */
export function nodePath(name: string): string {
  return `${ROOT}/${name}`;
}

/** The method that undoes a node. */
export function undoMethod(name: string): string {
  return `${name}.compensate`;
}

/**
 * Compiles a sound DAG to the plan of a document with one `dag`, whose steps call methods of a service that has the DAG's name.
 *
 * A node's method has its name, and what its action is given is what the journal keeps as the call's input.
 */
export function compileDag({ name, options, inputSchema, graph, output }: DagParts): Plan {
  return {
    name,
    version: options.version,
    description: options.description,
    timeoutMs: limit(options.timeout),
    inputSchema,
    services: new Map([[name, functionService(name)]]),
    steps: [{
      kind: "dag",
      id: ROOT,
      isIdGiven: true,
      description: undefined,
      when: undefined,
      output: undefined,
      timeoutMs: undefined,
      onError: undefined,
      origin: ["steps", 0],
      steps: graph.nodes.map((node, position) => compileNode(name, options, graph, node, position)),
      dependencies: graph.dependencies,
      maxConcurrency: options.maxConcurrency ?? DEFAULT_CONCURRENCY,
      failFast: options.failFast ?? true,
    }],
    // What a document without `output` gives is right for a DAG too, unless the outcomes of its nodes hold more than their outputs.
    output: output === undefined && graph.initialData === undefined ? undefined : outputTemplate(graph, output),
    finally: [],
    compensationOrder: options.compensationOrder ?? "reverse",
    durability: options.durability ?? "sync",
  };
}

/** The names that the steps of a DAG's plan set: no expression in it reads any other. */
export function namesOf(graph: Graph): PlanNames {
  const outputs = graph.nodes.map(({ name }) => name);
  return { declared: new Set(outputs), stepIds: new Set(), outputs };
}

function compileNode(
  service: string,
  options: DagOptions,
  graph: Graph,
  definition: NodeDefinition,
  position: number,
): CallStep {
  const { name, compensate, compensation, onError, atMostOnce = false } = definition;
  const origin = ["steps", 0, ROOT, position];
  const retry = definition.retry === undefined ? DEFAULT_RETRY : stepRetry({}, retryLayer(definition.retry));
  // Under `async` what an action sees must be in its key, and that is made of what is sent.
  const sendsData = options.durability === "async" && graph.initialData !== undefined;
  const request = computed((scope): JsonValue => {
    const input = graph.given(position, scope);
    return sendsData ? { input, data: Object.fromEntries(graph.dataBefore(position, scope)) } : { input };
  });
  return {
    kind: "call",
    id: name,
    isIdGiven: true,
    description: undefined,
    when: conditionOf(graph, definition, position),
    output: name,
    timeoutMs: limit(definition.timeout),
    onError,
    origin,
    call: callOf(service, name, {
      request,
      retry: atMostOnce ? { ...retry, neverOn: [...retry.neverOn, "unknown"] } : retry,
      attemptTimeoutMs: limit(definition.attemptTimeout),
      heartbeatTimeoutMs: limit(definition.heartbeatTimeout),
      origin,
    }),
    compensate: compensate === undefined ? undefined : {
      call: callOf(service, undoMethod(name), {
        request: computed((scope) => ({ input: graph.givenToUndo(position, scope) })),
        retry: compensationRetry({}, retryLayer(compensation?.retry)),
        attemptTimeoutMs: undefined,
        heartbeatTimeoutMs: undefined,
        origin,
      }),
      onUnknown: compensation?.onUnknown ?? false,
    },
    reconcile: undefined,
    isPivot: false,
    atMostOnce,
  };
}

function callOf(
  service: string,
  method: string,
  { request, retry, attemptTimeoutMs, heartbeatTimeoutMs, origin }: Pick<
    PlanCall,
    "request" | "retry" | "attemptTimeoutMs" | "heartbeatTimeoutMs" | "origin"
  >,
): PlanCall {
  return {
    service,
    method: constantText(method),
    methodText: method,
    request,
    retry,
    attemptTimeoutMs,
    heartbeatTimeoutMs,
    encoding: undefined,
    expect: undefined,
    response: undefined,
    stream: undefined,
    when: undefined,
    origin,
  };
}

function conditionOf(graph: Graph, { when, requires }: NodeDefinition, position: number): Condition | undefined {
  if (when === undefined && requires === undefined) return undefined;
  return {
    references: [],
    readsSecrets: false,
    holds: (scope) => {
      if (!graph.hasRequired(position, scope)) return false;
      if (when === undefined) return true;
      const given = copyJson(graph.given(position, scope)) as JsonObject;
      const holds: unknown = when(given, new NodeData(() => graph.dataBefore(position, scope), false));
      if (typeof holds === "boolean") return holds;
      throw new TypeError(`A condition gives true or false at once, not ${describe(holds)}`);
    },
  };
}

function describe(value: unknown): string {
  return value instanceof Promise ? "a promise" : String(value);
}

function outputTemplate(graph: Graph, output: OutputFunction | undefined): Template {
  return computed((scope) => {
    const outputs = graph.outputs(scope);
    if (output === undefined) return outputs;
    const given = copyJson({ ...outputs, input: scope.lookup("input") as JsonValue }) as JsonObject;
    const value = output(given, new NodeData(() => graph.dataAtEnd(scope), false));
    return JSON.parse(JSON.stringify(value) ?? "null");
  });
}

const NOTHING_DEFERRED: readonly never[] = [];

/** A template that is a function. */
function computed(evaluate: (scope: Scope) => JsonValue): Template {
  return {
    references: [],
    isConstant: false,
    readsSecrets: false,
    kinds: KIND.map,
    evaluate,
    evaluateDeferred: (scope) => ({ value: evaluate(scope), deferred: NOTHING_DEFERRED }),
  };
}

function constantText(text: string): PartsTemplate {
  const parts = [text];
  return { references: [], isConstant: true, readsSecrets: false, isWhole: false, evaluate: () => parts };
}

function functionService(name: string): PlanService {
  return {
    name,
    type: "function",
    endpoint: compileTemplate("").template,
    timeoutMs: undefined,
    retry: {},
    circuitBreaker: false,
    poolSize: undefined,
    maxInFlight: undefined,
    rateLimit: undefined,
    tls: undefined,
    headers: undefined,
    auth: undefined,
    proto: [],
    descriptorSet: undefined,
    grpcService: undefined,
    idempotencyHeader: false,
    noEffectOn: [],
    maxResponse: Number.POSITIVE_INFINITY,
    origin: ["services", name],
  };
}
