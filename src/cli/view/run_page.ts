import { roughDuration } from "../../base/duration.ts";
import type { Explanation } from "../../explain_run.ts";
import type { ChildDetails, RunDetails } from "../../run_details.ts";
import { writeAttributes } from "../attribute_flags.ts";
import { fitWidth, printable } from "../printable.ts";
import { describeFailure } from "../report_run.ts";
import type { Style } from "../style.ts";
import { colorOf, showTime } from "./run_table.ts";
import { drawSteps, shortJson } from "./step_tree.ts";

/** Options of `drawRun`. */
export interface RunPageOptions {
  readonly style: Style;
  /** Lines are cut to this width. */
  readonly columns: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Why the run is where it is. */
  readonly explanation: Explanation;
  /** Writes a command as a person types it. */
  command(args: readonly string[]): string;
}

/** Draws all that is known of a run. Ends with a line break. */
export function drawRun(details: RunDetails, options: RunPageOptions): string {
  const { style, columns } = options;
  const { workflow, version, status } = details.run;
  const name = `${workflow}${version === "" ? "" : ` ${version}`}`;
  const title = `${style.bold(printable(name))}  ${style[colorOf(status)!](status)}`;
  const facts = rows(details, options).map(([label, text]) => {
    const line = VALUES.has(label) ? fitWidth(printable(text), columns - LABEL_COLUMNS - 2) : printable(text);
    return `  ${style.dim(label.padEnd(LABEL_COLUMNS))}${line}\n`;
  });
  const sections = [
    section("steps", drawSteps(details.steps, options), style),
    section("children", details.children.map(drawChild).join(""), style),
    section(
      "next",
      options.explanation.commands.map(({ args, effect }) =>
        `  ${options.command(args)}\n      ${style.dim(printable(effect))}\n`
      ).join(""),
      style,
    ),
  ];
  return `${title}\n${facts.join("")}${sections.join("")}`;
}

const LABEL_COLUMNS = 12;

/** Rows that are cut to the width: JSON has them whole. */
const VALUES: ReadonlySet<string> = new Set(["input", "output"]);

function rows(details: RunDetails, { now, explanation }: RunPageOptions): readonly (readonly [string, string])[] {
  const { run, input, rollback } = details;
  const list: [string, string][] = [["run", run.id]];
  const add = (label: string, text: string | undefined): void => {
    if (text !== undefined && text !== "") list.push([label, text]);
  };
  add("why", explanation.summary);
  if (run.finishedAt === null) { for (const reason of explanation.reasons) add("", reason); }
  add("started", showTime(run.startedAt));
  add("ended", run.finishedAt === null ? undefined : showTime(run.finishedAt));
  add("took", roughDuration((run.finishedAt ?? now) - run.startedAt));
  add("parent", run.parent === null ? undefined : `${run.parent.runId}, step ${run.parent.step}`);
  add("attributes", writeAttributes(run.attributes).join(", "));
  add("input", shortJson(input));
  if (run.status === "completed") add("output", shortJson(run.output));
  if (run.error !== null) add("error", describeFailure(run.error));
  if (run.pause !== null && run.status === "paused") add("paused", `${run.pause.reason}: ${run.pause.message}`);
  for (const wake of explanation.wakes) add("wakes it", wake);
  add("undone", rollback.undone.join(", "));
  add("not undone", rollback.notUndone.join(", "));
  add("unknown", rollback.unknown.join(", "));
  return list;
}

function drawChild({ runId, step, workflow, status }: ChildDetails): string {
  return `  ${runId}  ${status ?? "not ended"}  ${printable(workflow)}, step ${printable(step)}\n`;
}

function section(title: string, body: string, style: Style): string {
  return body === "" ? "" : `\n${style.bold(title)}\n${body}`;
}
