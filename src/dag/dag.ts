import { asJson } from "../base/as_json.ts";
import { copyJson, type JsonObject, type JsonValue } from "../base/json.ts";
import { type Endable, surround } from "../engine/middleware.ts";
import type { Scope } from "../expr/mod.ts";
import type { PlanNames } from "../plan/names.ts";
import type { Plan } from "../plan/plan.ts";
import type { StepView } from "../plan/run_view.ts";
import type { Startable } from "../plan/startable.ts";
import { compileDag, type DagParts, namesOf, nodePath, undoMethod } from "./compile_dag.ts";
import type { Graph } from "./graph.ts";
import type { NodeAction, NodeMiddleware, NodeMiddlewareCall } from "./node_action.ts";
import { type NodeState, nodeStates } from "./node_state.ts";
import { NodeData } from "./workflow_data.ts";

/** What the engine tells of a call. */
export interface CallFacts {
  readonly workflow: string;
  readonly step: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly isCompensation: boolean;
  readonly lastHeartbeat: JsonValue | undefined;
  readonly heartbeat: (details?: JsonValue) => void;
}

/** A call of a node's action, or of its compensation, as the journal holds it. */
export interface NodeRequest {
  readonly method: string;
  /** What the action is given. */
  readonly given: JsonObject;
  /** The outcomes of the nodes before it. */
  readonly scope: Scope;
  readonly facts: CallFacts;
  /** What the run was started with for middleware. */
  readonly context: Readonly<Record<string, string>>;
  /** Tells people a line of a step. */
  readonly log: (step: string, text: string) => void;
}

/** What a method of the DAG does. */
interface NodeWork {
  readonly node: string;
  readonly position: number;
  readonly action: NodeAction;
  readonly middleware: readonly NodeMiddleware[];
}

/**
 * A DAG that is ready to run: made by `build()`, started with `Maestro.start`. Immutable; may be started any number of times.
 *
 * The type parameters are those of a run's input and output.
 *
 * @example
 * ```ts
 * import { type Dag, dag } from "maestro";
 *
 * const double: Dag<{ count: number }, number> = dag("double", { version: "1" })
 *   .input<{ count: number }>()
 *   .node("multiply").action(({ input }) => input.count * 2)
 *   .output(({ multiply }) => multiply)
 *   .build();
 * console.log(double.name); // double
 * ```
 */
export class Dag<Input = JsonObject, Output = JsonValue> {
  /** The name that its runs have. */
  readonly name: string;
  /** What its runs are bound to beside the name. */
  readonly version: string;
  /** Names of its nodes, in the order in which they were added. */
  readonly nodes: readonly string[];
  readonly #parts: DagParts;
  readonly #middleware: readonly NodeMiddleware[];
  #plan: Plan | undefined;
  #work: ReadonlyMap<string, NodeWork> | undefined;
  /** Never there: keeps the types of input and output apart. */
  declare readonly types?: Startable<Input, Output>["types"];

  /** @internal */
  constructor(parts: DagParts, middleware: readonly NodeMiddleware[]) {
    const { graph, name, options } = parts;
    this.name = name;
    this.version = options.version;
    this.nodes = graph.nodes.map((node) => node.name);
    this.#parts = parts;
    this.#middleware = middleware;
  }

  /**
   * What the engine runs.
   * @internal
   */
  get plan(): Plan {
    return this.#plan ??= compileDag(this.#parts);
  }

