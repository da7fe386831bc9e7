import { ScalarType } from "@bufbuild/protobuf";
import { base64Decode, base64Encode, FLOAT32_MAX, INT32_MAX, INT32_MIN, UINT32_MAX } from "@bufbuild/protobuf/wire";
import type { JsonValue } from "../../base/json.ts";
import { BadValue, expected } from "./bad_value.ts";

/** A value as protobuf-es holds it in a scalar field. */
export type ScalarValue = string | number | boolean | bigint | Uint8Array;

const DECIMAL = /^-?(?:0|[1-9]\d*)$/;
const NUMERIC = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NOT_FINITE: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, "-Infinity": -Infinity };

/** Gives the function that turns a JSON value into a scalar of a type; it throws `BadValue` for one that does not fit. */
export function scalarReader(type: ScalarType): (json: JsonValue) => ScalarValue {
  switch (type) {
    case ScalarType.STRING:
      return readText;
    case ScalarType.BOOL:
      return readBoolean;
    case ScalarType.BYTES:
      return readBytes;
    case ScalarType.DOUBLE:
      return readDouble;
    case ScalarType.FLOAT:
      return readFloat;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return (json) => readInteger(json, 0, UINT32_MAX, "an integer from 0 to 2^32 - 1");
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return (json) => readInteger(json, INT32_MIN, INT32_MAX, "an integer from -2^31 to 2^31 - 1");
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return (json) => readLong(json, 0n, 18446744073709551615n, "an integer from 0 to 2^64 - 1");
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return (json) => readLong(json, -9223372036854775808n, 9223372036854775807n, "an integer from -2^63 to 2^63 - 1");
  }
}

/** Gives the function that turns a scalar of a type into JSON. */
export function scalarWriter(type: ScalarType): (value: ScalarValue) => JsonValue {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BOOL:
      return (value) => value as string | boolean;
    case ScalarType.BYTES:
      return (value) => base64Encode(value as Uint8Array);
    case ScalarType.DOUBLE:
      return (value) => Number.isFinite(value) ? value as number : String(value);
    case ScalarType.FLOAT:
      return (value) => Number.isFinite(value) ? shortestFloat(value as number) : String(value);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return writeLong;
    default:
      return (value) => value as number;
  }
}

function readText(json: JsonValue): string {
  if (typeof json !== "string") throw expected("text", json);
  if (!json.isWellFormed()) throw new BadValue("text holds half of a surrogate pair, which UTF-8 cannot carry");
  return json;
}

function readBoolean(json: JsonValue): boolean {
  if (typeof json !== "boolean") throw expected("true or false", json);
  return json;
}

function readBytes(json: JsonValue): Uint8Array {
  if (typeof json !== "string") throw expected("base64 text", json);
  try {
    return base64Decode(json);
  } catch {
    throw expected("base64 text", json);
  }
}

function readDouble(json: JsonValue): number {
  if (typeof json === "number") return json;
  if (typeof json === "string") {
    if (NUMERIC.test(json) && Number.isFinite(Number(json))) return Number(json);
    const special = Object.hasOwn(NOT_FINITE, json) ? NOT_FINITE[json] : undefined;
    if (special !== undefined) return special;
  }
  throw expected('a number, "NaN", "Infinity" or "-Infinity"', json);
}

function readFloat(json: JsonValue): number {
  const value = readDouble(json);
  if (Number.isFinite(value) && Math.abs(value) > FLOAT32_MAX) {
    throw expected("a number that fits a 32-bit float", json);
  }
  return value;
}

function readInteger(json: JsonValue, min: number, max: number, range: string): number {
  const value = typeof json === "string" && NUMERIC.test(json) ? Number(json) : json;
  if (typeof value !== "number" || !Number.isInteger(value)) throw expected("an integer", json);
  if (value < min || value > max) throw expected(range, json);
  return value;
}

function readLong(json: JsonValue, min: bigint, max: bigint, range: string): bigint {
  const value = toBigInt(json);
  if (value === undefined) throw expected("an integer", json);
  if (value < min || value > max) throw expected(range, json);
  return value;
}

/** Numbers beyond 2^53 may have lost digits on their way here, so they have to come as text. */
function toBigInt(json: JsonValue): bigint | undefined {
  if (typeof json === "string") {
    if (DECIMAL.test(json)) return BigInt(json);
    const value = NUMERIC.test(json) ? Number(json) : Number.NaN;
    return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  }
  if (typeof json !== "number" || !Number.isInteger(json)) return undefined;
  if (!Number.isSafeInteger(json)) throw expected("a whole number beyond 2^53 as text", json);
  return BigInt(json);
}

function writeLong(value: ScalarValue): JsonValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** The shortest decimal that reads back as the same 32-bit float: 0.1, not 0.10000000149011612. */
function shortestFloat(value: number): number {
  if (Number.isInteger(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
