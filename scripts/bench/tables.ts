import { type BenchName, type Figures, readFigures } from "./results.ts";
import type { Spread } from "./spread.ts";

/** The kept figures as Markdown: a table for each benchmark, in a fixed order. */
export function figureTables(): string {
  const calls = readFigures("calls");
  const dag = readFigures("dag");
  const startUp = readFigures("start_up");
  const parts = [calls && callsTable(calls), dag && dagTable(dag), startUp && startUpTable(startUp)];
  return parts.filter((part) => part !== undefined).join("\n\n");
}

function callsTable(figures: Figures<"calls">): string {
  const rows = figures.rows.map(({ protocol, concurrency, maestro, glue, ratio, cpuRatio }) => [
    `${protocol === "http" ? "HTTP" : "gRPC"}, ${concurrency} at a time`,
    show(maestro, 0),
    show(glue, 0),
    `**${percent(ratio)}**`,
    percent(cpuRatio),
  ]);
  return section("The same 5-call workflow by Maestro and by glue code", figures, [
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
  return section("A DAG in memory whose nodes do nothing", figures, [
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
  return section("From the start of the binary to its end", figures, [
    ["", "Maestro, ms", "bare program, ms", "difference, ms"],
    ...rows,
  ]);
}

function section(title: string, figures: Figures<BenchName>, cells: readonly (readonly string[])[]): string {
  const { runtime, platform, cores, memoryGiB, rounds } = figures;
  const where = `${runtime}, ${platform}, ${cores} cores, ${memoryGiB} GiB; ${rounds} rounds`;
  return `**${title}** (${where})\n\n${table(cells)}`;
}

/** A table in the form that `deno fmt` gives it: text left-aligned, columns padded. */
function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

function show({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

function percent({ median, low, high }: Spread): string {
  const show = (share: number): string => (share * 100).toFixed(0);
  return `${show(median)}% (${show(low)} to ${show(high)})`;
}
