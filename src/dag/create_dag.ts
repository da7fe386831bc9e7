import { MaestroError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { plural } from "../base/text.ts";
import { checkNodes, type DagIssue, refuse } from "./check_nodes.ts";
import { countProblems, limitProblems } from "../plan/setting_problems.ts";
import type { OutputFunction } from "./compile_dag.ts";
import { Dag } from "./dag.ts";
import type { DagBuilder, Nothing } from "./dag_builder.ts";
import { Graph } from "./graph.ts";
import type { NodeAction, NodeCondition, NodeMiddleware } from "./node_action.ts";
import type { Duration, RetryOptions } from "../plan/retry_options.ts";
import type { CompensationOptions, DagOptions, NodeDefinition } from "./node_definition.ts";

/**
 * Begins a DAG: nodes that each run as soon as those that they wait for are done.
 *
 * Its runs are journalled, persisted and resumed as those of any workflow. Nothing is checked before `build()`.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, dag } from "maestro";
 *
 * const order = dag("order", { version: "1" })
 *   .input<{ item: string; count: number }>()
 *   .node("price").action(({ input }) => input.item.length * input.count)
 *   .node("stock").action(({ input }) => ({ reserved: input.count }))
 *   .compensate(({ stock }) => console.log("releases", stock.reserved))
 *   .node("pay").dependsOn("price", "stock").retry(3).timeout("10s")
 *   .action(({ price }, { idempotencyKey }) => ({ paid: price, key: idempotencyKey }))
 *   .output(({ pay }) => ({ paid: pay.paid }))
 *   .build();
 *
 * const maestro = createMaestro({ runtime: await createRuntime() });
 * const run = await maestro.start(order, { input: { item: "tea", count: 2 } });
 * const { output } = await run.result();
 * console.log(output?.paid);
 * await maestro.close();
 * ```
 */
export function dag(name: string, options: DagOptions): DagBuilder<JsonObject, Nothing, Nothing, never> {
  const draft: Draft = {
    name,
    options,
    inputSchema: undefined,
    initialData: undefined,
    middleware: [],
    last: undefined,
    output: undefined,
  };
  return new Builder(draft) as unknown as DagBuilder<JsonObject, Nothing, Nothing, never>;
}

/** What has been said of a DAG so far. Immutable, so that two DAGs can begin alike. */
interface Draft {
  readonly name: string;
  readonly options: DagOptions;
  readonly inputSchema: JsonObject | undefined;
  readonly initialData: object | undefined;
  readonly middleware: readonly NodeMiddleware[];
  readonly last: Link | undefined;
  readonly output: OutputFunction | undefined;
}

/** A node and those before it: adding one copies nothing. */
interface Link {
  readonly node: NodeDefinition;
  readonly before: Link | undefined;
}

/** What the typed interfaces stand for. */
class Builder {
  readonly #draft: Draft;

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  input(inputSchema?: JsonObject): Builder {
    return new Builder({ ...this.#draft, inputSchema });
  }

  data(initialData: object): Builder {
    return new Builder({ ...this.#draft, initialData });
  }

  use(...middleware: readonly NodeMiddleware[]): Builder {
    return new Builder({ ...this.#draft, middleware: [...this.#draft.middleware, ...middleware] });
  }

  node(name: string): DraftNode {
    return new DraftNode({ name }, (node) => this.#with(node, this.#draft.last));
  }

  nodes(definitions: Iterable<NodeDefinition>): Builder {
    let { last } = this.#draft;
    for (const node of definitions) last = { node, before: last };
    return new Builder({ ...this.#draft, last });
  }

  compensate(compensate: NodeAction, compensation?: CompensationOptions): Builder {
    const { node, before } = this.#draft.last!;
    return this.#with({ ...node, compensate, compensation }, before);
  }

  output(output: OutputFunction): Builder {
    return new Builder({ ...this.#draft, output });
  }

  build(): Dag {
    const { name, options, inputSchema, initialData, middleware, output } = this.#draft;
    const nodes: NodeDefinition[] = [];
    for (let link = this.#draft.last; link !== undefined; link = link.before) nodes.push(link.node);
    nodes.reverse();
    const { dependencies, issues } = checkNodes(nodes);
    const all = [...checkOptions(name, options), ...issues];
    if (all.length > 0) throw unsound(name, all);
    const data = initialData === undefined ? undefined : JSON.parse(JSON.stringify(initialData)) as JsonObject;
    const graph = new Graph(nodes, dependencies, data);
    return new Dag({ name, options, inputSchema, graph, output }, middleware);
  }

  #with(node: NodeDefinition, before: Link | undefined): Builder {
    return new Builder({ ...this.#draft, last: { node, before } });
  }
}

class DraftNode {
  readonly #node: Omit<NodeDefinition, "action">;
  readonly #add: (node: NodeDefinition) => Builder;

  constructor(node: Omit<NodeDefinition, "action">, add: (node: NodeDefinition) => Builder) {
    this.#node = node;
    this.#add = add;
  }

  dependsOn(...names: readonly string[]): DraftNode {
    return this.#with({ dependsOn: [...this.#node.dependsOn ?? [], ...names] });
  }

  requires(...names: readonly string[]): DraftNode {
    return this.#with({ requires: [...this.#node.requires ?? [], ...names] });
  }

  when(when: NodeCondition): DraftNode {
    return this.#with({ when });
  }

  retry(retry: RetryOptions | number): DraftNode {
    return this.#with({ retry });
  }

  timeout(timeout: Duration): DraftNode {
    return this.#with({ timeout });
  }

  attemptTimeout(attemptTimeout: Duration): DraftNode {
    return this.#with({ attemptTimeout });
  }

  heartbeatTimeout(heartbeatTimeout: Duration): DraftNode {
    return this.#with({ heartbeatTimeout });
  }

  use(...middleware: readonly NodeMiddleware[]): DraftNode {
    return this.#with({ middleware: [...this.#node.middleware ?? [], ...middleware] });
  }

  onError(onError: "continue"): DraftNode {
    return this.#with({ onError });
  }

  atMostOnce(): DraftNode {
    return this.#with({ atMostOnce: true });
  }

  action(action: NodeAction): Builder {
    return this.#add({ ...this.#node, action });
  }

  #with(more: Partial<NodeDefinition>): DraftNode {
    return new DraftNode({ ...this.#node, ...more }, this.#add);
  }
}

function checkOptions(name: string, { version, timeout, maxConcurrency }: DagOptions): readonly DagIssue[] {
  const issues: DagIssue[] = [];
  for (const [what, text] of [["name", name], ["version", version]] as const) {
    if (typeof text === "string" && text !== "") continue;
    issues.push({
      code: "invalid_setting",
      message: `A DAG needs a ${what}`,
      hint: "runs are bound to name and version",
    });
  }
  refuse([...limitProblems(timeout, "The timeout"), ...countProblems(maxConcurrency, "maxConcurrency")], issues);
  return issues;
}

function unsound(name: string, issues: readonly DagIssue[]): MaestroError {
  const lines = issues.map(({ message, hint }) => hint === undefined ? message : `${message} (${hint})`);
  return new MaestroError(
    "invalid_workflow",
    `The DAG "${name}" has ${plural(issues.length, "problem")}:\n  ${lines.join("\n  ")}`,
    { details: { issues } },
  );
}
