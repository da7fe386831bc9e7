import type { JsonValue } from "./json.ts";

/** Sixteen digits in a row, or an exponent of three: the shortest texts of numbers that a double cannot hold. */
const MAY_HOLD_BIG_NUMBER = /\d{16}|[eE]\+?\d{3}/;

const WHOLE = /^-?\d+$/;

/** The third argument of a reviver: the text that a plain value was written as. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Lists and maps may stand in each other so many times. What walks a value recursively is safe within it on every runtime. */
export const MOST_LEVELS = 500;

/**
 * Parses JSON. Whole numbers beyond 2^53, and numbers too large for a double, are kept as text.
 *
 * @throws SyntaxError with the runtime's own message, or for more than 500 levels of nesting.
 */
export function parseJson(text: string): JsonValue {
  if (text.length > 2 * MOST_LEVELS && isTooDeep(text)) {
    throw new SyntaxError(`nested more than ${MOST_LEVELS} levels deep`);
  }
  return JSON.parse(text, MAY_HOLD_BIG_NUMBER.test(text) ? keepBigNumber as never : undefined) as JsonValue;
}

/** Counts brackets outside of texts; whether the rest is JSON is for the parser to say. */
function isTooDeep(text: string): boolean {
  let levels = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isQuoted) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) isQuoted = false;
    } else if (code === QUOTE) isQuoted = true;
    else if ((code | 0x20) === OPEN_BRACE) {
      if (++levels > MOST_LEVELS) return true;
    } else if ((code | 0x20) === CLOSE_BRACE) levels--;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `]` differ from these by one bit. */
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const keepBigNumber: Reviver = (_key, value, { source }) => {
  if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
  return WHOLE.test(source) || !Number.isFinite(value) ? source : value;
};
