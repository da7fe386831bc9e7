import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import { partsOf } from "./check_names.ts";
import type { CallStep, Plan, PlanStep } from "./plan.ts";

/**
 * Checks points of no return: where they may stand, and what has no use because of them.
 *
 * Once a pivot has completed nothing is undone, so it must be clear what comes before it and what after.
 */
export function checkPivots(plan: Plan): readonly Issue[] {
  const issues: Issue[] = [];
  for (const step of plan.steps) checkPlace(issues, step, undefined);
  for (const step of plan.finally) checkPlace(issues, step, "finally");
  const at = plan.steps.findIndex(isSurePivot);
  for (const step of at < 0 ? [] : plan.steps.slice(at + 1)) checkAfter(issues, step, plan.steps[at]!);
  return issues;
}

/** Whether the run is past a pivot wherever it gets beyond this step. */
export function isSurePivot(step: PlanStep): boolean {
  return step.kind === "call" && step.isPivot && step.when === undefined && step.onError === undefined;
}

function checkPlace(issues: Issue[], step: PlanStep, within: string | undefined): void {
  if (step.kind === "call" && step.isPivot) {
    if (within !== undefined) {
      issues.push({
        severity: "error",
        code: "misplaced_pivot",
        message: `A pivot cannot stand inside ${within}`,
        hint: within === "finally"
          ? "finally comes after everything that could be undone"
          : "it parts what comes before it from what comes after: move it behind the block",
        path: [...step.origin, "pivot"],
        onKey: true,
      });
    }
    if (step.compensate !== undefined) {
      issues.push(neverRuns(step, "a pivot is never undone"));
    }
  }
  const inside = blockName(step) ?? within;
  for (const { part, steps } of partsOf(step)) {
    for (const child of steps) checkPlace(issues, child, part === "error" ? within : inside);
  }
}

function blockName({ kind }: PlanStep): string | undefined {
  if (kind === "parallel" || kind === "dag" || kind === "race" || kind === "foreach" || kind === "repeat") {
    return `a ${kind}${kind === "foreach" || kind === "repeat" ? "" : " block"}`;
  }
  return undefined;
}

/** What comes after a pivot is not undone either, but for the losers of a race. */
function checkAfter(issues: Issue[], step: PlanStep, pivot: PlanStep): void {
  if (step.kind === "race") return;
  if (step.kind === "call" && step.compensate !== undefined && !step.isPivot) {
    issues.push(neverRuns(step, `nothing is undone after the pivot "${pivot.id}"`));
  }
  for (const { steps } of partsOf(step)) for (const child of steps) checkAfter(issues, child, pivot);
}

function neverRuns(step: CallStep, why: string): Issue {
  const path: DocumentPath = [...step.origin, "compensate"];
  const message = `The "compensate" of "${step.id}" never runs: ${why}`;
  return { severity: "warning", code: "never_compensated", message, path, onKey: true };
}
