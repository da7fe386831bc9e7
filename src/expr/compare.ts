import type { Frame } from "./frame.ts";
import type { Site } from "./source.ts";
import { Bytes, Duration, Native, plain, Timestamp, type Value } from "./value.ts";

/** Tells whether two plain values are equal. Values of different kinds never are; lists and maps compare by what they hold. */
export function equal(a: Value, b: Value, frame: Frame, site: Site): boolean {
  if (typeof a === "string" && typeof b === "string" && a.length === b.length) frame.chargeText(a, site);
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Native || b instanceof Native) return compare(a, b) === 0;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    frame.charge(a.length, site);
    return a.every((item: Value, index) => equal(plain(item), plain(b[index] as Value), frame, site));
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  frame.charge(keys.length, site);
  const [left, right] = [a, b] as [Record<string, Value>, Record<string, Value>];
  return keys.every((key) => Object.hasOwn(right, key) && equal(plain(left[key]!), plain(right[key]!), frame, site));
}

/** Orders two plain values of the same kind: negative, zero or positive; `undefined` where they have no order. */
export function compare(a: Value, b: Value): number | undefined {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return a.ms - b.ms;
  if (a instanceof Duration && b instanceof Duration) return a.ms - b.ms;
  if (a instanceof Bytes && b instanceof Bytes) return compareBytes(a.data, b.data);
  return undefined;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a[at] !== b[at]) return a[at]! - b[at]!;
  }
  return a.length - b.length;
}
