import type { JsonValue } from "../base/json.ts";
import { jsonTypeName } from "../base/json.ts";
import type { CompileOptions } from "./compilation.ts";
import { compileProgram, type Program } from "./compile.ts";
import { inFrame } from "./frame.ts";
import type { ExpressionIssue } from "./issue.ts";
import { CONDITION, kindNames } from "./kind.ts";
import { compileLeaf, hasTemplate } from "./leaf.ts";
import { truth } from "./logic.ts";
import type { Reference } from "./reference.ts";
import type { Scope } from "./scope.ts";
import { Site, type Source } from "./source.ts";

/** What `when` and `until` hold: one template, a bare expression, `true` or `false`. Immutable. */
export interface Condition {
  readonly references: readonly Reference[];
  readonly readsSecrets: boolean;
  /** Whether it holds; null is false. Throws an `ExpressionError`, also for any other value that is no boolean. */
  holds(scope: Scope): boolean;
}

/** Compiles a condition. */
export function compileCondition(
  value: JsonValue,
  options: CompileOptions = {},
): { readonly condition: Condition; readonly issues: readonly ExpressionIssue[] } {
  if (typeof value === "boolean") {
    return { condition: { references: [], readsSecrets: false, holds: () => value }, issues: [] };
  }
  if (typeof value !== "string") return refused(`A condition is text or a boolean, not ${jsonTypeName(value)}`, "");
  const issues: ExpressionIssue[] = [];
  const program = value.trimStart().startsWith("{{")
    ? compileWhole(value, options, issues)
    : compileBare(value, options, issues);
  if (program === undefined) {
    if (issues.length > 0) return refused(issues[0]!.message, value, issues);
    return refused(
      "A condition is one template or one expression, without text around it",
      value,
      undefined,
      `write {{ ${asOneExpression(value)} }}`,
    );
  }
  const isPossible = (program.kinds & CONDITION) !== 0;
  if (!isPossible && issues.every((issue) => issue.severity !== "error")) {
    const { span, source } = program.site;
    const message = `A condition needs a boolean, not ${kindNames(program.kinds)}`;
    issues.push({ code: "expression_type", severity: "error", message, at: source.at, span });
  }
  return { condition: conditionOf(program), issues };
}

function conditionOf(program: Program): Condition {
  const { run, site, references } = program;
  return {
    references,
    readsSecrets: site.source.readsSecrets,
    holds(scope) {
      return inFrame(scope, (frame) => {
        frame.site = site;
        return truth(run(frame), "The condition", site);
      });
    },
  };
}

function compileWhole(text: string, options: CompileOptions, issues: ExpressionIssue[]): Program | undefined {
  const leaf = compileLeaf(text, [], options, issues);
  return leaf?.isWhole === true ? leaf.pieces[0] as Program : undefined;
}

function compileBare(text: string, options: CompileOptions, issues: ExpressionIssue[]): Program | undefined {
  const source: Source = { at: [], text, offset: 0, readsSecrets: false };
  const program = compileProgram(text, source, options);
  if (program.issues.some((issue) => issue.code === "expression_syntax") && hasTemplate(text)) return undefined;
  issues.push(...program.issues);
  return program;
}

/** Templates and the words between them as one expression. */
function asOneExpression(text: string): string {
  return text.replace(/^\s*not\s*\{\{\s*/i, "!")
    .replace(/\}\}\s*and\s*\{\{/gi, "&&").replace(/\}\}\s*or\s*\{\{/gi, "||")
    .replace(/\{\{|\}\}/g, "").replace(/\s+/g, " ").trim();
}

function refused(
  message: string,
  text: string,
  issues?: readonly ExpressionIssue[],
  hint?: string,
): { readonly condition: Condition; readonly issues: readonly ExpressionIssue[] } {
  const span = { start: 0, end: text.length };
  const site = new Site({ at: [], text, offset: 0, readsSecrets: true }, 0, text.length);
  const condition: Condition = { references: [], readsSecrets: false, holds: () => site.fail(message) };
  return {
    condition,
    issues: issues ?? [{ code: "not_a_condition", severity: "error", message, hint, at: [], span }],
  };
}
