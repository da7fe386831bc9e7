import type { Issue } from "../base/diagnostics.ts";
import { partsOf } from "./check_names.ts";
import { isSurePivot } from "./check_pivots.ts";
import type { CallStep, Plan, PlanStep } from "./plan.ts";

/** Checks steps that stand where they cannot do their work, and calls that a rollback would leave behind. */
export function checkMisuse(plan: Plan): readonly Issue[] {
  const issues: Issue[] = [];
  for (const step of plan.steps) checkReturns(issues, step, undefined);
  for (const step of plan.finally) checkReturns(issues, step, "finally");
  for (const call of plan.finally.flatMap((step) => [...callsIn(step)])) {
    if (call.compensate === undefined) continue;
    issues.push({
      severity: "warning",
      code: "never_compensated",
      message: `The "compensate" of "${call.id}" never runs: finally comes after the rollback`,
      path: [...call.origin, "compensate"],
      onKey: true,
    });
  }
  const pivot = plan.steps.findIndex(isSurePivot);
  // What comes after a pivot is not rolled back anyway.
  const undoable = pivot < 0 ? plan.steps : plan.steps.slice(0, pivot);
  const calls = undoable.flatMap((step) => [...callsIn(step)]);
  if (calls.some((call) => call.compensate !== undefined)) {
    const last = plan.steps.at(-1);
    for (const call of calls) {
      if (call === last || call.compensate !== undefined || call.isPivot || !mayChange(call, plan)) continue;
      issues.push({
        severity: "warning",
        code: "not_compensated",
        message: `The call "${call.id}" may change something and has no "compensate": a rollback leaves it as it is`,
        path: [...call.origin, "method"],
        onKey: false,
      });
    }
  }
  return issues;
}

function checkReturns(issues: Issue[], step: PlanStep, within: string | undefined): void {
  if (step.kind === "return" && within !== undefined) {
    issues.push({
      severity: "error",
      code: "misplaced_return",
      message: `"return" cannot stand inside ${within}`,
      hint: within === "finally"
        ? "finally changes neither status nor output"
        : "set a name there, and return after the block",
      path: [...step.origin, "return"],
      onKey: true,
    });
  }
  const inside = blockName(step) ?? within;
  for (const { part, steps } of partsOf(step)) {
    for (const child of steps) checkReturns(issues, child, part === "error" ? within : inside);
  }
}

function blockName(step: PlanStep): string | undefined {
  if (step.kind === "parallel" || step.kind === "dag" || step.kind === "race") return `a ${step.kind} block`;
  return step.kind === "foreach" && step.maxConcurrency > 1
    ? "a foreach whose iterations run at the same time"
    : undefined;
}

function* callsIn(step: PlanStep): IterableIterator<CallStep> {
  if (step.kind === "call") yield step;
  for (const { steps } of partsOf(step)) for (const child of steps) yield* callsIn(child);
}

/** Beginnings of names that say that a method changes something. */
const CHANGING_METHOD = new RegExp(
  "^(?:Add|Allocate|Approve|Assign|Authorize|Book|Cancel|Capture|Charge|Commit|Confirm|Create|Debit|Credit|Delete|Deploy|Disable|Enable|" +
    "Grant|Insert|Invite|Issue|Open|Pay|Place|Post|Provision|Publish|Put|Refund|Register|Remove|Reserve|Revoke|Save|Send|Set|Ship|" +
    "Start|Stop|Store|Submit|Transfer|Update|Upload|Upsert|Withdraw|Write)(?![a-z])",
);

/** HTTP says so by its verbs; of gRPC methods only the name is known here. */
function mayChange(call: CallStep, plan: Plan): boolean {
  const { service, methodText } = call.call;
  const isHttp = plan.services.get(service)?.type === "http" || /\s/.test(methodText.trim());
  if (isHttp) return !/^\s*(?:GET|HEAD|OPTIONS)\s/.test(methodText);
  return CHANGING_METHOD.test(methodText.split("/").at(-1) ?? "");
}
