import { compare } from "./compare.ts";
import type { FunctionSpec } from "./function_spec.ts";
import type { Frame } from "./frame.ts";
import { KIND, kindName, kindOf } from "./kind.ts";
import { checkNumber } from "./numbers.ts";
import type { Site } from "./source.ts";
import { countPoints } from "./text_functions.ts";
import { Bytes, plain, type Value } from "./value.ts";

const { text: TEXT, number: NUMBER, list: LIST, map: MAP, bytes: BYTES } = KIND;

/** What `min` and `max` compare. */
const ORDERED = NUMBER | TEXT | KIND.timestamp | KIND.duration;

const MAX_RANGE = 1_000_000;

const SIZE: FunctionSpec = {
  name: "size",
  takes: [TEXT | LIST | MAP | BYTES],
  gives: NUMBER,
  call: ([value], site, frame) => {
    if (typeof value === "string") return countPoints(value, site, frame);
    if (Array.isArray(value)) return value.length;
    return value instanceof Bytes ? value.data.length : Object.keys(value as object).length;
  },
};

/** Functions of lists and numbers. */
export const LIST_FUNCTIONS: readonly FunctionSpec[] = [
  SIZE,
  {
    name: "min",
    takes: [LIST],
    gives: KIND.any,
    call: ([list], site, frame) => extreme("min", -1, items(list), site, frame),
  },
  {
    name: "max",
    takes: [LIST],
    gives: KIND.any,
    call: ([list], site, frame) => extreme("max", 1, items(list), site, frame),
  },
  {
    name: "sum",
    takes: [LIST],
    gives: NUMBER,
    call: ([list], site, frame) => {
      frame.charge(items(list).length, site);
      return items(list).reduce((total: number, item) => {
        const value = plain(item);
        if (typeof value !== "number") return site.fail(`sum() needs numbers, but the list holds ${kindName(value)}`);
        return checkNumber(total + value, site, "+", total, value);
      }, 0);
    },
  },
  {
    name: "round",
    takes: [NUMBER, NUMBER],
    optional: 1,
    gives: NUMBER,
    call: ([value, digits], site) => round(value as number, (digits ?? 0) as number, site),
  },
  {
    name: "range",
    takes: [NUMBER, NUMBER],
    gives: LIST,
    call: ([from, to], site, frame) => range(from as number, to as number, site, frame),
  },
  {
    name: "flatten",
    takes: [LIST],
    gives: LIST,
    call: ([list], site, frame) => {
      const flat: Value[] = [];
      for (const item of items(list)) {
        const inner = plain(item);
        const parts: readonly Value[] = Array.isArray(inner) ? inner : [item];
        frame.charge(1 + parts.length, site);
        for (const part of parts) flat.push(part);
      }
      return flat;
    },
  },
];

/** Methods of lists, and those that lists share with texts. */
export const LIST_METHODS: readonly FunctionSpec[] = [
  SIZE,
  {
    name: "join",
    takes: [LIST, TEXT],
    optional: 1,
    gives: TEXT,
    call: ([list, separator], site, frame) => join(items(list), (separator ?? "") as string, site, frame),
  },
  {
    name: "reverse",
    takes: [LIST | TEXT],
    gives: LIST | TEXT,
    call: ([value], site, frame) => {
      frame.charge((value as string | readonly Value[]).length, site);
      return typeof value === "string" ? Array.from(value).reverse().join("") : items(value).toReversed();
    },
  },
];

function extreme(name: string, sign: 1 | -1, list: readonly Value[], site: Site, frame: Frame): Value {
  if (list.length === 0) return site.fail(`${name}() needs a list that is not empty`);
  frame.charge(list.length, site);
  const values = list.map(plain);
  const wrong = values.find((item) => (kindOf(item) & ORDERED) === 0 || kindOf(item) !== kindOf(values[0]!));
  if (wrong !== undefined) {
    const kinds = kindOf(wrong) === kindOf(values[0]!)
      ? kindName(wrong)
      : `${kindName(values[0]!)} and ${kindName(wrong)}`;
    site.fail(`${name}() needs values of one kind that have an order, but the list holds ${kinds}`);
  }
  return values.reduce((best, item) => compare(item, best)! * sign > 0 ? item : best);
}

/** Rounds half away from zero, in decimal: `round(1.005, 2)` is 1.01. */
function round(value: number, digits: number, site: Site): number {
  if (!Number.isInteger(digits) || Math.abs(digits) > 15) site.fail("round() needs from -15 to 15 digits", digits);
  const shifted = Math.round(shift(Math.abs(value), digits));
  return checkNumber(Math.sign(value) * shift(shifted, -digits), site);
}

/** Moves the decimal point without the errors of a multiplication. */
function shift(value: number, digits: number): number {
  const [mantissa, exponent] = value.toString().split("e") as [string, string?];
  return Number(`${mantissa}e${Number(exponent ?? 0) + digits}`);
}

/** The whole numbers from `from` up to, and without, `to`. */
function range(from: number, to: number, site: Site, frame: Frame): readonly number[] {
  if (!Number.isInteger(from) || !Number.isInteger(to)) site.fail("range() needs whole numbers");
  const length = Math.max(0, to - from);
  if (length > MAX_RANGE) site.fail(`range() gives at most ${MAX_RANGE} numbers`);
  frame.charge(length, site);
  return Array.from({ length }, (_, index) => from + index);
}

function join(list: readonly Value[], separator: string, site: Site, frame: Frame): string {
  frame.charge(list.length, site);
  let size = 0;
  const texts = list.map((item) => {
    const value = plain(item);
    if (typeof value !== "string") return site.fail(`join() needs texts, but the list holds ${kindName(value)}`);
    size += value.length + separator.length;
    frame.limitSize(size, site);
    return value;
  });
  frame.charge(size >> 4, site);
  return texts.join(separator);
}

/** The argument as a list, which `takes` has made sure of. */
function items(value: Value | undefined): readonly Value[] {
  return value as readonly Value[];
}
