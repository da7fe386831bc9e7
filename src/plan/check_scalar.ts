import type { JsonValue } from "../base/json.ts";
import type { ValueType } from "../engine/message_type.ts";
import { typeName, withArticle } from "./check_members.ts";

/** A scalar of protobuf, or a message that is written as one. */
type ScalarType = ValueType & { readonly kind: "scalar" };

/** A type with a form of its own in JSON. */
interface Form {
  readonly expected: string;
  readonly fits: (text: string) => boolean;
}

const FORMS: ReadonlyMap<string, Form> = new Map([
  ["google.protobuf.Timestamp", {
    expected: "an RFC 3339 time such as 2024-05-01T12:00:00Z",
    fits: (text) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  }],
  ["google.protobuf.Duration", {
    expected: "a number of seconds such as 1.5s",
    fits: (text) => /^-?\d{1,12}(?:\.\d{1,9})?s$/.test(text) && Math.abs(Number.parseFloat(text)) <= 315_576_000_000,
  }],
  ["google.protobuf.FieldMask", {
    expected: "field paths such as user.name,photo",
    fits: (text) => /^(?:[^\s,]+(?:,[^\s,]+)*)?$/.test(text),
  }],
]);

const NUMBER_TEXT = /^-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|Infinity)$/;

/** What a literal of a scalar type must be, as a phrase for "must be …"; `undefined` where the value is that. */
export function scalarExpectation(value: JsonValue, type: ScalarType): string | undefined {
  const form = FORMS.get(type.name);
  if (form !== undefined) return typeof value === "string" && form.fits(value) ? undefined : form.expected;
  if (!isOfType(value, type.type)) return withArticle(typeName(type));
  if (type.type !== "integer" && type.type !== "int64") return undefined;
  const [low, high, range] = bounds(type.name);
  const whole = typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : BigInt(Number(value));
  return whole < low || whole > high ? `a whole number ${range}` : undefined;
}

function isOfType(value: JsonValue, type: ScalarType["type"]): boolean {
  switch (type) {
    case "boolean":
      return typeof value === "boolean";
    case "text":
      return typeof value === "string";
    case "bytes":
      return typeof value === "string" && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value);
    case "number":
      return typeof value === "number" || (typeof value === "string" && NUMBER_TEXT.test(value));
    default:
      return Number.isInteger(typeof value === "string" && NUMBER_TEXT.test(value) ? Number(value) : value);
  }
}

/** What a type of whole numbers can hold. */
function bounds(name: string): readonly [low: bigint, high: bigint, words: string] {
  const bits = name.endsWith("64") ? 64 : 32;
  const isSigned = name.startsWith("s") || name.startsWith("int");
  const power = isSigned ? bits - 1 : bits;
  const limit = 1n << BigInt(power);
  return [isSigned ? -limit : 0n, limit - 1n, `from ${isSigned ? `-2^${power}` : "0"} to 2^${power} - 1`];
}
