import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { type GoProgram, startGoProgram } from "./go_program.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { type Cost, costOf } from "./stopwatch.ts";
import { openTrees, type TreeShape, workflowsOf } from "./workflow_tree.ts";

/** Where runs are kept. */
type StoreKind = "sqlite" | "memory";

/** Trees of workflows beside go-workflows. */
export interface GoWorkflowsRow {
  readonly store: StoreKind;
  /** Trees at a time. */
  readonly runs: number;
  /** Workflows a second, those that others have started included. */
  readonly maestro: Spread;
  readonly goWorkflows: Spread;
  /** Maestro's throughput by that of go-workflows in the same round. */
  readonly ratio: Spread;
  /** The processor time of go-workflows by Maestro's of the same round. */
  readonly cpuRatio: Spread;
}

/** The tree of the rival's own benchmark, as its documents run it. */
const SHAPE: TreeShape = { fanOut: 3, depth: 2, leafFanOut: 2, activities: 2, resultSize: 100 };

const CASES = (["sqlite", "memory"] as const).flatMap((store) => [10, 100].map((runs) => ({ store, runs })));

type Case = (typeof CASES)[number];

/** Trees before each measurement, in the same store. */
const WARM_UPS = 2;

/** What `pragma synchronous` is under `durability: sync`: full. The rival leaves it as SQLite comes. */
const FULL = 2;

/** Runs trees, all at a time, in a fresh store for each measurement. Gives `undefined` where the rival cannot be built. */
export async function benchGoWorkflows(
  { runtime, rounds }: { readonly runtime: Runtime; readonly rounds: number },
): Promise<GoWorkflowsRow[] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  const rival = await startGoProgram("go_workflows", folder);
  try {
    if (rival === undefined) return undefined;
    await measureOwn(runtime, folder, { store: "memory", runs: 100 });
    const costs = new Map<Case, Costs[]>(CASES.map((each) => [each, []]));
    for (let round = 0; round < rounds; round++) {
      for (const each of CASES) {
        const own = await measureOwn(runtime, folder, each);
        costs.get(each)!.push({ own, other: await measureRival(rival, folder, each) });
      }
    }
    return CASES.map((each) => rowOf(each, costs.get(each)!));
  } finally {
    rival?.stop();
    await rm(folder, { recursive: true });
  }
}

/** What the trees of a round took. */
interface Costs {
  readonly own: Cost;
  readonly other: Cost;
}

async function measureOwn(runtime: Runtime, folder: string, { store, runs }: Case): Promise<Cost> {
  const path = join(folder, "maestro.db");
  const url = store === "sqlite" ? `sqlite:${path}` : "memory:";
  const trees = await openTrees(runtime, url, SHAPE);
  await trees.run(WARM_UPS);
  const cost = await costOf(() => trees.run(runs));
  await trees.close();
  await removeStore(path);
  return cost;
}

async function measureRival(rival: GoProgram, folder: string, { store, runs }: Case): Promise<Cost> {
  const path = join(folder, "go_workflows.db");
  const order = { path: store === "sqlite" ? path : "", runs, warmUps: WARM_UPS, tree: SHAPE };
  const answer = await rival.ask(order) as Cost & { readonly synchronous: number };
  if (store === "sqlite" && answer.synchronous !== FULL) throw new Error("The two sides do not keep runs as safely");
  await removeStore(path);
  return answer;
}

async function removeStore(path: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) await rm(path + suffix, { force: true });
}

function rowOf(each: Case, costs: readonly Costs[]): GoWorkflowsRow {
  const perSecond = ({ wallMs }: Cost): number => each.runs * workflowsOf(SHAPE) / wallMs * 1_000;
  return {
    ...each,
    maestro: spreadOf(costs.map(({ own }) => perSecond(own))),
    goWorkflows: spreadOf(costs.map(({ other }) => perSecond(other))),
    ratio: spreadOf(costs.map(({ own, other }) => other.wallMs / own.wallMs)),
    cpuRatio: spreadOf(costs.map(({ own, other }) => other.cpuMs / own.cpuMs)),
  };
}
