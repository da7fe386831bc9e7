import type { JsonValue } from "./json.ts";

/** Sixteen digits in a row, or an exponent of three: the shortest texts of numbers that a double cannot hold. */
const MAY_HOLD_BIG_NUMBER = /\d{16}|[eE]\+?\d{3}/;

const WHOLE = /^-?\d+$/;

/** The third argument of a reviver: the text that a plain value was written as. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/**
 * Parses JSON. Whole numbers beyond 2^53, and numbers too large for a double, are kept as text.
 *
 * @throws SyntaxError with the runtime's own message.
 */
export function parseJson(text: string): JsonValue {
  return JSON.parse(text, MAY_HOLD_BIG_NUMBER.test(text) ? keepBigNumber as never : undefined) as JsonValue;
}

const keepBigNumber: Reviver = (_key, value, { source }) => {
  if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
  return WHOLE.test(source) || !Number.isFinite(value) ? source : value;
};
