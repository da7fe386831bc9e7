import type { DocumentPath } from "../base/diagnostics.ts";
import { isJsonObject, type JsonValue } from "../base/json.ts";
import type { PlanStep, PlanStepBase } from "../plan/plan.ts";
import { checkOwnCode } from "./check_error_codes.ts";
import type { Compilation } from "./compilation.ts";
import {
  compileDag,
  compileForeach,
  compileRepeat,
  compileSwitch,
  type Concurrency,
  type StepPlace,
} from "./compile_blocks.ts";
import { compileCallStep } from "./compile_call.ts";
import { compileChild, compileSleep, compileWaitFor } from "./compile_waiting.ts";
import { Fields } from "./fields.ts";
import { kindKeys, STEP_KINDS } from "./step_kind.ts";

/** Compiles a sequence of steps. What is no step is left out: the check of the structure has reported it. */
export function compileSteps(
  compilation: Compilation,
  value: JsonValue | undefined,
  path: DocumentPath,
  place: StepPlace,
): PlanStep[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: JsonValue, index) =>
    compileStep(compilation, item, [...path, index], [...place, index + 1]) ?? []
  );
}

function compileStep(
  compilation: Compilation,
  value: JsonValue,
  path: DocumentPath,
  place: StepPlace,
): PlanStep | undefined {
  if (!isJsonObject(value)) return undefined;
  const [key] = kindKeys(value);
  if (key === undefined) return undefined;
  const fields = new Fields(value, path);
  const base = compileBase(compilation, fields, place);
  const steps = (name: string): PlanStep[] => compileSteps(compilation, fields.value(name), fields.at(name), place);
  switch (STEP_KINDS[key]) {
    case "call":
      return compileCallStep(compilation, base, fields);
    case "parallel":
      return { ...base, kind: "parallel", steps: steps("parallel"), ...concurrency(fields, Number.POSITIVE_INFINITY) };
    case "race":
      return { ...base, kind: "race", steps: steps("race") };
    case "group":
      return { ...base, kind: "group", steps: steps("steps") };
    case "dag":
      return compileDag(compilation, base, fields, steps("dag"), concurrency(fields, Number.POSITIVE_INFINITY));
    case "foreach":
      return compileForeach(compilation, base, fields, steps("steps"), concurrency(fields, 1));
    case "repeat":
      return compileRepeat(compilation, base, fields, steps("steps"));
    case "switch":
      return compileSwitch(
        compilation,
        base,
        fields,
        place,
        (branch, at, within) => compileSteps(compilation, branch, at, within),
      );
    case "sleep":
      return compileSleep(compilation, base, fields, "sleep");
    case "sleep_until":
      return compileSleep(compilation, base, fields, "sleep_until");
    case "wait_for":
      return compileWaitFor(compilation, base, fields);
    case "workflow":
      return compileChild(compilation, base, fields);
    default:
      return compileSimple(compilation, base, fields, STEP_KINDS[key]);
  }
}

function compileSimple(
  compilation: Compilation,
  base: PlanStepBase,
  fields: Fields,
  kind: "set" | "return" | "fail" | "log",
): PlanStep {
  const value = fields.value(kind) ?? null;
  const template = compilation.template(value, fields.at(kind));
  switch (kind) {
    case "set":
      return { ...base, kind, values: template, names: isJsonObject(value) ? Object.keys(value) : [] };
    case "return":
      return { ...base, kind, value: template };
    case "fail":
      checkOwnCode(compilation, fields.fields("fail"));
      return { ...base, kind, error: template };
    case "log":
      return { ...base, kind, text: template };
  }
}

function compileBase(compilation: Compilation, fields: Fields, place: StepPlace): PlanStepBase {
  const output = fields.text("output");
  const given = fields.text("id");
  const when = fields.value("when");
  return {
    id: compilation.ids.assign(given, output, place),
    isIdGiven: given !== undefined,
    description: fields.text("description"),
    when: when === undefined ? undefined : compilation.condition(when, fields.at("when")),
    output,
    timeoutMs: fields.duration("timeout"),
    onError: compileHandler(compilation, fields, place),
    origin: fields.path,
  };
}

function compileHandler(compilation: Compilation, fields: Fields, place: StepPlace): PlanStepBase["onError"] {
  const value = fields.value("on_error");
  if (value === "continue") return "continue";
  return Array.isArray(value)
    ? compileSteps(compilation, value, fields.at("on_error"), [...place, "error"])
    : undefined;
}

function concurrency(fields: Fields, otherwise: number): Concurrency {
  return {
    maxConcurrency: fields.number("max_concurrency") ?? otherwise,
    failFast: fields.boolean("fail_fast") ?? true,
  };
}
