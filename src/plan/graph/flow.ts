import type { GraphStep, WorkflowGraph } from "./graph.ts";

/** A graph as boxes and arrows. Ids are made here, are letters and digits, and have nothing to do with those of the steps. */
export interface Flow {
  readonly nodes: readonly FlowNode[];
  readonly groups: readonly FlowGroup[];
  readonly edges: readonly FlowEdge[];
}

/** A box. */
export interface FlowNode {
  readonly id: string;
  readonly shape: "end" | "call" | "block" | "action" | "undo";
  /** The first line is the title. */
  readonly lines: readonly string[];
  readonly group: string | undefined;
}

/** A frame around boxes and other frames. */
export interface FlowGroup {
  readonly id: string;
  readonly title: string;
  readonly group: string | undefined;
}

/** An arrow. */
export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: "flow" | "undo" | "error" | "again";
  readonly label: string | undefined;
}

/** An arrow that does not know yet where it leads. */
interface Exit {
  readonly from: string;
  readonly label?: string | undefined;
}

/** Lays a graph out as boxes and arrows, from a start to an end. */
export function flowOf(graph: WorkflowGraph): Flow {
  return new FlowBuilder().build(graph);
}

class FlowBuilder {
  readonly #nodes: FlowNode[] = [];
  readonly #groups: FlowGroup[] = [];
  readonly #edges: FlowEdge[] = [];
  /** Where `return` and `fail` lead. */
  readonly #ends: Exit[] = [];

  build(graph: WorkflowGraph): Flow {
    const start = this.#node("end", [graph.title], undefined);
    let exits = this.#sequence(graph.steps, [{ from: start }], undefined);
    exits = [...exits, ...this.#ends.splice(0)];
    if (graph.finally.length > 0) {
      const group = this.#group("finally", undefined);
      exits = this.#sequence(graph.finally, exits, group);
    }
    this.#connect([...exits, ...this.#ends], this.#node("end", ["end"], undefined));
    return { nodes: this.#nodes, groups: this.#groups, edges: this.#edges };
  }

  #sequence(steps: readonly GraphStep[], from: readonly Exit[], group: string | undefined): readonly Exit[] {
    let exits = from;
    for (const step of steps) exits = this.#step(step, exits, group);
    return exits;
  }

  #step(step: GraphStep, from: readonly Exit[], outer: string | undefined): readonly Exit[] {
    const isBlock = step.branches.length > 0;
    const group = isBlock ? this.#group(`${step.id}: ${step.kind}`, outer) : outer;
    const shape = step.kind === "call" || step.kind === "workflow" ? "call" : isBlock ? "block" : "action";
    const node = this.#node(shape, [step.id, step.text, ...step.notes], group);
    this.#connect(from, node);
    if (step.undo !== undefined) {
      this.#edges.push({ from: node, to: this.#node("undo", [step.undo], group), kind: "undo", label: "undo" });
    }
    const handled = this.#handle(step, node, outer);
    if (step.kind === "return" || step.kind === "fail") {
      if (handled === undefined) this.#ends.push({ from: node });
      return handled ?? [];
    }
    return [...this.#inside(step, node, group), ...handled ?? []];
  }

  #handle(step: GraphStep, node: string, group: string | undefined): readonly Exit[] | undefined {
    if (step.onError.length === 0) return undefined;
    const before = this.#edges.length;
    const exits = this.#sequence(step.onError, [{ from: node, label: "on error" }], group);
    const first = this.#edges[before];
    if (first !== undefined) this.#edges[before] = { ...first, kind: "error" };
    return exits;
  }

  #inside(step: GraphStep, node: string, group: string | undefined): readonly Exit[] {
    const { branches, kind } = step;
    if (branches.length === 0) return [{ from: node }];
    const awaited = new Set(branches.flatMap(({ after }) => after));
    const ends: (readonly Exit[])[] = [];
    const exits: Exit[] = [];
    for (const place of inOrder(branches.map(({ after }) => after))) {
      const { after, label, steps } = branches[place]!;
      const from = after.length === 0 ? [{ from: node, label }] : after.flatMap((earlier) => ends[earlier] ?? []);
      const end = this.#sequence(steps, from, group);
      ends[place] = end;
      if (!awaited.has(place)) exits.push(...end);
    }
    if (kind === "switch" && branches.every(({ label }) => label !== "otherwise")) {
      exits.push({ from: node, label: "otherwise" });
    }
    if (kind === "repeat") {
      for (const { from } of exits) this.#edges.push({ from, to: node, kind: "again", label: "again" });
    }
    return exits;
  }

  #connect(exits: readonly Exit[], to: string): void {
    for (const { from, label } of exits) this.#edges.push({ from, to, kind: "flow", label });
  }

  #node(shape: FlowNode["shape"], lines: readonly string[], group: string | undefined): string {
    const id = `n${this.#nodes.length + 1}`;
    this.#nodes.push({ id, shape, lines, group });
    return id;
  }

  #group(title: string, group: string | undefined): string {
    const id = `g${this.#groups.length + 1}`;
    this.#groups.push({ id, title, group });
    return id;
  }
}

/** The places in an order in which each comes after those that it waits for. */
function inOrder(dependencies: readonly (readonly number[])[]): readonly number[] {
  const done = new Set<number>();
  const visit = (place: number): void => {
    if (done.has(place)) return;
    for (const earlier of dependencies[place] ?? []) visit(earlier);
    done.add(place);
  };
  dependencies.forEach((_, place) => visit(place));
  return [...done];
}
