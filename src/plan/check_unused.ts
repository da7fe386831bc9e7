import type { Issue } from "../base/diagnostics.ts";
import type { Declaration, Declarations } from "./check_names.ts";
import type { Plan, PlanStep } from "./plan.ts";

/** What the expressions and steps of a plan were seen to use. */
export interface ReadNames {
  readonly names: Set<string>;
  readonly ids: Set<string>;
  readonly services: Set<string>;
}

/** Finds, as warnings, services that no step calls and names that nothing reads. */
export function checkUnused(plan: Plan, declarations: Declarations, reads: ReadNames): readonly Issue[] {
  const issues: Issue[] = [];
  for (const service of plan.services.values()) {
    if (reads.services.has(service.name)) continue;
    issues.push({
      severity: "warning",
      code: "unused_service",
      message: `No step calls the service "${service.name}"`,
      path: service.origin,
      onKey: true,
    });
  }
  for (const [name, places] of declarations.names) {
    if (reads.names.has(name)) continue;
    for (const place of places) {
      const issue = unusedName(plan, place, reads);
      if (issue !== undefined) issues.push(issue);
    }
  }
  return issues;
}

function unusedName(plan: Plan, place: Declaration, reads: ReadNames): Issue | undefined {
  const { name, step, enclosures } = place;
  if (step.isIdGiven && reads.ids.has(step.id)) return undefined;
  const loop = enclosures.find(({ block }) => block.kind === "foreach")?.block;
  // Without an output of its own, a run gives every output name that is visible at its end.
  if (loop === undefined && (plan.output === undefined && step.kind !== "set")) return undefined;
  if (enclosures.some(({ block }) => givesOutputOf(block, step, reads))) return undefined;
  if (loop !== undefined) {
    return warning(
      "never_collected",
      `"${name}" is lost after each iteration of "${loop.id}": nothing reads or collects it`,
      place,
      `add "collect: '{{ .${name} }}'" and an "output" to the foreach`,
    );
  }
  return warning("unused_output", `Nothing reads "${name}"`, place, undefined);
}

/** Whether a block that is read, or may be, has the step's output in its own. */
function givesOutputOf(block: PlanStep, step: PlanStep, reads: ReadNames): boolean {
  const isRead = block.output !== undefined || (block.isIdGiven && reads.ids.has(block.id));
  if (!isRead || step.kind === "set") return isRead && block.kind !== "foreach";
  return block.kind !== "foreach" && block.kind !== "repeat" || block.collect === undefined;
}

function warning(code: string, message: string, place: Declaration, hint: string | undefined): Issue {
  return { severity: "warning", code, message, hint, path: place.place, onKey: place.onKey };
}
