import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonValue } from "../base/json.ts";
import { didYouMean } from "../base/text.ts";
import { followReferences, isClosed } from "./check_input.ts";
import { stepsWithin } from "./check_references.ts";
import type { CallStep, ChildWorkflow, Plan, WorkflowStep } from "./plan.ts";
import { applyDefaults, misfits } from "./schema_fit.ts";

/** A child that was found, with the children of its own. */
export interface FoundChild extends ChildWorkflow {
  readonly children: ReadonlyMap<string, FoundChild>;
}

/** Finds the steps of a plan that start other workflows. */
export function findChildSteps(plan: Plan): readonly WorkflowStep[] {
  return [...plan.steps, ...plan.finally].flatMap((step) => [...stepsWithin(step)])
    .filter((step) => step.kind === "workflow");
}

/**
 * Checks how a plan starts other workflows: what it gives them against their input schemas, as far as that is written out, and, as
 * warnings, points of no return inside what can be rolled back. Children that are not in the map are passed over.
 */
export function checkChildren(plan: Plan, children: ReadonlyMap<string, FoundChild>): readonly Issue[] {
  const issues: Issue[] = [];
  for (const step of findChildSteps(plan)) {
    const child = children.get(step.workflow);
    if (child === undefined) continue;
    checkInput(issues, step, child, plan);
    const others = [...children].flatMap(([name, other]) => name === step.workflow ? [] : [other]);
    if (hasPivot(child) && (hasUndo(plan) || others.some(canBeUndone))) issues.push(pivotInside(step));
  }
  return issues;
}

function canBeUndone({ plan, children }: FoundChild): boolean {
  return hasUndo(plan) || [...children.values()].some(canBeUndone);
}

function hasUndo(plan: Plan): boolean {
  return hasCall(plan, (call) => call.compensate !== undefined);
}

function hasPivot({ plan, children }: FoundChild): boolean {
  return hasCall(plan, (call) => call.isPivot) || [...children.values()].some(hasPivot);
}

function hasCall({ steps }: Plan, test: (call: CallStep) => boolean): boolean {
  return steps.some((step) => [...stepsWithin(step)].some((one) => one.kind === "call" && test(one)));
}

function pivotInside(step: WorkflowStep): Issue {
  return {
    severity: "warning",
    code: "pivot_in_child",
    message:
      `"${step.workflow}" has a pivot: once it has passed that, it cannot be undone with the rest of this workflow`,
    hint: "move what can fail in front of this step, or make the pivot a step of this workflow",
    path: [...step.origin, "workflow"],
  };
}

function checkInput(issues: Issue[], step: WorkflowStep, child: ChildWorkflow, plan: Plan): void {
  const { inputSchema, name } = child.plan;
  const path = [...step.origin, "input"];
  if (step.input.isConstant) {
    const written = valueAt(plan.document, path) ?? {};
    const problems = isJsonObject(written) ? misfits(inputSchema, applyDefaults(inputSchema, written), "input") : [];
    const at = valueAt(plan.document, path) === undefined ? [...step.origin, "workflow"] : path;
    for (const problem of problems) {
      issues.push(error("bad_child_input", `The input does not fit the schema of "${name}": ${problem}`, at));
    }
    return;
  }
  const written = valueAt(plan.document, path);
  const schema = isJsonObject(inputSchema) ? followReferences(inputSchema, inputSchema) : undefined;
  if (!isJsonObject(written) || schema === undefined) return;
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const filled = applyDefaults(inputSchema, {});
  for (const key of Array.isArray(schema["required"]) ? schema["required"] : []) {
    if (typeof key !== "string" || Object.hasOwn(written, key) || Object.hasOwn(filled as object, key)) continue;
    issues.push(error("bad_child_input", `"${name}" needs "${key}" in its input`, path));
  }
  if (!isClosed(schema)) return;
  for (const key of Object.keys(written).filter((one) => !Object.hasOwn(properties, one))) {
    issues.push({
      ...error("bad_child_input", `The input schema of "${name}" has no "${key}"`, [...path, key]),
      hint: didYouMean(key, Object.keys(properties)),
      onKey: true,
    });
  }
}

function error(code: string, message: string, path: DocumentPath): Issue {
  return { severity: "error", code, message, path };
}

function valueAt(document: JsonValue | undefined, path: DocumentPath): JsonValue | undefined {
  let value = document;
  for (const key of path) value = (value as Readonly<Record<string | number, JsonValue>> | undefined)?.[key];
  return value;
}
