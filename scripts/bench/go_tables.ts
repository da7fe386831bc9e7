import { figureTable, show } from "./figure_table.ts";
import type { Figures } from "./results.ts";

/** DAGs beside Flow Orchestrator. */
export function flowOrchestratorTable(figures: Figures<"flow_orchestrator">): string {
  const rows = figures.rows.map(({ work, shape, nodes, maestro, cpu, rival, ratio, cpuRatio }) => [
    `${work === "construction" ? "build" : "run"} ${nodes} nodes, ${shape}`,
    show(maestro, 3),
    show(cpu, 3),
    rival === undefined ? "not measured" : show(rival, 3),
    ratio === undefined ? "not measured" : `**${show(ratio, 1)}**`,
    cpuRatio === undefined ? "not measured" : show(cpuRatio, 1),
  ]);
  return figureTable("A DAG of `dag()` whose actions do nothing, and the same with Flow Orchestrator", figures, [
    ["", "Maestro, ms", "processor time, ms", "Flow Orchestrator, ms", "by Maestro", "by processor time"],
    ...rows,
  ]);
}

/** Trees of workflows beside go-workflows. */
export function goWorkflowsTable(figures: Figures<"go_workflows">): string {
  const rows = figures.rows.map(({ store, runs, maestro, goWorkflows, ratio, cpuRatio }) => [
    `${runs} trees, ${store === "sqlite" ? "SQLite file" : "memory"}`,
    show(maestro, 0),
    show(goWorkflows, 0),
    `**${show(ratio, 1)}**`,
    show(cpuRatio, 1),
  ]);
  return figureTable("Trees of 31 workflows with 36 calls, and the same with go-workflows", figures, [
    ["", "Maestro, workflows/s", "go-workflows, workflows/s", "throughput", "by processor time"],
    ...rows,
  ]);
}
