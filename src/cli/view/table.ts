import { fitWidth, printable, textWidth } from "../printable.ts";
import type { Style } from "../style.ts";

/** A cell: its text, and how it is coloured. */
export interface Cell {
  readonly text: string;
  readonly color?: "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | undefined;
}

/** Options of `drawTable`. */
export interface TableOptions {
  readonly style: Style;
  /** Lines are cut to this width; absent: they are not. */
  readonly columns?: number | undefined;
}

/** Draws a table with a head; only its last column is cut where there is no room. Each line ends with a line break. */
export function drawTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { style, columns }: TableOptions,
): string {
  const table = [head.map((text): Cell => ({ text, color: "dim" })), ...rows];
  const clean = table.map((row) => row.map(({ text, color }) => ({ text: printable(text), color })));
  const widths = head.map((_, at) => Math.max(...clean.map((row) => textWidth(row[at]?.text ?? ""))));
  return clean.map((row) => `${drawRow(row, widths, style, columns)}\n`).join("");
}

function drawRow(row: readonly Cell[], widths: readonly number[], style: Style, columns: number | undefined): string {
  let line = "";
  let used = 0;
  for (const [at, { text, color }] of row.entries()) {
    const isLast = at === row.length - 1;
    const shown = isLast && columns !== undefined ? fitWidth(text, columns - used) : text;
    const gap = isLast ? 0 : widths[at]! - textWidth(text) + 2;
    line += (color === undefined ? shown : style[color](shown)) + " ".repeat(gap);
    used += textWidth(shown) + gap;
  }
  return line.trimEnd();
}
