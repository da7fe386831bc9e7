import {
  ABSENT,
  compileExpression,
  compileTemplate,
  type ExpressionIssue,
  objectScope,
  preparePatterns,
  type Scope,
  type ScopeValue,
} from "../../src/expr/mod.ts";
import type { JsonValue } from "../../src/base/json.ts";

await preparePatterns("matches");

/** The names that most tests read: a run in the middle, in which step `skipped` did not complete. */
export const NAMES: { readonly [name: string]: ScopeValue } = {
  input: {
    n: 7,
    price: 7.5,
    text: "abc",
    nothing: null,
    yes: true,
    no: false,
    user: { name: "Ann", id: 1 },
    list: [3, 1, 2],
    items: [{ id: "a", price: 1, ok: true }, { id: "b", price: 5, ok: false }],
    empty: [],
    "x-y": "dashed",
    in: "reserved",
    package: "too",
  },
  steps: { skipped: { output: ABSENT, status: "skipped" }, fetch: { output: { rows: [{ id: 9 }] } } },
  env: { REGION: "eu" },
  secrets: { TOKEN: "s3cret-value" },
  timestamp: "2026-11-20T09:00:00Z",
};

/** 2026-11-20T09:00:00Z. */
const NOW: number = Date.UTC(2026, 10, 20, 9);

/** Makes a scope of `NAMES` and `more`, with a fixed clock and counted randomness. */
export function scopeWith(more: { readonly [name: string]: ScopeValue } = {}): Scope {
  let drawn = 0;
  return objectScope({ ...NAMES, ...more }, { now: () => NOW, random: () => (drawn++ * 0.137) % 1 });
}

/** The value of an expression in `NAMES`. */
export function evaluate(expression: string, more: { readonly [name: string]: ScopeValue } = {}): JsonValue {
  return compileExpression(expression).expression.evaluate(scopeWith(more));
}

/** The value of a template in `NAMES`. */
export function fill(template: JsonValue, more: { readonly [name: string]: ScopeValue } = {}): JsonValue {
  return compileTemplate(template).template.evaluate(scopeWith(more));
}

/** The message with which an expression fails in `NAMES`; `undefined` where it has a value. */
export function failureOf(expression: string, more: { readonly [name: string]: ScopeValue } = {}): string | undefined {
  try {
    evaluate(expression, more);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The issues of a template. */
export function issuesOf(template: JsonValue, names: readonly string[] = []): readonly ExpressionIssue[] {
  return compileTemplate(template, { names: new Set(names) }).issues;
}
