import { ABSENT } from "./scope.ts";
import { Bytes, Duration, PathText, Timestamp, type Value } from "./value.ts";

/** A set of kinds of values, as bits: what a value is, what an operator takes, what an expression may give. */
export type Kinds = number;

/**
 * The bit of each kind.
 *
 * @example
 * ```ts
 * import { compileExpression, KIND } from "maestro";
 *
 * const { expression } = compileExpression(".total > 100");
 * console.log(expression.kinds === KIND.boolean); // true
 * ```
 */
export const KIND = {
  null: 1,
  boolean: 2,
  number: 4,
  text: 8,
  list: 16,
  map: 32,
  bytes: 64,
  timestamp: 128,
  duration: 256,
  /** Every kind: nothing is known. */
  any: 511,
} as const;

/** What may stand where a condition is read. */
export const CONDITION: Kinds = KIND.boolean | KIND.null;

/** The kind of a value that is no optional. */
export function kindOf(value: Value): Kinds {
  switch (typeof value) {
    case "string":
      return KIND.text;
    case "number":
      return KIND.number;
    case "boolean":
      return KIND.boolean;
    case "symbol":
      return KIND.null;
  }
  if (value === null) return KIND.null;
  if (Array.isArray(value)) return KIND.list;
  if (value instanceof Timestamp) return KIND.timestamp;
  if (value instanceof Duration) return KIND.duration;
  if (value instanceof Bytes) return KIND.bytes;
  return value instanceof PathText ? KIND.text : KIND.map;
}

/** The kind of a value for messages: `text`, `null`, `list`. */
export function kindName(value: Value): string {
  return value === ABSENT ? "null" : kindNames(kindOf(value));
}

/** Kinds for messages: `number`, `text, list or map`. */
export function kindNames(kinds: Kinds): string {
  const names = Object.entries(KIND).filter(([name, bit]) => name !== "any" && (kinds & bit) !== 0).map(([name]) =>
    name
  );
  const last = names.pop() ?? "nothing";
  return names.length === 0 ? last : `${names.join(", ")} or ${last}`;
}
