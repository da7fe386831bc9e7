import type { JsonObject, JsonValue } from "../base/json.ts";
import { ABSENT, type Scope, type ScopeValue } from "../expr/mod.ts";
import { type Dependencies, dependenciesOf } from "./check_nodes.ts";
import type { NodeDefinition } from "./node_definition.ts";
import { applyChanges, type DataChanges } from "./workflow_data.ts";

/** What a node gives in a DAG that has data: its output, and what it has changed. */
export interface Outcome {
  readonly output: JsonValue;
  readonly data: DataChanges;
}

/** The nodes of a sound DAG, and what they see of a run: a scope holds the outcome of each node under its name. */
export class Graph {
  readonly nodes: readonly NodeDefinition[];
  /** For each node, the positions of those that it waits for. */
  readonly dependencies: Dependencies;
  /** For each node, the names of those that it waits for, in the order in which it names them. */
  readonly names: readonly (readonly string[])[];
  /** What the data holds at first; absent where the DAG has none. */
  readonly initialData: JsonObject | undefined;
  readonly #forgiven: ReadonlySet<string>;
  #order: readonly number[] | undefined;

  constructor(nodes: readonly NodeDefinition[], dependencies: Dependencies, initialData: JsonObject | undefined) {
    this.nodes = nodes;
    this.dependencies = dependencies;
    this.names = nodes.map(dependenciesOf);
    this.initialData = initialData;
    this.#forgiven = new Set(nodes.filter(({ onError }) => onError === "continue").map(({ name }) => name));
  }

  /** All positions, each behind those that it waits for; apart from that as the nodes stand. */
  get order(): readonly number[] {
    return this.#order ??= dependencyOrder(this.dependencies);
  }

  /** Whether an error of a node counts for nothing. */
  isForgiven(name: string): boolean {
    return this.#forgiven.has(name);
  }

  /** What a node's action is given: the run's input, and the outputs of those that it waits for. */
  given(position: number, scope: Scope): JsonObject {
    const given: Record<string, JsonValue> = { input: scope.lookup("input") as JsonValue };
    for (const name of this.names[position]!) given[name] = this.#output(scope.lookup(name));
    return given;
  }

  /** What undoes a node is given: what its action was, its own output, and the error. */
  givenToUndo(position: number, scope: Scope): JsonObject {
    const { name } = this.nodes[position]!;
    const error = scope.lookup("error") as JsonValue;
    return { ...this.given(position, scope), [name]: this.#output(scope.lookup(name)), error };
  }

  /** The outputs of all nodes, null where there is none, and the run's input. */
  outputs(scope: Scope): JsonObject {
    const outputs: Record<string, JsonValue> = {};
    for (const { name } of this.nodes) outputs[name] = this.#output(scope.lookup(name));
    return outputs;
  }

  /** Whether every node that a node requires has completed. */
  hasRequired(position: number, scope: Scope): boolean {
    const { requires = [] } = this.nodes[position]!;
    return requires.every((name) => isThere(scope.lookup(name)));
  }

  /** The data as a node finds it: what was set by those that it waits for, at first hand or not. */
  dataBefore(position: number, scope: Scope): Map<string, JsonValue> {
    const before = this.#before(position);
    return this.#data(scope, (other) => before.has(other));
  }

  /** The data as a node leaves it. */
  dataAfter(position: number, scope: Scope): Map<string, JsonValue> {
    const before = this.#before(position);
    return this.#data(scope, (other) => other === position || before.has(other));
  }

  /** The data at the end. */
  dataAtEnd(scope: Scope): Map<string, JsonValue> {
    return this.#data(scope, () => true);
  }

  #data(scope: Scope, isSeen: (position: number) => boolean): Map<string, JsonValue> {
    const values = new Map(Object.entries(this.initialData ?? {}));
    for (const position of this.order) {
      if (!isSeen(position)) continue;
      const outcome = scope.lookup(this.nodes[position]!.name);
      if (isThere(outcome)) applyChanges(values, (outcome as unknown as Outcome).data);
    }
    return values;
  }

  #output(value: ScopeValue | undefined): JsonValue {
    if (!isThere(value)) return null;
    return this.initialData === undefined ? value as JsonValue : (value as unknown as Outcome).output;
  }

  #before(position: number): ReadonlySet<number> {
    const found = new Set(this.dependencies[position]);
    // A set hands out what is added to it while it is gone through.
    for (const other of found) for (const next of this.dependencies[other]!) found.add(next);
    return found;
  }
}

/** A node that was skipped or failed leaves nothing; one whose error counts for nothing leaves nothing either. */
function isThere(value: ScopeValue | undefined): boolean {
  return value !== undefined && value !== ABSENT;
}

function dependencyOrder(dependencies: Dependencies): readonly number[] {
  const order: number[] = [];
  const isTaken = new Uint8Array(dependencies.length);
  for (const start of dependencies.keys()) {
    // An explicit stack: a chain of thousands of nodes must not exhaust the call stack.
    const trail = [{ node: start, next: 0 }];
    while (trail.length > 0) {
      const top = trail.at(-1)!;
      const before = isTaken[top.node] === 1 ? undefined : dependencies[top.node]![top.next++];
      if (before !== undefined) {
        if (isTaken[before] === 0) trail.push({ node: before, next: 0 });
        continue;
      }
      trail.pop();
      if (isTaken[top.node] === 0) order.push(top.node);
      isTaken[top.node] = 1;
    }
  }
  return order;
}
