import type { Site } from "./source.ts";

/** Whole numbers up to here are exact. */
export const MAX_WHOLE: number = 2 ** 53;

/**
 * Passes on the result of arithmetic, and refuses what JSON's numbers cannot hold exactly: NaN, infinity, whole numbers beyond 2^53.
 *
 * A result of exactly 2^53 may be a rounded 2^53 + 1: the operator and its operands tell.
 */
export function checkNumber(result: number, site: Site, op = "", a = 0, b = 0): number {
  // "+ 0" turns a negative zero into zero.
  if (result > -MAX_WHOLE && result < MAX_WHOLE) return result + 0;
  if (Number.isNaN(result)) return site.fail("The result is not a number");
  if (Math.abs(result) === MAX_WHOLE && isExact(result, op, a, b)) return result;
  return failTooLarge(site);
}

/** Says that a number is beyond what is exact. */
export function failTooLarge(site: Site): never {
  return site.fail("The result is too large: whole numbers are exact up to 2^53");
}

function isExact(result: number, op: string, a: number, b: number): boolean {
  if (!Number.isInteger(a) || !Number.isInteger(b)) return op === "";
  const [x, y] = [BigInt(a), BigInt(b)];
  const exact = op === "+" ? x + y : op === "-" ? x - y : op === "*" ? x * y : BigInt(result);
  return exact === BigInt(result);
}

/** Reads a number as JSON writes it, with a sign `+` allowed too; `undefined` where the text is none. */
export function readNumber(text: string): number | undefined {
  if (!/^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Tells whether a number that was read from a text may be used: it is within 2^53, and reading has not rounded it down to that.
 *
 * `text` is what `value` was read from, in decimal.
 */
export function isWithinWhole(value: number, text: string): boolean {
  const size = Math.abs(value);
  return size < MAX_WHOLE || (size === MAX_WHOLE && isTextOfLimit(text));
}

/** Whether a text whose number is 2^53 once it is rounded says exactly that. */
function isTextOfLimit(text: string): boolean {
  // Where the point stands is beyond doubt: with these digits, only one place for it rounds to the limit.
  const digits = text.replace(/[eE].*/, "").replace(/[^\d]/g, "");
  return digits.replace(/^0+|0+$/g, "") === String(MAX_WHOLE);
}
