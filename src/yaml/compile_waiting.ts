import type { DocumentPath } from "../base/diagnostics.ts";
import { isJsonObject } from "../base/json.ts";
import { KIND, kindNames, readTime } from "../expr/mod.ts";
import type { PlanStepBase, SleepStep, WaitForStep, WorkflowStep } from "../plan/plan.ts";
import { stepRetry } from "../plan/retry_layers.ts";
import type { Compilation } from "./compilation.ts";
import { compileRetry } from "./compile_retry.ts";
import type { Fields } from "./fields.ts";
import { checkInputSchema } from "./input_schema.ts";

/** Compiles a `sleep` or a `sleep_until`. */
export function compileSleep(
  compilation: Compilation,
  base: PlanStepBase,
  fields: Fields,
  key: "sleep" | "sleep_until",
): SleepStep {
  const isUntil = key === "sleep_until";
  const text = fields.text(key) ?? "";
  const path = fields.at(key);
  const time = compilation.template(text, path);
  if (!time.isConstant) checkKind(compilation, time.kinds, isUntil, path);
  else if (isUntil && LIKE_A_TIME.test(text) && readTime(text) === undefined) {
    compilation.error("bad_value", `There is no such time as "${text}"`, path);
  }
  return { ...base, kind: "sleep", time, isUntil };
}

/** Texts of any other form have been reported by the check of the structure. */
const LIKE_A_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}/;

function checkKind(compilation: Compilation, kinds: number, isUntil: boolean, path: DocumentPath): void {
  const takes = KIND.text | (isUntil ? KIND.timestamp : KIND.duration);
  if ((kinds & takes) !== 0) return;
  const wanted = isUntil ? "a time in RFC 3339" : "a duration such as 10m";
  compilation.error("expression_type", `This needs ${wanted}, but it gives ${kindNames(kinds)}`, path, {
    hint: (kinds & KIND.number) === 0 ? undefined : isUntil ? "write timestamp(…)" : "give it a unit: {{ … }}s",
  });
}

/** Compiles a `wait_for`. */
export function compileWaitFor(compilation: Compilation, base: PlanStepBase, fields: Fields): WaitForStep {
  const settings = fields.fields("wait_for");
  const value = settings.value("schema");
  const schema = isJsonObject(value) || typeof value === "boolean" ? value : undefined;
  compilation.issues.push(...checkInputSchema(schema, settings.at("schema")));
  const signal = compilation.template(settings.text("signal") ?? "", settings.at("signal"));
  return { ...base, kind: "wait_for", signal, schema };
}

/** Compiles a `workflow` step. The child itself is found and read by whoever loads the workflow. */
export function compileChild(compilation: Compilation, base: PlanStepBase, fields: Fields): WorkflowStep {
  return {
    ...base,
    kind: "workflow",
    workflow: fields.text("workflow") ?? "",
    input: compilation.template(fields.value("input") ?? {}, fields.at("input")),
    retry: stepRetry({}, compileRetry(compilation, fields.fields("retry"))),
  };
}
