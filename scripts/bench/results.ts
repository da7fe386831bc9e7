import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../command.ts";
import type { CallsRow } from "./calls.ts";
import type { DagRow } from "./dag.ts";
import type { DurableRow } from "./durable.ts";
import type { FlowOrchestratorRow } from "./flow_orchestrator.ts";
import type { GoWorkflowsRow } from "./go_workflows.ts";
import type { LatencyRow } from "./latency.ts";
import type { ListRow } from "./list.ts";
import type { LongRunRow } from "./long_run.ts";
import type { RecoveryRow } from "./recovery.ts";
import type { SleepersRow } from "./sleepers.ts";
import type { StartUpRow } from "./start_up.ts";

/** The rows of each benchmark, by its name. */
export interface Rows {
  readonly calls: readonly CallsRow[];
  readonly dag: readonly DagRow[];
  readonly flow_orchestrator: readonly FlowOrchestratorRow[];
  readonly go_workflows: readonly GoWorkflowsRow[];
  readonly start_up: readonly StartUpRow[];
  readonly durable: readonly DurableRow[];
  readonly latency: readonly LatencyRow[];
  readonly recovery: readonly RecoveryRow[];
  readonly list: readonly ListRow[];
  readonly sleepers: readonly SleepersRow[];
  readonly long_run: readonly LongRunRow[];
}

/** The name of a benchmark, and of the file that keeps its figures. */
export type BenchName = keyof Rows;

/** The figures of one benchmark, with where they were taken. */
export interface Figures<N extends BenchName> {
  readonly name: N;
  readonly runtime: string;
  readonly platform: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly rounds: number;
  /** The load average of the minute before: what else the machine had to do. Absent in older figures. */
  readonly load?: number | undefined;
  readonly rows: Rows[N];
}

const FOLDER = join(ROOT, "scripts/bench/results");

/** Keeps figures as `results/<name>.json`. */
export function saveFigures<N extends BenchName>(
  name: N,
  { rounds, load }: Required<Pick<Figures<N>, "rounds" | "load">>,
  rows: Rows[N],
): void {
  const { bun, node } = process.versions;
  const figures: Figures<N> = {
    name,
    runtime: bun === undefined ? `Node ${node}` : `Bun ${bun}`,
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    rounds,
    load,
    rows,
  };
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(pathOf(name), `${JSON.stringify(figures, null, 2)}\n`);
}

/** Reads figures; `undefined` where there are none yet. */
export function readFigures<N extends BenchName>(name: N): Figures<N> | undefined {
  return existsSync(pathOf(name)) ? JSON.parse(readFileSync(pathOf(name), "utf8")) : undefined;
}

function pathOf(name: BenchName): string {
  return join(FOLDER, `${name}.json`);
}
