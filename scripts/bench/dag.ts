import assert from "node:assert/strict";
import { createMaestro, type Maestro } from "../../src/maestro.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { loadText } from "./rival.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { type Cost, costOf } from "./stopwatch.ts";

/** How the nodes of a DAG depend on each other: not at all, or each on the one before. */
type Shape = "wide" | "deep";

/** What a node does: calls a function of this process that does nothing, or sets a name. */
type NodeKind = "call" | "set";

/** What one node of a DAG costs. */
export interface DagRow {
  readonly kind: NodeKind;
  readonly shape: Shape;
  readonly nodes: number;
  /** Microseconds on the wall from the start of a run to its result, by the number of nodes. */
  readonly perNode: Spread;
  /** The same in processor time. */
  readonly cpuPerNode: Spread;
  /** The time per node by that of the smallest DAG in the same round. */
  readonly growth: Spread;
}

/** Options of `benchDag`. */
export interface DagOptions {
  readonly runtime: Runtime;
  readonly rounds: number;
}

const SIZES = [10, 100, 1_000];

const CASES = (["call", "set"] as const).flatMap((kind) =>
  (["wide", "deep"] as const).flatMap((shape) => SIZES.map((nodes) => ({ kind, shape, nodes })))
);

type Case = (typeof CASES)[number];

/** Nodes that each case goes through in a round. */
const NODES_PER_ROUND = 10_000;

/** Rounds whose figures are thrown away: they compile the code. */
const WARM_UPS = 3;

/** Runs DAGs whose nodes do nothing, all sizes and shapes in each round. */
export async function benchDag({ runtime, rounds }: DagOptions): Promise<DagRow[]> {
  const costs = new Map<Case, Cost[]>(CASES.map((each) => [each, []]));
  for (let round = -WARM_UPS; round < rounds; round++) {
    for (const each of round % 2 === 0 ? CASES : CASES.toReversed()) {
      const cost = await measure(runtime, each);
      if (round >= 0) costs.get(each)!.push(cost);
    }
  }
  return CASES.map((each) => {
    const own = costs.get(each)!;
    const smallest = CASES.find(({ kind, shape }) => kind === each.kind && shape === each.shape)!;
    return {
      ...each,
      perNode: spreadOf(own.map(({ wallMs }) => wallMs * 1_000 / NODES_PER_ROUND)),
      cpuPerNode: spreadOf(own.map(({ cpuMs }) => cpuMs * 1_000 / NODES_PER_ROUND)),
      growth: spreadOf(own.map(({ wallMs }, round) => wallMs / costs.get(smallest)![round]!.wallMs)),
    };
  });
}

async function measure(runtime: Runtime, each: Case): Promise<Cost> {
  const maestro = createMaestro({ runtime, functions: { local: { nothing: () => null } } });
  try {
    const run = await load(maestro, dagWorkflow(each));
    await run();
    return await costOf(async () => {
      for (let nodes = 0; nodes < NODES_PER_ROUND; nodes += each.nodes) await run();
    });
  } finally {
    await maestro.close();
  }
}

async function load(maestro: Maestro, text: string): Promise<() => Promise<void>> {
  const workflow = await loadText(maestro, text);
  return async () => {
    const handle = await maestro.start(workflow, { input: {} });
    const { status } = await handle.result();
    assert.equal(status, "completed");
  };
}

function dagWorkflow({ kind, shape, nodes }: Case): string {
  const work = (index: number): string =>
    kind === "call" ? "service: local, method: nothing" : `set: { value_${index}: 1 }`;
  const needs = (index: number): string => shape === "wide" || index === 0 ? "" : `node_${index - 1}`;
  const steps = Array.from(
    { length: nodes },
    (_, index) => `      - { id: node_${index}, ${work(index)}, depends_on: [${needs(index)}] }`,
  );
  return `name: dag
version: "1"
services:
  local: { type: function, endpoint: here }
steps:
  - dag:
${steps.join("\n")}
output: done
`;
}
