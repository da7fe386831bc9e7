import type { RunEvent } from "../engine/hooks.ts";
import type { Entry } from "../engine/journal.ts";
import type { LoadedWorkflow } from "../load_workflow.ts";
import { partsOf } from "../plan/check_names.ts";
import type { Plan, PlanStep } from "../plan/plan.ts";

/** How much of something was reached. */
export interface Share {
  readonly reached: number;
  readonly all: number;
}

/** How much of a workflow, and of those that it starts, runs have reached. */
export interface Coverage {
  readonly steps: Share;
  /** Conditions both ways, branches, handled errors, loops with and without items. */
  readonly branches: Share;
  readonly compensations: Share;
  /** What was not reached, in the order of the document. */
  readonly missed: readonly string[];
}

/** Something that a run can reach. */
interface Point {
  readonly kind: "steps" | "branches" | "compensations";
  readonly name: string;
  readonly isReached: (seen: Seen) => boolean;
}

/** What happened at the steps of one workflow; of loops all rounds together. */
interface Seen {
  readonly run: ReadonlySet<string>;
  readonly skipped: ReadonlySet<string>;
  readonly handled: ReadonlySet<string>;
  readonly undone: ReadonlySet<string>;
  /** `path branch`. */
  readonly branches: ReadonlySet<string>;
  /** Loops that had items, or a second round, and those that had none. */
  readonly filled: ReadonlySet<string>;
  readonly empty: ReadonlySet<string>;
}

/** Says how much of a workflow the runs have reached whose events are given. */
export function coverageOf(workflow: LoadedWorkflow, events: readonly RunEvent[]): Coverage {
  const byWorkflow = Map.groupBy(events, (event) => event.workflow);
  const judged = [...plansOf(workflow, new Map())].flatMap(([name, plan]) => {
    const seen = seenIn(byWorkflow.get(name) ?? []);
    const prefix = plan === workflow.plan ? "" : `${name}: `;
    return pointsOf(plan).map(({ kind, name: point, isReached }) => ({
      kind,
      name: prefix + point,
      isReached: isReached(seen),
    }));
  });
  const share = (kind: Point["kind"]): Share => {
    const all = judged.filter((point) => point.kind === kind);
    return { reached: all.filter(({ isReached }) => isReached).length, all: all.length };
  };
  return {
    steps: share("steps"),
    branches: share("branches"),
    compensations: share("compensations"),
    missed: judged.filter(({ isReached }) => !isReached).map(({ name }) => name),
  };
}

function plansOf({ plan, children }: LoadedWorkflow, found: Map<string, Plan>): ReadonlyMap<string, Plan> {
  if (found.has(plan.name)) return found;
  found.set(plan.name, plan);
  for (const child of children.values()) plansOf(child, found);
  return found;
}

function pointsOf(plan: Plan): readonly Point[] {
  return [...pointsIn(plan.steps, ""), ...pointsIn(plan.finally, "finally")];
}

function pointsIn(steps: readonly PlanStep[], around: string): readonly Point[] {
  return steps.flatMap((step) => {
    const path = around === "" ? step.id : `${around}/${step.id}`;
    const inside = partsOf(step).flatMap(({ part, steps: inner }) =>
      pointsIn(inner, part === "error" ? `${path}!error` : path)
    );
    return [...ownPoints(step, path), ...inside];
  });
}

function ownPoints(step: PlanStep, path: string): readonly Point[] {
  const points: Point[] = [{ kind: "steps", name: `step ${path}`, isReached: ({ run }) => run.has(path) }];
  const branch = (name: string, isReached: Point["isReached"]): void =>
    void points.push({ kind: "branches", name: `step ${path}: ${name}`, isReached });
  if (step.when !== undefined) {
    branch("`when` holds", ({ run }) => run.has(path));
    branch("`when` does not hold", ({ skipped }) => skipped.has(path));
  }
  if (step.onError !== undefined) branch("`on_error`", ({ handled }) => handled.has(path));
  switch (step.kind) {
    case "switch":
      step.branches.forEach((_, index) =>
        branch(`branch ${index + 1}`, ({ branches }) => branches.has(`${path} ${index}`))
      );
      break;
    case "foreach":
      branch("with items", ({ filled }) => filled.has(path));
      branch("without items", ({ empty }) => empty.has(path));
      break;
    case "repeat":
      branch("a second round", ({ filled }) => filled.has(path));
      break;
    case "call":
      if (step.compensate === undefined) break;
      points.push({
        kind: "compensations",
        name: `step ${path}: its compensation`,
        isReached: ({ undone }) => undone.has(path),
      });
  }
  return points;
}

function seenIn(events: readonly RunEvent[]): Seen {
  const sets = {
    run: new Set<string>(),
    skipped: new Set<string>(),
    handled: new Set<string>(),
    undone: new Set<string>(),
    branches: new Set<string>(),
    filled: new Set<string>(),
    empty: new Set<string>(),
  };
  for (const { entry } of events) {
    note(entry, sets);
    const step = "step" in entry && typeof entry.step === "string" ? entry.step : "";
    // A path inside of a second round shows that there was one.
    for (const { index } of step.matchAll(/\[[1-9]\d*\]/g)) sets.filled.add(plain(step.slice(0, index)));
  }
  return sets;
}

function note(entry: Entry, sets: { readonly [Key in keyof Seen]: Set<string> }): void {
  switch (entry.type) {
    case "step_scheduled":
    case "child_scheduled":
      if (entry.compensates !== undefined) sets.undone.add(plain(entry.compensates));
      else sets.run.add(plain(entry.step));
      return;
    case "block_opened":
    case "block_closed":
      sets.run.add(plain(entry.step));
      return;
    case "step_skipped":
      sets.skipped.add(plain(entry.step));
      return;
    case "error_handled":
      sets.handled.add(plain(entry.step));
      return;
    case "branch_taken":
      sets.branches.add(`${plain(entry.step)} ${entry.branch}`);
      return;
    case "items_counted":
      (entry.count > 0 ? sets.filled : sets.empty).add(plain(entry.step));
      return;
  }
}

/** A path as the document knows it: without rounds and tries. */
function plain(path: string): string {
  return path.replaceAll(/\[\d+\]|!\d+/g, "");
}
