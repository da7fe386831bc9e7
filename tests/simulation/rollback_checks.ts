import { effectiveTurns } from "../../src/engine/effective_turns.ts";
import type { Entry } from "../../src/engine/journal.ts";
import { endOf, type KeptRun } from "./journal_checks.ts";
import type { Program } from "./program.ts";
import { scriptName, type World } from "./world.ts";

/** What a journal says of undoing. */
interface Undoing {
  /** Steps and children that completed and can be undone, in the order in which they did. */
  readonly completed: readonly string[];
  /** Steps of which nobody knows whether they took effect, and children that could not undo themselves. */
  readonly unknown: ReadonlySet<string>;
  /** What was undone, or tried to be, in the order in which that began. */
  readonly tried: readonly string[];
  /** What was undone last in one go: after the last rollback had begun. */
  readonly last: readonly string[];
  /** Whose compensation was not even asked for, because it does not apply or cannot be made. */
  readonly left: ReadonlySet<string>;
  readonly isPastPivot: boolean;
}

/** Whatever a rollback promises: what is undone, what is not, and in which order. */
export function checkRollback(kept: KeptRun, program: Program): string[] {
  const { run, journal } = kept;
  const end = endOf(journal);
  if (end === undefined) return [];
  const found: string[] = [];
  const fault = (text: string): void => void found.push(`run ${run.id}: ${text}`);
  const { completed, unknown, tried, last, left, isPastPivot } = read(kept, program);
  for (const step of tried) {
    if (!completed.includes(step) && !unknown.has(step)) fault(`${step} was undone, but it had done nothing`);
    if (end.status === "completed" && !isInRace(step)) fault(`${step} was undone, but the run has completed`);
  }
  const twice = tried.find((step, index) => tried.indexOf(step) < index);
  if (twice !== undefined && program.compensates === false) fault(`${twice} was undone twice`);
  const isRolledBack = end.status !== "completed" && !isPastPivot;
  if (!isRolledBack) return found;
  for (const step of completed) {
    const isListed = end.rollback.notUndone.includes(step);
    if (!tried.includes(step) && !left.has(step) && !isListed) fault(`${step} was not undone`);
  }
  const isParallel = program.documents[run.workflow]?.["compensation"] !== undefined;
  const expected = completed.filter((step) => last.includes(step)).reverse();
  const actual = last.filter((step) => completed.includes(step));
  if (!isParallel && expected.join() !== actual.join()) fault(`it undid ${actual}, instead of ${expected}`);
  return found;
}

/** What the services hold when all is over. */
export function checkEffects(
  kept: KeptRun,
  program: Program,
  world: World,
  lateCalls: ReadonlySet<string>,
): string[] {
  const { run, journal } = kept;
  const end = endOf(journal);
  if (end === undefined) return [];
  const found: string[] = [];
  const fault = (text: string): void => void found.push(`run ${run.id} ended ${end.status}: ${text}`);
  const { completed, left, isPastPivot } = read(kept, program);
  const isListed = new Set([...end.rollback.notUndone, ...end.rollback.unknown]);
  const undone = new Set(end.rollback.undone);
  const scheduled = entriesOf(kept).filter((entry) => entry.type === "step_scheduled");
  const handled = entriesOf(kept).flatMap((entry) => entry.type === "error_handled" ? entry.step : []);
  for (const { step, compensates } of scheduled) {
    if (world.timesDone(run.id, step) > 1) fault(`${step} was done ${world.timesDone(run.id, step)} times`);
    const name = `${run.id} ${step}`;
    const isExcused = lateCalls.has(name) || world.overtaken.has(name);
    if (compensates !== undefined || isExcused || !hasCompensation(step, program)) continue;
    const holds = world.holds(run.id, step);
    if (undone.has(step) && holds) fault(`${step} counts as undone, and its effect is there`);
    const isKept = isListed.has(step) || left.has(step) || isPastPivot || end.status === "completed" ||
      handled.some((path) => step.startsWith(path));
    if (!isKept && !undone.has(step) && holds) fault(`the effect of ${step} is left`);
    const isDone = completed.includes(step) && !undone.has(step) && !isListed.has(step);
    if (end.status === "completed" && isDone && !holds) fault(`the effect of ${step} is not there`);
  }
  return found;
}

function read(kept: KeptRun, program: Program): Undoing {
  const completed: string[] = [];
  const unknown = new Set<string>();
  const tried: string[] = [];
  const left = new Set<string>();
  let last: string[] = [];
  let isPastPivot = false;
  for (const entry of entriesOf(kept)) {
    switch (entry.type) {
      case "step_completed":
        if (hasCompensation(entry.step, program) && !isPastPivot) completed.push(entry.step);
        break;
      case "step_unknown":
        unknown.add(entry.step);
        break;
      case "child_finished":
        if (entry.child.status === "compensation_failed") unknown.add(entry.step);
        if (entry.child.isUndoable && entry.child.status === "completed" && !isPastPivot) completed.push(entry.step);
        break;
      case "step_scheduled":
      case "child_scheduled":
        if (entry.compensates === undefined) break;
        tried.push(entry.compensates);
        last.push(entry.compensates);
        break;
      case "rollback_started":
        last = [];
        break;
      case "pivot_passed":
        isPastPivot = true;
        break;
      case "step_skipped":
      case "block_closed":
        if (entry.kind === "compensation") left.add(entry.step.replace(/\/compensate(!\d+)?$/, ""));
        break;
    }
  }
  return { completed, unknown, tried, last, left, isPastPivot };
}

function entriesOf({ journal }: KeptRun): readonly Entry[] {
  return effectiveTurns(journal).turns.flatMap(({ entries }) => entries);
}

/** Compensations have ids of their own in no document: what has one is in the documents by its id. */
function hasCompensation(step: string, program: Program): boolean {
  return program.compensated.has(scriptName(step));
}

function isInRace(step: string): boolean {
  return /(^|\/)r\d+(\[\d+\])?(!error)?\//.test(step);
}
