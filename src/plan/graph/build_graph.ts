import type { DocumentPath } from "../../base/diagnostics.ts";
import { formatDuration } from "../../base/duration.ts";
import { truncate } from "../../base/text.ts";
import type { Plan, PlanCall, PlanStep } from "../plan.ts";
import type { GraphBranch, GraphStep, WorkflowGraph } from "./graph.ts";

/** Reads a value of the document as it is written; a plan holds expressions compiled. */
export type TextReader = (path: DocumentPath) => string | undefined;

/** Longer expressions are cut: a picture shows what there is, not every letter of it. */
const LONGEST_TEXT = 60;

/** Makes the graph of a plan. */
export function buildGraph(plan: Plan, textAt: TextReader): WorkflowGraph {
  const build = (steps: readonly PlanStep[]): readonly GraphStep[] =>
    steps.map((step) => buildStep(step, plan, textAt));
  const title = plan.version === "" ? plan.name : `${plan.name} ${plan.version}`;
  return { name: plan.name, title, steps: build(plan.steps), finally: build(plan.finally) };
}

function buildStep(step: PlanStep, plan: Plan, textAt: TextReader): GraphStep {
  const read = (...keys: (string | number)[]): string => shorten(textAt([...step.origin, ...keys]) ?? "…");
  const build = (steps: readonly PlanStep[]): readonly GraphStep[] =>
    steps.map((inner) => buildStep(inner, plan, textAt));
  return {
    id: step.id,
    kind: step.kind,
    text: describe(step, read),
    notes: notesOf(step, plan, read),
    undo: step.kind === "call" && step.compensate !== undefined ? callText(step.compensate.call) : undefined,
    branches: branchesOf(step, build, read),
    onError: typeof step.onError === "object" ? build(step.onError) : [],
  };
}

type Read = (...keys: (string | number)[]) => string;

function describe(step: PlanStep, read: Read): string {
  switch (step.kind) {
    case "call":
      return callText(step.call);
    case "foreach":
      return `foreach ${read("foreach")}`;
    case "repeat":
      return `repeat until ${read("repeat", "until")}`;
    case "set":
      return `set ${step.names.join(", ")}`;
    case "log":
      return `log ${read("log")}`;
    case "sleep":
      return step.isUntil ? `sleep until ${read("sleep_until")}` : `sleep ${read("sleep")}`;
    case "wait_for":
      return `wait for ${read("wait_for", "signal")}`;
    case "workflow":
      return `workflow ${shorten(step.workflow)}`;
    case "fail":
      return `fail ${read("fail")}`;
    case "return":
      return `return ${read("return")}`;
    default:
      return step.kind;
  }
}

function notesOf(step: PlanStep, plan: Plan, read: Read): readonly string[] {
  const notes: string[] = [];
  if (step.when !== undefined) notes.push(`when ${read("when")}`);
  if (step.kind === "call") {
    const { service, retry: { attempts } } = step.call;
    // What all calls of a service have in common is not worth a line in each of them.
    if (attempts !== (plan.services.get(service)?.retry.attempts ?? 1)) notes.push(`up to ${attempts} attempts`);
    if (step.isPivot) notes.push("pivot: from here on nothing is undone");
    if (step.atMostOnce) notes.push("at most once");
    if (step.reconcile !== undefined) notes.push(`in doubt asks ${callText(step.reconcile.call)}`);
  }
  if (step.kind === "workflow" && step.retry.attempts > 1) notes.push(`up to ${step.retry.attempts} attempts`);
  if (step.timeoutMs !== undefined) notes.push(`at most ${formatDuration(step.timeoutMs)}`);
  if (step.kind === "repeat") notes.push(`at most ${step.max} rounds`);
  if ("maxConcurrency" in step && Number.isFinite(step.maxConcurrency)) {
    if (step.kind !== "foreach" || step.maxConcurrency > 1) notes.push(`${step.maxConcurrency} at a time`);
  }
  if (step.output !== undefined && step.output !== step.id) notes.push(`output ${step.output}`);
  if (step.onError === "continue") notes.push("on error: go on");
  return notes;
}

function branchesOf(
  step: PlanStep,
  build: (steps: readonly PlanStep[]) => readonly GraphStep[],
  read: Read,
): readonly GraphBranch[] {
  switch (step.kind) {
    case "parallel":
    case "race":
      return step.steps.map((inner) => ({ label: undefined, steps: build([inner]), after: [] }));
    case "dag":
      return step.steps.map((inner, place) => ({
        label: undefined,
        steps: build([inner]),
        after: step.dependencies[place] ?? [],
      }));
    case "switch":
      return step.branches.map(({ when, steps }, place) => ({
        label: when === undefined ? "otherwise" : read("switch", place, "when"),
        steps: build(steps),
        after: [],
      }));
    case "group":
    case "foreach":
    case "repeat":
      return [{ label: undefined, steps: build(step.steps), after: [] }];
    default:
      return [];
  }
}

function callText({ service, methodText }: PlanCall): string {
  return shorten(`${service} ${methodText}`);
}

function shorten(text: string): string {
  return truncate(text.replace(/\s+/g, " ").trim(), LONGEST_TEXT);
}
