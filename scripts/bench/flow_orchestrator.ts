import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dag } from "../../src/dag/create_dag.ts";
import type { Dag } from "../../src/dag/dag.ts";
import type { NodeDefinition } from "../../src/dag/node_definition.ts";
import { createMaestro } from "../../src/maestro.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { startGoProgram } from "./go_program.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { type Cost, costOf } from "./stopwatch.ts";

/** What is done with a DAG: it is built, or run. */
type Work = "construction" | "execution";

/** A DAG of the builder's beside the same with Flow Orchestrator. */
export interface FlowOrchestratorRow {
  readonly work: Work;
  /** Whether no node depends on another, or each on the one before. */
  readonly shape: "wide" | "deep";
  readonly nodes: number;
  /** Milliseconds for one DAG. */
  readonly maestro: Spread;
  /** The same in processor time. */
  readonly cpu: Spread;
  /** Milliseconds for one by Flow Orchestrator; absent, like the ratios, where it could not be had. */
  readonly rival?: Spread | undefined;
  /** Its time by Maestro's of the same round. */
  readonly ratio?: Spread | undefined;
  /** The same in processor time. */
  readonly cpuRatio?: Spread | undefined;
}

const CASES = (["wide", "deep"] as const).flatMap((shape) =>
  [10, 100, 1_000, 10_000].map((nodes) => ({ shape, nodes, times: Math.max(1, 3_000 / nodes) }))
);

type Case = (typeof CASES)[number];

/** What so many DAGs took. */
type Costs = Readonly<Record<Work, Cost>>;

/** Rounds whose figures are thrown away: they compile the code. */
const WARM_UPS = 3;

/** Builds and runs DAGs whose actions do nothing, in memory, all sizes and shapes in each round, the two sides in turns. */
export async function benchFlowOrchestrator(
  { runtime, rounds }: { readonly runtime: Runtime; readonly rounds: number },
): Promise<FlowOrchestratorRow[]> {
  const folder = await mkdtemp(`${tmpdir()}/maestro-bench-`);
  const rival = await startGoProgram("flow_orchestrator", folder);
  const own = new Map<Case, Costs[]>(CASES.map((each) => [each, []]));
  const other = new Map<Case, Costs[]>(CASES.map((each) => [each, []]));
  for (let round = -WARM_UPS; round < rounds; round++) {
    for (const each of CASES) {
      const ownCosts = await measure(runtime, each);
      const rivalCosts = round < 0 ? undefined : await rival?.ask(each) as Costs | undefined;
      if (round >= 0) own.get(each)!.push(ownCosts);
      if (rivalCosts !== undefined) other.get(each)!.push(rivalCosts);
    }
  }
  rival?.stop();
  await rm(folder, { recursive: true });
  return (["construction", "execution"] as const).flatMap((work) =>
    CASES.map((each) => rowOf(work, each, own.get(each)!, other.get(each)!))
  );
}

function rowOf(
  work: Work,
  { shape, nodes, times }: Case,
  own: readonly Costs[],
  other: readonly Costs[],
): FlowOrchestratorRow {
  const spread = (all: readonly Costs[], of: keyof Cost): Spread =>
    spreadOf(all.map((costs) => costs[work][of] / times));
  const row = { work, shape, nodes, maestro: spread(own, "wallMs"), cpu: spread(own, "cpuMs") };
  if (other.length === 0) return row;
  const ratio = (of: keyof Cost): Spread =>
    spreadOf(other.map((costs, round) => costs[work][of] / own[round]![work][of]));
  return { ...row, rival: spread(other, "wallMs"), ratio: ratio("wallMs"), cpuRatio: ratio("cpuMs") };
}

async function measure(runtime: Runtime, { shape, nodes, times }: Case): Promise<Costs> {
  const maestro = createMaestro({ runtime });
  try {
    const construction = await costOf(() => {
      // What the first run of a DAG would have to do otherwise is part of making it.
      for (let version = 1; version <= times; version++) maestro.register(build(shape, nodes, String(version)));
      return Promise.resolve();
    });
    const graph = build(shape, nodes, "run");
    maestro.register(graph);
    const execution = await costOf(async () => {
      for (let run = 0; run < times; run++) {
        const { status } = await (await maestro.start(graph, { input: {} })).result();
        assert.equal(status, "completed");
      }
    });
    return { construction, execution };
  } finally {
    await maestro.close();
  }
}

function build(shape: Case["shape"], nodes: number, version: string): Dag {
  const action = (): null => null;
  const definitions = Array.from({ length: nodes }, (_, index): NodeDefinition => ({
    name: `node_${index}`,
    action,
    dependsOn: shape === "deep" && index > 0 ? [`node_${index - 1}`] : [],
  }));
  return dag("bench", { version, durability: "none" }).nodes(definitions).build() as unknown as Dag;
}