  /**
   * The names that its plan sets.
   * @internal
   */
  get names(): PlanNames {
    return namesOf(this.#parts.graph);
  }

  /**
   * Tells of every node where it stands, by the steps of a run: the `steps` of its result, at any time.
   *
   * @example
   * ```ts
   * import { type Dag, type RunResult } from "maestro";
   *
   * function failedNodes(dag: Dag, { status, steps }: RunResult): string[] {
   *   return dag.nodes.filter((node) => dag.states({ status, steps }).get(node)?.status === "failed");
   * }
   * ```
   */
  states(run: { readonly status: string; readonly steps: readonly StepView[] }): ReadonlyMap<string, NodeState> {
    return nodeStates(this.#parts.graph, run, nodePath);
  }

  /**
   * Calls a node's action, or its compensation, through its middleware. May throw, or give a promise.
   * @internal
   */
  perform(request: NodeRequest): unknown {
    const { graph } = this.#parts;
    const { node, position, action, middleware } = (this.#work ??= this.#methods()).get(request.method)!;
    const call = new Call({ node, position, graph, request, given: copyJson(request.given) as JsonObject });
    const output = middleware.length === 0
      ? action(call.given, call)
      : surround(middleware, call, async (inner) => asJson(await action(inner.given, inner)));
    return graph.initialData !== undefined && !call.isCompensation ? withChanges(output, call.data) : output;
  }

  #methods(): ReadonlyMap<string, NodeWork> {
    const work = new Map<string, NodeWork>();
    for (const [position, definition] of this.#parts.graph.nodes.entries()) {
      const { name: node, action, compensate, middleware: own = [] } = definition;
      const middleware = [...this.#middleware, ...own];
      work.set(node, { node, position, action, middleware });
      if (compensate !== undefined) work.set(undoMethod(node), { node, position, action: compensate, middleware });
    }
    return work;
  }
}

/** Only now is it known what the action has changed. */
async function withChanges(output: unknown, data: NodeData): Promise<unknown> {
  const given = await output;
  return { output: given ?? null, data: data.changes };
}

/** What a call is made of. */
interface CallParts {
  readonly node: string;
  readonly position: number;
  readonly graph: Graph;
  readonly request: NodeRequest;
  /** A copy of this attempt's own. */
  readonly given: JsonObject;
  /** Shared with the calls that this one is made from. @default made when it is first asked for */
  readonly data?: NodeData | undefined;
  /** Ends this call alone. */
  readonly ownSignal?: AbortSignal | undefined;
}

/** One call. What is not asked for is not made: a signal costs more than the rest of a call. */
class Call implements NodeMiddlewareCall, Endable<Call> {
  readonly #parts: CallParts;
  readonly #request: NodeRequest;
  #data: NodeData | undefined;

  constructor(parts: CallParts) {
    this.#parts = parts;
    this.#request = parts.request;
    this.#data = parts.data;
  }

  get node(): string {
    return this.#parts.node;
  }

  get given(): JsonObject {
    return this.#parts.given;
  }

  get input(): JsonObject {
    return this.#parts.given;
  }

  get data(): NodeData {
    return this.#data ??= this.#openData();
  }

  get workflow(): string {
    return this.#request.facts.workflow;
  }

  /** A DAG is a service of its own name. */
  get service(): string {
    return this.#request.facts.workflow;
  }

  get method(): string {
    return this.#request.method;
  }

  get context(): Readonly<Record<string, string>> {
    return this.#request.context;
  }

  get step(): string {
    return this.#request.facts.step;
  }

  get attempt(): number {
    return this.#request.facts.attempt;
  }

  get signal(): AbortSignal {
    return this.#parts.ownSignal ?? this.#request.facts.signal;
  }

  get idempotencyKey(): string {
    return this.#request.facts.idempotencyKey;
  }

  get runId(): string {
    return this.#request.facts.runId;
  }

  get isCompensation(): boolean {
    return this.#request.facts.isCompensation;
  }

  get lastHeartbeat(): JsonValue | undefined {
    return this.#request.facts.lastHeartbeat;
  }

  get heartbeat(): (details?: JsonValue) => void {
    return this.#request.facts.heartbeat;
  }

  /** A function of its own, so that it can be taken out of the call. */
  get log(): (text: string) => void {
    return (text) => this.#request.log(this.#request.facts.step, text);
  }

  endingWith(signal: AbortSignal): Call {
    return new Call({ ...this.#parts, data: this.data, ownSignal: AbortSignal.any([this.signal, signal]) });
  }

  #openData(): NodeData {
    const { graph, position, request: { scope } } = this.#parts;
    return this.isCompensation
      ? new NodeData(() => graph.dataAfter(position, scope), false)
      : new NodeData(() => graph.dataBefore(position, scope), graph.initialData !== undefined);
  }
}
