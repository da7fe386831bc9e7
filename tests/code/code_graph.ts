import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import { activity } from "../../src/code/activity.ts";
import { type Workflow, workflow } from "../../src/code/workflow.ts";
import type { CancellationScope, WorkflowContext } from "../../src/code/workflow_context.ts";
import { CancelledError, StepFailedError } from "../../src/engine/failure.ts";
import { type FormGraph, type FormNode, functionsOf } from "../dag/graph_forms.ts";

/** Calls the node as a step of code: under the names that the other forms give it. */
export type CallNode = (ctx: WorkflowContext, name: string, given: JsonObject) => Promise<JsonValue>;

/** The nodes of a graph as activities. */
export function activitiesOf({ nodes, attempts }: Pick<FormGraph, "nodes" | "attempts">): CallNode {
  const functions = functionsOf(nodes, attempts > 1);
  const made = new Map(nodes.map(({ name, canBeUndone }) => {
    const run = functions[name] as (given: JsonObject, call: { readonly attempt: number }) => JsonValue;
    const undo = canBeUndone ? { compensate: () => null } : undefined;
    return [name, activity(name, run, { service: "shop", retry: { attempts, initial: "1ms" }, ...undo })];
  }));
  return (ctx, name, given) => ctx.run(made.get(name)!, given);
}

/** A workflow in code that runs a graph: each node as soon as those that it waits for are done. */
export function codeOf(graph: FormGraph): Workflow<JsonObject, JsonValue> {
  const call = activitiesOf(graph);
  return workflow("shop", { version: "1" }, async (ctx, input: JsonObject): Promise<JsonValue> => {
    const group = ctx.group("dag");
    return await group.scope((inner, scope) => new GraphRun(graph, call, inner, scope, input).run());
  });
}

class GraphRun {
  readonly #graph: FormGraph;
  readonly #call: CallNode;
  readonly #ctx: WorkflowContext;
  readonly #scope: CancellationScope;
  readonly #values: Record<string, JsonValue>;
  readonly #failed: StepFailedError[] = [];
  readonly #waitingFor: Map<string, number>;
  readonly #ready: FormNode[];
  readonly #blocked = new Set<string>();
  readonly #over = Promise.withResolvers<void>();
  #running = 0;
  #isCancelled = false;

  constructor(graph: FormGraph, call: CallNode, ctx: WorkflowContext, scope: CancellationScope, input: JsonObject) {
    this.#graph = graph;
    this.#call = call;
    this.#ctx = ctx;
    this.#scope = scope;
    this.#values = { input };
    this.#waitingFor = new Map(graph.nodes.map(({ name, dependsOn }) => [name, dependsOn.length]));
    this.#ready = graph.nodes.filter(({ dependsOn }) => dependsOn.length === 0);
  }

  async run(): Promise<JsonValue> {
    this.#proceed();
    await this.#over.promise;
    const [first] = this.#failed;
    if (first !== undefined) throw this.#graph.failFast ? first : this.#all(first);
    return Object.fromEntries(this.#graph.nodes.map(({ name }) => [name, this.#values[name] ?? null]));
  }

  #all(first: StepFailedError): StepFailedError {
    const errors = this.#failed.map(({ failure }) => ({ ...failure }));
    return new StepFailedError({ ...first.failure, details: { errors } }, first.isUnknown, first.attempts);
  }

  #proceed(): void {
    for (let node = this.#next(); node !== undefined; node = this.#next()) {
      if (this.#blocked.has(node.name)) {
        this.#finish(node, false);
      } else {
        this.#running++;
        void this.#run(node);
      }
    }
    if (this.#running === 0) this.#over.resolve();
  }

  #next(): FormNode | undefined {
    return this.#isCancelled ? undefined : this.#ready.shift();
  }

  async #run(node: FormNode): Promise<void> {
    let isUsable = false;
    try {
      const given = Object.fromEntries(["input", ...node.dependsOn].map((name) => [name, this.#values[name] ?? null]));
      if (node.fate === "skips") await Promise.resolve();
      else this.#values[node.name] = await this.#call(this.#ctx, node.name, given);
      isUsable = true;
    } catch (thrown) {
      if (thrown instanceof StepFailedError) this.#failed.push(thrown);
      else if (!(thrown instanceof CancelledError)) throw thrown;
      if (this.#graph.failFast) {
        this.#isCancelled = true;
        this.#scope.cancel();
      }
    }
    this.#running--;
    this.#finish(node, isUsable);
    this.#proceed();
  }

  #finish({ name }: FormNode, isUsable: boolean): void {
    for (const next of this.#graph.nodes) {
      if (!next.dependsOn.includes(name)) continue;
      if (!isUsable) this.#blocked.add(next.name);
      const left = this.#waitingFor.get(next.name)! - 1;
      this.#waitingFor.set(next.name, left);
      if (left === 0) this.#ready.push(next);
    }
  }
}
