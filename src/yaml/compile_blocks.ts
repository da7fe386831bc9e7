import type { DocumentPath } from "../base/diagnostics.ts";
import type { JsonValue } from "../base/json.ts";
import type { DagStep, ForeachStep, PlanStep, PlanStepBase, RepeatStep, SwitchStep } from "../plan/plan.ts";
import { planDependencies } from "../plan/check_dag.ts";
import { foreachProblem } from "../plan/check_kinds.ts";
import type { Compilation } from "./compilation.ts";
import { compileEvery } from "./compile_retry.ts";
import { Fields } from "./fields.ts";

/** Positions that lead to a step, counted from 1, outermost first. */
export type StepPlace = readonly (string | number)[];

/** The settings that parallel, dag and foreach share. */
export interface Concurrency {
  readonly maxConcurrency: number;
  readonly failFast: boolean;
}

/** Compiles a sequence of steps inside a block. */
export type CompileSteps = (value: JsonValue | undefined, path: DocumentPath, place: StepPlace) => readonly PlanStep[];

/** Most rounds of a `repeat` that does not say. */
const DEFAULT_ROUNDS = 100;

/** Compiles a `dag`: its children wait for what they name and for what their expressions read. */
export function compileDag(
  compilation: Compilation,
  base: PlanStepBase,
  fields: Fields,
  steps: readonly PlanStep[],
  concurrency: Concurrency,
): DagStep {
  const declared = steps.map((step) => {
    const child = new Fields(fields.list("dag")?.[step.origin.at(-1) as number], step.origin);
    return child.texts("depends_on") ?? [];
  });
  const { dependencies, issues } = planDependencies(steps, declared);
  compilation.issues.push(...issues);
  return { ...base, kind: "dag", steps, dependencies, ...concurrency };
}

/** Compiles a `foreach`. */
export function compileForeach(
  compilation: Compilation,
  base: PlanStepBase,
  fields: Fields,
  steps: readonly PlanStep[],
  concurrency: Concurrency,
): ForeachStep {
  const items = compilation.template(fields.value("foreach") ?? [], fields.at("foreach"));
  const problem = foreachProblem(items.kinds);
  // A number, say, has no place there at all: the check of the structure has reported it.
  if (problem !== undefined && fields.text("foreach") !== undefined) {
    compilation.error("not_a_list", problem, fields.at("foreach"), {
      hint: items.isConstant ? "write a list, or a template that gives one" : undefined,
    });
  }
  return {
    ...base,
    kind: "foreach",
    items,
    as: fields.text("as") ?? "item",
    steps,
    collect: compileCollect(compilation, fields),
    ...concurrency,
  };
}

/** Compiles a `repeat`. */
export function compileRepeat(
  compilation: Compilation,
  base: PlanStepBase,
  fields: Fields,
  steps: readonly PlanStep[],
): RepeatStep {
  const repeat = fields.fields("repeat");
  return {
    ...base,
    kind: "repeat",
    steps,
    until: compilation.condition(repeat.value("until") ?? true, repeat.at("until")),
    every: compileEvery(compilation, repeat),
    max: repeat.number("max") ?? DEFAULT_ROUNDS,
    collect: compileCollect(compilation, fields),
  };
}

/** Compiles a `switch`: the branch without a condition is the last. */
export function compileSwitch(
  compilation: Compilation,
  base: PlanStepBase,
  fields: Fields,
  place: StepPlace,
  compileSteps: CompileSteps,
): SwitchStep {
  const list = fields.list("switch") ?? [];
  const branches = list.map((value: JsonValue, index) => {
    const branch = new Fields(value, [...fields.at("switch"), index]);
    const condition = branch.value("when");
    if (condition === undefined && index < list.length - 1) {
      compilation.error("else_not_last", "A branch without a condition must be the last", branch.path, {
        hint: 'give it a "when", or move it to the end: no branch after it can be taken',
      });
    }
    return {
      when: condition === undefined ? undefined : compilation.condition(condition, branch.at("when")),
      steps: compileSteps(branch.value("steps"), branch.at("steps"), [...place, index + 1]),
    };
  });
  return { ...base, kind: "switch", branches };
}

function compileCollect(compilation: Compilation, fields: Fields): ForeachStep["collect"] {
  const value = fields.value("collect");
  return value === undefined ? undefined : compilation.template(value, fields.at("collect"));
}
