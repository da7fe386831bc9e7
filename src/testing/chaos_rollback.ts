import { effectiveTurns } from "../engine/effective_turns.ts";
import type { Entry, RunFinished } from "../engine/journal.ts";
import { stepsWithin } from "../plan/check_references.ts";
import type { CallStep, Plan } from "../plan/plan.ts";
import type { KeptRun } from "./chaos_checks.ts";
import type { ChaosWorld } from "./chaos_world.ts";

/** What a journal says of undoing. */
interface Undoing {
  /** Steps and children that completed and can be undone, in the order in which they did. */
  readonly completed: readonly string[];
  /** Steps and children of which nobody knows whether they took effect. */
  readonly unknown: ReadonlySet<string>;
  /** What was undone, or tried to be, in the order in which that began. */
  readonly tried: readonly string[];
  /** The same since the last rollback began. */
  readonly last: readonly string[];
  /** Steps that a service was asked about, and said that they are done: a mock does not know. */
  readonly asked: ReadonlySet<string>;
  /** What was not undone because its compensation does not apply, or cannot be made. */
  readonly left: ReadonlySet<string>;
  readonly isPastPivot: boolean;
  readonly end: RunFinished | undefined;
}

/** Whatever a rollback promises: what is undone, what is not, once, and in which order. */
export function checkRollback(kept: KeptRun, plan: Plan, world: ChaosWorld): readonly string[] {
  const undoable = undoableSteps(plan);
  const undoing = read(kept, undoable);
  const { completed, end, isPastPivot } = undoing;
  if (end === undefined) return [];
  const problems = [...checkTried(undoing, end, plan)];
  const isCall = (step: string): boolean => undoable.has(idOf(step));
  const has = (step: string): boolean => world.hasDone(kept.run.id, step);
  for (const step of end.rollback.undone) {
    if (isCall(step) && !has(`${step}/compensate`)) problems.push(`${step} counts as undone, and nothing undid it`);
  }
  for (const step of completed) {
    if (isCall(step) && !has(step) && !undoing.asked.has(step)) {
      problems.push(`${step} counts as completed, and has done nothing`);
    }
  }
  return end.status === "completed" || isPastPivot ? problems : [...problems, ...checkLeft(undoing, end, plan)];
}

/** Only what was done is undone, and once; of a run that has completed only what had lost a race. */
function checkTried({ tried, completed, unknown }: Undoing, end: RunFinished, plan: Plan): readonly string[] {
  const racing = racingSteps(plan);
  return tried.flatMap((step, index) => {
    const problems: string[] = [];
    if (!completed.includes(step) && !unknown.has(step)) problems.push(`${step} was undone, but it had done nothing`);
    if (tried.indexOf(step) < index) problems.push(`${step} was undone twice`);
    if (end.status === "completed" && !racing.has(idOf(step))) {
      problems.push(`${step} was undone, although the run has completed`);
    }
    return problems;
  });
}

/** Everything that was done is undone, or named as what is not, the last first. */
function checkLeft({ completed, tried, last, left }: Undoing, end: RunFinished, plan: Plan): readonly string[] {
  const isNamed = new Set([...end.rollback.notUndone, ...end.rollback.unknown, ...tried, ...left]);
  const problems = completed.filter((step) => !isNamed.has(step)).map((step) => `${step} was not undone`);
  const expected = completed.filter((step) => last.includes(step)).reverse();
  const actual = last.filter((step) => completed.includes(step));
  if (plan.compensationOrder === "reverse" && expected.join() !== actual.join()) {
    problems.push(`it undid ${actual.join(", ")} instead of ${expected.join(", ")}`);
  }
  return problems;
}

function read({ journal }: KeptRun, undoable: ReadonlySet<string>): Undoing {
  const completed: string[] = [];
  const unknown = new Set<string>();
  const tried: string[] = [];
  const left = new Set<string>();
  const asked = new Set<string>();
  let last: string[] = [];
  let isPastPivot = false;
  let end: RunFinished | undefined;
  for (const entry of effectiveTurns(journal).turns.flatMap(({ entries }) => entries)) {
    switch (entry.type) {
      case "step_completed":
        if (undoable.has(idOf(entry.step)) && !isPastPivot) completed.push(entry.step);
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
      case "reconciled":
        asked.add(entry.step);
        break;
      case "rollback_started":
        last = [];
        break;
      case "pivot_passed":
        isPastPivot = true;
        break;
      case "step_skipped":
      case "block_closed":
        if (entry.kind === "compensation") left.add(undoneBy(entry));
        break;
      case "run_finished":
        end = entry;
    }
  }
  return { completed, unknown, tried, last, asked, left, isPastPivot, end };
}

function undoneBy({ step }: Extract<Entry, { readonly step: string }>): string {
  return step.replace(/\/compensate(![0-9]+)?$/, "");
}

/** Ids of the calls that have a compensation. */
function undoableSteps({ steps }: Plan): ReadonlySet<string> {
  const all = steps.flatMap((step) => [...stepsWithin(step)]);
  const calls = all.filter((step): step is CallStep => step.kind === "call");
  return new Set(calls.filter(({ compensate }) => compensate !== undefined).map(({ id }) => id));
}

/** Ids of the steps in races: what the losers had completed is undone although the run goes on. */
function racingSteps({ steps }: Plan): ReadonlySet<string> {
  const races = steps.flatMap((step) => [...stepsWithin(step)]).filter(({ kind }) => kind === "race");
  return new Set(races.flatMap((race) => [...stepsWithin(race)].map(({ id }) => id)));
}

/** The id at the end of a step's path. Compensations have none in the document. */
function idOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/!\d+$/, "");
}
