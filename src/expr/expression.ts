import type { JsonValue } from "../base/json.ts";
import type { CompileOptions } from "./compilation.ts";
import { compileProgram } from "./compile.ts";
import { inFrame } from "./frame.ts";
import type { ExpressionIssue } from "./issue.ts";
import type { Kinds } from "./kind.ts";
import { evaluateProgram } from "./leaf.ts";
import type { Reference } from "./reference.ts";
import { objectScope, type Scope, type ScopeValue } from "./scope.ts";

/** One bare expression, compiled once. Immutable. */
export interface Expression {
  /** What it reads. */
  readonly references: readonly Reference[];
  /** Whether it reads a secret. */
  readonly readsSecrets: boolean;
  /** The kinds of value that it can give, as bits of `KIND`. */
  readonly kinds: Kinds;
  /** Its value as JSON. Throws an `ExpressionError`. */
  evaluate(scope: Scope): JsonValue;
}

/**
 * Compiles a bare expression, without braces.
 *
 * @example
 * ```ts
 * import { compileExpression, objectScope } from "maestro";
 *
 * const { expression, issues } = compileExpression(".order.total >= 100");
 * if (issues.length > 0) throw new Error(issues[0]?.message);
 * console.log(expression.evaluate(objectScope({ order: { total: 120 } }))); // true
 * ```
 */
export function compileExpression(
  text: string,
  options: CompileOptions = {},
): { readonly expression: Expression; readonly issues: readonly ExpressionIssue[] } {
  const program = compileProgram(text, { at: [], text, offset: 0, readsSecrets: false }, options);
  const { site, references, kinds, issues } = program;
  const expression: Expression = {
    references,
    readsSecrets: site.source.readsSecrets,
    kinds,
    evaluate: (scope) => inFrame(scope, (frame) => evaluateProgram(program, frame)),
  };
  return { expression, issues };
}

/**
 * Evaluates a bare expression once: the members of `values` are the root names. Throws an `ExpressionError`, also for its issues.
 *
 * @example
 * ```ts
 * import { evaluateExpression } from "maestro";
 *
 * console.log(evaluateExpression(".items.filter(i, i.price > 3).size()", { items: [{ price: 3 }, { price: 4 }] })); // 1
 * ```
 */
export function evaluateExpression(text: string, values: { readonly [name: string]: ScopeValue }): JsonValue {
  return compileExpression(text).expression.evaluate(objectScope(values));
}
