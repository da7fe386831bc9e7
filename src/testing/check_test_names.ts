import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { didYouMean } from "../base/text.ts";
import type { LoadedWorkflow } from "../load_workflow.ts";
import { stepsWithin } from "../plan/check_references.ts";
import type { Plan, PlanCall, PlanStep } from "../plan/plan.ts";
import { exactness } from "./call_name.ts";

/** What names in a test file can mean. */
interface Known {
  readonly services: ReadonlySet<string>;
  readonly steps: ReadonlySet<string>;
  readonly calls: readonly PlanCall[];
}

/** Finds names in a test file that mean nothing in its workflow, or in those that this one starts. */
export function checkTestNames(document: JsonObject, workflow: LoadedWorkflow): readonly Issue[] {
  const known = knownOf(workflow);
  const issues: Issue[] = [];
  const mocks = (value: unknown, path: DocumentPath): void => {
    for (const name of Object.keys(isJsonObject(value) ? value : {})) {
      issues.push(...checkName(name, [...path, name], known));
    }
  };
  mocks(document["mocks"], ["mocks"]);
  const cases = Array.isArray(document["cases"]) ? document["cases"] : [];
  for (const [index, one] of cases.entries()) {
    if (!isJsonObject(one)) continue;
    mocks(one["mocks"], ["cases", index, "mocks"]);
    const expect = isJsonObject(one["expect"]) ? one["expect"] : {};
    mocks(expect["calls"], ["cases", index, "expect", "calls"]);
    for (const key of ["compensated", "skipped"]) {
      const path = ["cases", index, "expect", key];
      const steps = Array.isArray(expect[key]) ? expect[key] : [];
      issues.push(...steps.flatMap((step, place) => checkStep(String(step), [...path, place], known)));
    }
  }
  return issues;
}

function knownOf(workflow: LoadedWorkflow): Known {
  const plans = [...plansOf(workflow)];
  const steps = plans.flatMap((plan) => [...stepsOf(plan)]);
  const calls = steps.flatMap((step) =>
    step.kind === "call"
      ? [step.call, step.compensate?.call, step.reconcile?.call].filter((call) => call !== undefined)
      : []
  );
  return {
    services: new Set(plans.flatMap(({ services }) => [...services.keys()])),
    steps: new Set(steps.map(({ id }) => id)),
    calls,
  };
}

function* plansOf({ plan, children }: LoadedWorkflow): IterableIterator<Plan> {
  yield plan;
  for (const child of children.values()) yield* plansOf(child);
}

function* stepsOf({ steps, finally: last }: Plan): IterableIterator<PlanStep> {
  for (const step of [...steps, ...last]) yield* stepsWithin(step);
}

function checkName(name: string, path: DocumentPath, known: Known): readonly Issue[] {
  if (name.startsWith("steps.")) return checkStep(name.slice("steps.".length), path, known, true);
  if (known.services.has(name)) return [];
  const [service = ""] = name.split(".");
  const isOfService = known.services.has(service) && name.length > service.length;
  const isMeant = known.calls.some((call) => {
    const named = { step: "", service: call.service, method: call.methodText };
    return exactness(name, named) > 0 || mayBe(name, named);
  });
  if (isMeant) return [];
  const methods = known.calls.filter((call) => !isOfService || call.service === service);
  const names = methods.map((call) => `${call.service}.${call.methodText}`);
  return [{
    severity: "error",
    code: "unknown_call",
    message: `Nothing in the workflow calls "${name}"`,
    hint: didYouMean(name, [...names, ...known.services]) ?? callsHint(names),
    path,
    onKey: true,
  }];
}

function callsHint(names: readonly string[]): string {
  return names.length === 0 ? "it calls no service" : `it calls: ${[...new Set(names)].join(", ")}`;
}

/** Whether a method as it is sent, such as `GET /users/5`, may come from the one that is written: `GET /users/{{ .id }}`. */
function mayBe(name: string, { service, method }: { readonly service: string; readonly method: string }): boolean {
  if (!method.includes("{{")) return false;
  const pattern = method.includes("}}") ? method : "*";
  return exactness(pattern, { step: "", service, method: name }) > 0 ||
    exactness(`${service}.${pattern}`, { step: "", service: "", method: name }) > 0;
}

function checkStep(name: string, path: DocumentPath, known: Known, onKey = false): readonly Issue[] {
  const ids = name.replaceAll(/\[\d+\]|!error|!\d+/g, "").replace(/\/(compensate|reconcile)$/, "").split("/");
  const stray = ids.find((id) => id !== "finally" && !known.steps.has(id));
  if (stray === undefined) return [];
  return [{
    severity: "error",
    code: "unknown_step",
    message: `The workflow has no step "${stray}"`,
    hint: didYouMean(stray, known.steps) ?? `its steps are: ${[...known.steps].join(", ")}`,
    path,
    onKey,
  }];
}
