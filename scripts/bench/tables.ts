import { figureTable, percent, show } from "./figure_table.ts";
import { flowOrchestratorTable, goWorkflowsTable } from "./go_tables.ts";
import { type BenchName, type Figures, readFigures } from "./results.ts";
import { durableTable, latencyTable, listTable, longRunTable, recoveryTable, sleepersTable } from "./store_tables.ts";

const TABLES: { readonly [N in BenchName]: (figures: Figures<N>) => string } = {
  calls: callsTable,
  dag: dagTable,
  flow_orchestrator: flowOrchestratorTable,
  go_workflows: goWorkflowsTable,
  start_up: startUpTable,
  durable: durableTable,
  latency: latencyTable,
  recovery: recoveryTable,
  list: listTable,
  sleepers: sleepersTable,
  long_run: longRunTable,
};

/** Names of the benchmarks, in the order in which they are run and shown. */
export const NAMES: readonly BenchName[] = Object.keys(TABLES) as BenchName[];

/** The kept figures as Markdown: a table for each benchmark that has some. */
export function figureTables(names: readonly BenchName[] = NAMES): string {
  return names.map(tableOf).filter((table) => table !== undefined).join("\n\n");
}

function tableOf<N extends BenchName>(name: N): string | undefined {
  const figures = readFigures(name);
  return figures && TABLES[name](figures);
}

function callsTable(figures: Figures<"calls">): string {
  const rows = figures.rows.map(({ protocol, concurrency, maestro, glue, ratio, cpuRatio }) => [
    `${protocol === "http" ? "HTTP" : "gRPC"}, ${concurrency} at a time`,
    show(maestro, 0),
    show(glue, 0),
    `**${percent(ratio)}**`,
    percent(cpuRatio),
  ]);
  return figureTable("The same 5-call workflow by Maestro and by glue code", figures, [
    ["5 calls", "Maestro, workflows/s", "glue code, workflows/s", "throughput", "by processor time"],
    ...rows,
  ]);
}

function dagTable(figures: Figures<"dag">): string {
  const rows = figures.rows.map(({ kind, shape, nodes, perNode, cpuPerNode, growth }) => [
    `${nodes} ${kind === "call" ? "calls of a function" : "`set` steps"}, ${shape}`,
    `**${show(perNode, 2)}**`,
    show(cpuPerNode, 2),
    growth.median.toFixed(2),
  ]);
  return figureTable("A DAG in memory whose nodes do nothing", figures, [
    ["nodes", "µs per node", "processor time, µs per node", "by the DAG of 10"],
    ...rows,
  ]);
}

function startUpTable(figures: Figures<"start_up">): string {
  const rows = figures.rows.map(({ command, maestro, bare, difference }) => [
    command,
    show(maestro, 1),
    show(bare, 1),
    `**${show(difference, 1)}**`,
  ]);
  return figureTable("From the start of the binary to its end", figures, [
    ["", "Maestro, ms", "bare program, ms", "difference, ms"],
    ...rows,
  ]);
}
