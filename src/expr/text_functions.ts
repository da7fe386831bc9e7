import type { FunctionSpec } from "./function_spec.ts";
import type { Frame } from "./frame.ts";
import { KIND } from "./kind.ts";
import { matches } from "./regex.ts";
import type { Site } from "./source.ts";
import type { Value } from "./value.ts";

const { text: TEXT, number: NUMBER, boolean: BOOLEAN, list: LIST } = KIND;

const SURROGATE = /[\ud800-\udfff]/;

/** `matches(text, pattern)`: the one text function that CEL also has without a receiver, beside `size`. */
export const TEXT_FUNCTIONS: readonly FunctionSpec[] = [
  {
    name: "matches",
    takes: [TEXT, TEXT],
    gives: BOOLEAN,
    call: ([a, b], site, frame) => matches(str(a), str(b), site, frame),
  },
];

/** Methods of texts. Places and lengths count code points, as in CEL. */
export const TEXT_METHODS: readonly FunctionSpec[] = [
  ...TEXT_FUNCTIONS,
  test("contains", (text, part) => text.includes(part)),
  test("startsWith", (text, part) => text.startsWith(part)),
  test("endsWith", (text, part) => text.endsWith(part)),
  change("lowerAscii", (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  change("upperAscii", (text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  change("trim", (text) => text.trim()),
  {
    name: "replace",
    takes: [TEXT, TEXT, TEXT, NUMBER],
    optional: 1,
    gives: TEXT,
    call: ([text, old, by, count], site, frame) =>
      replace(str(text), str(old), str(by), count as number | undefined, site, frame),
  },
  {
    name: "split",
    takes: [TEXT, TEXT, NUMBER],
    optional: 1,
    gives: LIST,
    call: ([text, separator, limit], site, frame) => {
      frame.charge(str(text).length, site);
      return split(str(text), str(separator), limit as number | undefined);
    },
  },
  {
    name: "indexOf",
    takes: [TEXT, TEXT, NUMBER],
    optional: 1,
    gives: NUMBER,
    call: ([text, part, from], site, frame) => {
      const start = offsetOf(str(text), from ?? 0, "indexOf()", site, frame);
      return pointAt(str(text), str(text).indexOf(str(part), start), site, frame);
    },
  },
  {
    name: "lastIndexOf",
    takes: [TEXT, TEXT, NUMBER],
    optional: 1,
    gives: NUMBER,
    call: ([text, part, from], site, frame) => {
      const start = from === undefined ? str(text).length : offsetOf(str(text), from, "lastIndexOf()", site, frame);
      return pointAt(str(text), str(text).lastIndexOf(str(part), start), site, frame);
    },
  },
  {
    name: "substring",
    takes: [TEXT, NUMBER, NUMBER],
    optional: 1,
    gives: TEXT,
    call: ([text, from, to], site, frame) => {
      const start = offsetOf(str(text), from!, "substring()", site, frame);
      const end = to === undefined ? str(text).length : offsetOf(str(text), to, "substring()", site, frame);
      return end < start ? site.fail("substring() ends before it starts") : str(text).slice(start, end);
    },
  },
  {
    name: "charAt",
    takes: [TEXT, NUMBER],
    gives: TEXT,
    call: ([text, index], site, frame) => {
      const point = str(text).codePointAt(offsetOf(str(text), index!, "charAt()", site, frame));
      return point === undefined ? "" : String.fromCodePoint(point);
    },
  },
];

/** The number of code points in a text. */
export function countPoints(text: string, site: Site, frame: Frame): number {
  frame.charge(text.length >> 5, site);
  if (!SURROGATE.test(text)) return text.length;
  frame.charge(text.length, site);
  let count = 0;
  for (const _point of text) count++;
  return count;
}

/** Where a code point begins, in UTF-16 units. */
function offsetOf(text: string, place: Value, name: string, site: Site, frame: Frame): number {
  const index = place as number;
  const length = countPoints(text, site, frame);
  if (!Number.isInteger(index) || index < 0 || index > length) {
    site.fail(`${name} needs a place from 0 to ${length}`, index);
  }
  if (length === text.length) return index;
  let offset = 0;
  for (let point = 0; point < index; point++) offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  return offset;
}

/** The number of the code point that begins at an offset; -1 stays -1. */
function pointAt(text: string, offset: number, site: Site, frame: Frame): number {
  return offset < 0 ? -1 : countPoints(text.slice(0, offset), site, frame);
}

function replace(text: string, old: string, by: string, count: number | undefined, site: Site, frame: Frame): string {
  frame.charge(text.length >> 2, site);
  const pieces = old === "" ? ["", ...Array.from(text), ""] : text.split(old);
  const most = count === undefined || count < 0 ? pieces.length - 1 : Math.min(Math.trunc(count), pieces.length - 1);
  frame.charge(pieces.length, site);
  frame.limitSize(text.length + most * by.length, site);
  if (most === pieces.length - 1) return pieces.join(by);
  return pieces.slice(0, most + 1).join(by) +
    (old === "" ? pieces.slice(most + 1).join("") : old + pieces.slice(most + 1).join(old));
}

function split(text: string, separator: string, limit: number | undefined): readonly string[] {
  const pieces = separator === "" ? Array.from(text) : text.split(separator);
  if (limit === undefined || limit < 0 || pieces.length <= limit) return pieces;
  const most = Math.trunc(limit);
  return most === 0 ? [] : [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(separator)];
}

function test(name: string, run: (text: string, part: string) => boolean): FunctionSpec {
  const call: FunctionSpec["call"] = ([text, part], site, frame) => {
    frame.charge(str(text).length >> 5, site);
    return run(str(text), str(part));
  };
  return { name, takes: [TEXT, TEXT], gives: BOOLEAN, call };
}

function change(name: string, run: (text: string) => string): FunctionSpec {
  const call: FunctionSpec["call"] = ([text], site, frame) => {
    frame.charge(str(text).length >> 3, site);
    return run(str(text));
  };
  return { name, takes: [TEXT], gives: TEXT, call };
}

/** The argument as text, which `takes` has made sure of. */
function str(value: Value | undefined): string {
  return value as string;
}
