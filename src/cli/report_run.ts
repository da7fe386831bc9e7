import { formatDuration } from "../base/duration.ts";
import type { RunResult } from "../maestro.ts";
import { printable } from "./printable.ts";
import type { Failure, RunStatus, StepView } from "./run_events.ts";
import type { Style } from "./style.ts";

/** The exit code that follows from a run's status. */
export function exitCodeOf(status: RunStatus): number {
  switch (status) {
    case "completed":
      return 0;
    case "compensated":
      return 4;
    case "compensation_failed":
    case "paused":
      return 5;
    case "cancelled":
      return 6;
    default:
      return 1;
  }
}

/** Steps that a list in the report names before it gives only their number. */
const MOST_NAMED = 20;

/** What a person can do about a run, and why it stands still. */
export interface RunAdvice {
  /** Why it is paused. */
  readonly pause?: { readonly reason: string; readonly message: string } | undefined;
  /** Commands that help. */
  readonly commands: readonly string[];
}

/**
 * Says in words how a run that did not complete went wrong: what failed, where, and what became of the effects.
 *
 * Ends with a line break. The caller redacts it; nothing in it but the style's own codes can move a cursor.
 */
export function describeRun(result: RunResult, style: Style, { pause, commands }: RunAdvice = NO_ADVICE): string {
  const { error, rollback } = result;
  const steps = new Map(result.steps.map((step) => [step.id, step]));
  const failed = error?.step == null ? undefined : steps.get(error.step);
  const rows: [label: string, text: string][] = [];
  if (pause !== undefined) rows.push(["paused", printable(`${pause.reason}: ${pause.message}`)]);
  if (error !== null && result.cause !== "cancelled") rows.push(["error", describeFailure(error)]);
  if (error?.step != null) rows.push(["step", describeStep(error.step, failed)]);
  rows.push(...listRows("undone", rollback.undone, (id) => id));
  rows.push(...listRows("not undone", rollback.notUndone, (id) => withReason(id, steps.get(id))));
  rows.push(...listRows("unknown", rollback.unknown, (id) => withReason(id, steps.get(id))));
  const open = result.steps.filter((step) => isLeftOpen(step, rollback)).map(({ id }) => id);
  rows.push(...listRows("unknown", open, (id) => `${id} (it may have taken effect, and nothing undoes it)`));
  rows.push(["run", `${result.runId}, ${formatDuration(result.finishedAt - result.startedAt)}`]);
  if (commands.length > 0) rows.push(["next", commands.join("\n")]);
  const title = `${result.workflow} ${headline(result)}`;
  const body = rows.map(([label, text]) => `  ${style.dim(label.padEnd(10))}  ${indent(text)}`);
  return `${style.red(style.bold(`✗ ${title}`))}\n${body.join("\n")}\n`;
}

const NO_ADVICE: RunAdvice = { commands: [] };

/** Whether nobody knows if a step took effect, and no compensation has dealt with it. */
function isLeftOpen({ id, status, compensation }: StepView, rollback: RunResult["rollback"]): boolean {
  return status === "unknown" && compensation === null && !rollback.unknown.includes(id) &&
    !rollback.notUndone.includes(id);
}

function headline({ status, cause, rollback }: RunResult): string {
  const what = cause === "timeout" ? "timed out" : cause === "cancelled" ? "was cancelled" : "failed";
  switch (status) {
    case "compensated":
      return `${what} and was rolled back`;
    case "compensation_failed":
      return `${what}, and the rollback is incomplete: a person must look at it`;
    case "paused":
      return "is paused: a person must look at it";
    case "cancelled":
      return "was cancelled; there was nothing to undo";
    default:
      return `${what}; ${rollback.undone.length === 0 ? "nothing was undone" : "see what was undone"}`;
  }
}

/** `code: message`, on one line. */
export function describeFailure({ code, message }: Failure): string {
  return printable(message.startsWith(`${code}:`) ? message : `${code}: ${message}`);
}

function describeStep(id: string, step: StepView | undefined): string {
  if (step?.service == null) return id;
  const attempts = step.attempts > 1 ? `, ${step.attempts} attempts` : "";
  return `${id} (${step.service} ${step.method}${attempts})`;
}

function withReason(id: string, step: StepView | undefined): string {
  const reason = step?.compensation?.error ?? (step?.status === "unknown" ? step.error : null);
  return reason == null ? id : `${id} (${describeFailure(reason)})`;
}

function listRows(label: string, ids: readonly string[], describe: (id: string) => string): [string, string][] {
  if (ids.length === 0) return [];
  const named = ids.slice(0, MOST_NAMED).map(describe);
  if (ids.length > MOST_NAMED) named.push(`and ${ids.length - MOST_NAMED} more`);
  return [[label, named.join("\n")]];
}

function indent(text: string): string {
  return text.replaceAll("\n", `\n${" ".repeat(14)}`);
}
