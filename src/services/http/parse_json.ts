import type { JsonValue } from "../../base/json.ts";

/** Sixteen digits in a row, or an exponent of three: the shortest texts of numbers that a double cannot hold. */
const MAY_HOLD_BIG_NUMBER = /\d{16}|[eE]\+?\d{3}/;

const WHOLE = /^-?\d+$/;

/** The third argument of a reviver: the text that a plain value was written as. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Parses JSON. Whole numbers beyond 2^53, and numbers too large for a double, are kept as text. */
export function parseJson(
  text: string,
): { readonly ok: true; readonly body: JsonValue } | { readonly ok: false; readonly problem: string } {
  try {
    return { ok: true, body: JSON.parse(text, MAY_HOLD_BIG_NUMBER.test(text) ? keepBigNumber as never : undefined) };
  } catch (error) {
    return { ok: false, problem: `invalid JSON (${error instanceof Error ? error.message : String(error)})` };
  }
}

const keepBigNumber: Reviver = (_key, value, { source }) => {
  if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
  return WHOLE.test(source) || !Number.isFinite(value) ? source : value;
};
