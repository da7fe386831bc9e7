import { planReferences } from "./environment.ts";
import { childSteps, type Plan, type PlanStep } from "./plan.ts";

/** The names that the steps of a plan set, collected once a plan. */
export interface PlanNames {
  /** Every name that some step sets, `set` and iterations included. */
  readonly declared: ReadonlySet<string>;
  /** Ids that expressions read as `steps.<id>`. */
  readonly stepIds: ReadonlySet<string>;
  /** `output` names that are visible at the end of the run, in document order: the default output. */
  readonly outputs: readonly string[];
}

/** Collects the names of a plan. */
export function collectNames(plan: Plan): PlanNames {
  const declared = new Set<string>();
  const stepIds = new Set<string>();
  const outputs = new Set<string>();
  const visit = (step: PlanStep, isLocal: boolean): void => {
    for (const name of namesOf(step)) declared.add(name);
    if (step.output !== undefined && !isLocal) outputs.add(step.output);
    for (const child of childSteps(step)) visit(child, isLocal || step.kind === "foreach");
    if (Array.isArray(step.onError)) { for (const handler of step.onError) visit(handler, isLocal); }
  };
  for (const step of plan.steps) visit(step, false);
  for (const step of plan.finally) visit(step, true);
  for (const { root, path: [id] } of planReferences(plan)) {
    if (root === "steps" && typeof id === "string") stepIds.add(id);
  }
  return { declared, stepIds, outputs: [...outputs] };
}

/** Every name that a step and the steps inside it set. */
export function namesWithin(step: PlanStep): string[] {
  const handlers = Array.isArray(step.onError) ? step.onError as readonly PlanStep[] : [];
  return [...namesOf(step), ...[...childSteps(step), ...handlers].flatMap(namesWithin)];
}

function namesOf(step: PlanStep): readonly string[] {
  const own = step.output === undefined ? [] : [step.output];
  return step.kind === "set" ? [...own, ...step.names] : own;
}
