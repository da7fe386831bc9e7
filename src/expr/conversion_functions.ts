import { encodeBase64 } from "../base/base64.ts";
import type { JsonValue } from "../base/json.ts";
import type { FunctionSpec } from "./function_spec.ts";
import { KIND, kindName, kindOf, type Kinds } from "./kind.ts";
import { leave } from "./leave.ts";
import { checkNumber, failTooLarge, isWithinWhole, MAX_WHOLE, readNumber } from "./numbers.ts";
import { skipQuoted } from "./scan.ts";
import type { Site } from "./source.ts";
import { uuidFrom } from "../base/ids.ts";
import { asText, Bytes, Duration, PathText, Timestamp, type Value } from "./value.ts";

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "True", "TRUE", "t", "1"].map((text) => [text, true] as const),
  ...["false", "False", "FALSE", "f", "0"].map((text) => [text, false] as const),
]);

/** CEL's names of the kinds; there is one kind of number. */
const TYPE_NAMES: ReadonlyMap<Kinds, string> = new Map([
  [KIND.null, "null_type"],
  [KIND.boolean, "bool"],
  [KIND.number, "double"],
  [KIND.text, "string"],
  [KIND.list, "list"],
  [KIND.map, "map"],
  [KIND.bytes, "bytes"],
  [KIND.timestamp, "google.protobuf.Timestamp"],
  [KIND.duration, "google.protobuf.Duration"],
]);

const NUMERIC = KIND.number | KIND.text;

/** Functions from one kind of value to another. */
export const CONVERSION_FUNCTIONS: readonly FunctionSpec[] = [
  {
    name: "int",
    takes: [NUMERIC | KIND.timestamp],
    gives: KIND.number,
    call: ([value], site) => toInt(value!, site),
  },
  {
    name: "uint",
    takes: [NUMERIC],
    gives: KIND.number,
    call: ([value], site) => {
      const number = toInt(value!, site);
      return number < 0 ? site.fail("uint() needs a number that is not negative", number) : number;
    },
  },
  { name: "double", takes: [NUMERIC], gives: KIND.number, call: ([value], site) => toNumber(value!, "double", site) },
  {
    name: "string",
    takes: [NUMERIC | KIND.boolean | KIND.bytes | KIND.timestamp | KIND.duration],
    gives: KIND.text,
    call: ([value], site) => toText(value!, site),
  },
  {
    name: "bool",
    takes: [KIND.boolean | KIND.text],
    gives: KIND.boolean,
    call: ([value], site) => {
      if (typeof value === "boolean") return value;
      return BOOLEANS.get(value as string) ?? site.fail('bool() needs "true" or "false"', value as string);
    },
  },
  {
    name: "bytes",
    takes: [KIND.text | KIND.bytes],
    gives: KIND.bytes,
    call: ([value], site, frame) => {
      if (typeof value !== "string") return value!;
      frame.charge(value.length >> 4, site);
      return new Bytes(new TextEncoder().encode(value));
    },
  },
  { name: "dyn", takes: [KIND.any], gives: KIND.any, call: ([value]) => value! },
  { name: "type", takes: [KIND.any], gives: KIND.text, call: ([value]) => TYPE_NAMES.get(kindOf(value!))! },
  {
    name: "json",
    takes: [KIND.any],
    gives: KIND.text,
    call: ([value], site, frame) => {
      const text = JSON.stringify(leave(value!, site, frame));
      frame.charge(text.length >> 2, site);
      return text;
    },
  },
  {
    name: "parse_json",
    takes: [KIND.text],
    gives: KIND.any,
    call: ([text], site, frame) => {
      frame.charge((text as string).length >> 3, site);
      return parseJson(text as string, site);
    },
  },
  {
    name: "base64",
    takes: [KIND.any],
    gives: KIND.text,
    call: ([value], site, frame) => {
      const data = value instanceof Bytes ? value.data : new TextEncoder().encode(asText(leave(value!, site, frame)));
      frame.charge(data.length >> 2, site);
      return encodeBase64(data);
    },
  },
  { name: "path", takes: [KIND.text], gives: KIND.text, call: ([text]) => new PathText(text as string) },
  {
    name: "uuid",
    takes: [],
    gives: KIND.text,
    call: (_args, site, frame) => {
      frame.charge(50, site);
      return uuidFrom(() => frame.scope.random());
    },
  },
];

function toInt(value: Value, site: Site): number {
  if (value instanceof Timestamp) return Math.floor(value.ms / 1_000);
  return checkNumber(Math.trunc(toNumber(value, "int", site)), site);
}

function toNumber(value: Value, name: string, site: Site): number {
  if (typeof value === "number") return value;
  const text = value as string;
  const number = readNumber(text) ?? site.fail(`${name}() needs a number or a text that is one`, text);
  return isWithinWhole(number, text) ? number : failTooLarge(site);
}

function toText(value: Value, site: Site): string {
  if (typeof value === "string") return value;
  if (value instanceof Timestamp || value instanceof Duration) return value.leave();
  if (!(value instanceof Bytes)) return String(value);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value.data);
  } catch {
    return site.fail(`string() cannot read the ${kindName(value)} as UTF-8`);
  }
}

function parseJson(text: string, site: Site): JsonValue {
  try {
    return JSON.parse(/\d{16}/.test(text) ? quoteLargeNumbers(text) : text);
  } catch {
    return site.fail("parse_json() cannot read the text as JSON", text);
  }
}

/** Puts whole numbers beyond 2^53 in quotes: JSON's numbers would round them. */
function quoteLargeNumbers(text: string): string {
  let result = "";
  let copied = 0;
  const token = /"|-?\d[\d.eE+-]*/g;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === '"') {
      token.lastIndex = skipQuoted(text, found.index) ?? text.length;
    } else if (/^-?\d{16,}$/.test(found[0]) && !isExactWhole(found[0])) {
      result += `${text.slice(copied, found.index)}"${found[0]}"`;
      copied = token.lastIndex;
    }
  }
  return result + text.slice(copied);
}

function isExactWhole(digits: string): boolean {
  return digits.length <= 17 && Math.abs(Number(digits)) <= MAX_WHOLE && BigInt(digits) === BigInt(Number(digits));
}
