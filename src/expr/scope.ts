import type { JsonValue } from "../base/json.ts";

/**
 * Stands for the output of a step that did not complete: whatever is read through it, at any depth, is null.
 *
 * May be the value of a name, or a member of the maps and lists that a scope hands out (`steps.a.output`).
 *
 * @example
 * ```ts
 * import { ABSENT, evaluateExpression } from "maestro";
 *
 * console.log(evaluateExpression(".gift.name", { gift: ABSENT })); // null
 * ```
 */
export const ABSENT: unique symbol = Symbol("maestro.absent");

/** Names that every expression of a workflow sees, wherever it stands. */
export const GLOBAL_NAMES: readonly string[] = [
  "input",
  "steps",
  "env",
  "secrets",
  "run",
  "workflow",
  "timestamp",
  "execution_time",
];

/** What a scope may hand out: JSON, with `ABSENT` in places where nothing happened. */
export type ScopeValue = JsonValue | typeof ABSENT | readonly ScopeValue[] | { readonly [key: string]: ScopeValue };

/** The names that an expression sees while it is evaluated. */
export interface Scope {
  /** The value of a root name, or `undefined` where the scope has none. */
  lookup(name: string): ScopeValue | undefined;
  /** The time that `now()` and `timestamp` give, in milliseconds. */
  now(): number;
  /** A number from 0 to 1 that replays the same; feeds `uuid()`. */
  random(): number;
}

/**
 * Makes a scope of a plain object: its own members are the root names.
 *
 * @example
 * ```ts
 * import { compileExpression, objectScope } from "maestro";
 *
 * const { expression } = compileExpression("size(.name)");
 * console.log(["Ada", "Grace"].map((name) => expression.evaluate(objectScope({ name })))); // [ 3, 5 ]
 * ```
 */
export function objectScope(
  values: { readonly [name: string]: ScopeValue },
  clock: Partial<Pick<Scope, "now" | "random">> = {},
): Scope {
  return {
    lookup: (name) => Object.hasOwn(values, name) ? values[name] : undefined,
    now: clock.now ?? Date.now,
    random: clock.random ?? Math.random,
  };
}
