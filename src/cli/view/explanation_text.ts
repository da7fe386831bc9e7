import type { Explanation } from "../../explain_run.ts";
import type { StoredRun } from "../../run_store.ts";
import { printable } from "../printable.ts";
import type { Style } from "../style.ts";
import { colorOf } from "./run_table.ts";

/** Options of `drawExplanation`. */
export interface ExplanationOptions {
  readonly style: Style;
  /** Writes a command as a person types it. */
  command(args: readonly string[]): string;
}

/** Writes why a run is where it is: what it is about, what would wake it, what helps. Ends with a line break. */
export function drawExplanation(run: StoredRun, explanation: Explanation, options: ExplanationOptions): string {
  const { style, command } = options;
  const { summary, reasons, wakes, commands } = explanation;
  const status = style[colorOf(run.status)!](run.status);
  const lines = [`${style.bold(printable(run.workflow))}  ${run.id}  ${status}`, "", printable(summary)];
  for (const reason of reasons) lines.push(printable(reason));
  if (wakes.length > 0) lines.push("", style.bold("What moves it on"), ...wakes.map((wake) => `  ${printable(wake)}`));
  if (commands.length > 0) lines.push("", style.bold("What you can do"));
  for (const { args, effect } of commands) lines.push(`  ${command(args)}`, `      ${style.dim(printable(effect))}`);
  return lines.map((line) => `${line}\n`).join("");
}
