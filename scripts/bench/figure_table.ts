import type { BenchName, Figures } from "./results.ts";
import type { Spread } from "./spread.ts";

/** A table of figures as Markdown, under its title and where they were taken. The first row is the head. */
export function figureTable(
  title: string,
  { runtime, platform, cores, memoryGiB, rounds, load }: Figures<BenchName>,
  cells: readonly (readonly string[])[],
): string {
  const count = rounds === 1 ? "1 round" : `${rounds} rounds`;
  const before = load === undefined ? "" : `; load ${load.toFixed(1)}`;
  const where = `${runtime}, ${platform}, ${cores} cores, ${memoryGiB} GiB; ${count}${before}`;
  return `**${title}** (${where})\n\n${table(cells)}`;
}

/** A table in the form that `deno fmt` gives it: text left-aligned, columns padded. */
function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** A figure with its spread. */
export function show({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

/** A share with its spread, in percent. */
export function percent({ median, low, high }: Spread): string {
  const show = (share: number): string => (share * 100).toFixed(0);
  return `${show(median)}% (${show(low)} to ${show(high)})`;
}
