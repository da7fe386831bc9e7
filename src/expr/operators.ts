import type { Compilation, Compiled } from "./compilation.ts";
import { compare, equal } from "./compare.ts";
import { type Frame, MAX_SIZE, type Run } from "./frame.ts";
import { KIND, kindName, kindNames, kindOf, type Kinds } from "./kind.ts";
import { member } from "./member.ts";
import { checkNumber } from "./numbers.ts";
import type { Node } from "./node.ts";
import { compileLenient } from "./path.ts";
import type { Site } from "./source.ts";
import { Duration, isNothing, plain, Timestamp, type Value } from "./value.ts";

/** What one operator takes on both sides, and what it gives for it. */
interface Pairing {
  readonly left: Kinds;
  readonly right: Kinds;
  readonly result: Kinds;
}

const TIME = KIND.timestamp | KIND.duration;

const NUMBERS: Pairing = { left: KIND.number, right: KIND.number, result: KIND.number };

const PAIRINGS: Readonly<Record<string, readonly Pairing[]>> = {
  "+": [
    NUMBERS,
    { left: KIND.text, right: KIND.text, result: KIND.text },
    { left: KIND.list, right: KIND.list, result: KIND.list },
    { left: KIND.bytes, right: KIND.bytes, result: KIND.bytes },
    { left: KIND.timestamp, right: KIND.duration, result: KIND.timestamp },
    { left: KIND.duration, right: KIND.timestamp, result: KIND.timestamp },
    { left: KIND.duration, right: KIND.duration, result: KIND.duration },
  ],
  "-": [
    NUMBERS,
    { left: KIND.timestamp, right: KIND.timestamp, result: KIND.duration },
    { left: KIND.timestamp, right: KIND.duration, result: KIND.timestamp },
    { left: KIND.duration, right: KIND.duration, result: KIND.duration },
  ],
  "*": [NUMBERS],
  "/": [NUMBERS],
  "%": [NUMBERS],
};

/** Compiles `+ - * / %`. */
export function compileArithmetic(
  compilation: Compilation,
  node: Node & { readonly op: "+" | "-" | "*" | "/" | "%" },
): Compiled {
  const left = compilation.compile(node.args[0]);
  const right = compilation.compile(node.args[1]);
  const fitting = PAIRINGS[node.op]!.filter((pair) =>
    (pair.left & left.kinds) !== 0 && (pair.right & right.kinds) !== 0
  );
  if (fitting.length === 0) {
    compilation.report(
      "expression_type",
      node,
      cannot(node.op, kindNames(left.kinds), kindNames(right.kinds)),
      { hint: hintFor(node.op, left.kinds | right.kinds) },
    );
  }
  const kinds = fitting.reduce((sum, pair) => sum | pair.result, 0) || KIND.any;
  return {
    run: arithmetic(
      node.op,
      left.run,
      right.run,
      compilation.site(node),
      compilation.textOf(node.args[0]),
      compilation.textOf(node.args[1]),
    ),
    kinds,
  };
}

/** Compiles the minus sign. */
export function compileNegation(compilation: Compilation, node: Node & { readonly op: "-_" }): Compiled {
  const { run, kinds } = compilation.compile(node.args);
  if ((kinds & (KIND.number | KIND.duration)) === 0) {
    compilation.report("expression_type", node, `"-" needs a number, not ${kindNames(kinds)}`);
  }
  const site = compilation.site(node);
  const text = compilation.textOf(node.args);
  const negate: Run = (frame) => {
    const value = plain(run(frame));
    if (typeof value === "number") return 0 - value;
    if (value instanceof Duration) return new Duration(-value.ms);
    return site.fail(`"-" needs a number, but ${text} is ${kindName(value)}`);
  };
  return { run: negate, kinds: (kinds & (KIND.number | KIND.duration)) || KIND.any };
}

/** Compiles `< <= > >=`; with a null they give false. */
export function compileOrder(
  compilation: Compilation,
  node: Node & { readonly op: "<" | "<=" | ">" | ">=" },
): Compiled {
  const left = compilation.compile(node.args[0]);
  const right = compilation.compile(node.args[1]);
  const ordered = KIND.number | KIND.text | KIND.boolean | KIND.bytes | TIME;
  const isPossible = ((left.kinds | right.kinds) & KIND.null) !== 0 || (left.kinds & right.kinds & ordered) !== 0;
  if (!isPossible) {
    compilation.report(
      "expression_type",
      node,
      `Cannot compare ${kindNames(left.kinds)} with ${kindNames(right.kinds)}`,
    );
  }
  const [readLeft, readRight, site] = [left.run, right.run, compilation.site(node)];
  const run = (test: (order: number) => boolean): Run => (frame) => {
    const a = plain(readLeft(frame));
    const b = plain(readRight(frame));
    if (typeof a === "number" && typeof b === "number") return test(a - b);
    if (a === null || b === null) return false;
    if (typeof a === "string") frame.chargeText(a, site);
    return test(compare(a, b) ?? site.fail(`Cannot compare ${kindName(a)} with ${kindName(b)}`));
  };
  return { run: run(ORDER_TESTS[node.op]), kinds: KIND.boolean };
}

const ORDER_TESTS: Readonly<Record<"<" | "<=" | ">" | ">=", (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** Compiles `==` and `!=`. Compared with a literal null, whatever is read may be missing. */
export function compileEquality(compilation: Compilation, node: Node & { readonly op: "==" | "!=" }): Compiled {
  const isNegated = node.op === "!=";
  const [leftNode, rightNode] = node.args;
  const tested = isNull(rightNode) ? leftNode : isNull(leftNode) ? rightNode : undefined;
  if (tested !== undefined) {
    const { run } = compilation.tests(() => compileLenient(compilation, tested));
    return { run: (frame) => isNothing(run(frame)) !== isNegated, kinds: KIND.boolean };
  }
  const left = compileTypeName(leftNode, rightNode) ?? compilation.compile(leftNode);
  const right = compileTypeName(rightNode, leftNode) ?? compilation.compile(rightNode);
  if ((left.kinds & right.kinds) === 0) {
    const message = `This is always ${isNegated}: ${kindNames(left.kinds)} never equals ${kindNames(right.kinds)}`;
    compilation.report("expression_type", node, message, { severity: "warning" });
  }
  const [readLeft, readRight, site] = [left.run, right.run, compilation.site(node)];
  const run: Run = (frame) => {
    const a = readLeft(frame);
    const b = readRight(frame);
    if (typeof a === "number" && typeof b === "number") return (a === b) !== isNegated;
    return equal(plain(a), plain(b), frame, site) !== isNegated;
  };
  return { run, kinds: KIND.boolean };
}

/** Compiles `x in list` and `key in map`. */
export function compileIn(compilation: Compilation, node: Node & { readonly op: "in" }): Compiled {
  const needle = compilation.compile(node.args[0]);
  const haystack = compilation.compile(node.args[1]);
  const site = compilation.site(node);
  if ((haystack.kinds & (KIND.list | KIND.map)) === 0) {
    const hint = (haystack.kinds & KIND.text) !== 0 ? "write text.contains(part)" : undefined;
    compilation.report("expression_type", node, `"in" needs a list or a map, not ${kindNames(haystack.kinds)}`, {
      hint,
    });
  }
  const [readNeedle, readHaystack] = [needle.run, haystack.run];
  const text = compilation.textOf(node.args[1]);
  const run: Run = (frame) => {
    const wanted = plain(readNeedle(frame));
    const within = plain(readHaystack(frame));
    if (Array.isArray(within)) {
      frame.charge(within.length, site);
      return within.some((item: Value) => equal(wanted, plain(item), frame, site));
    }
    if (kindOf(within) !== KIND.map) site.fail(`"in" needs a list or a map, but ${text} is ${kindName(within)}`);
    if (wanted === null || typeof wanted === "object" || typeof wanted === "symbol") return false;
    return member(within, String(wanted)) !== undefined;
  };
  return { run, kinds: KIND.boolean };
}

function arithmetic(op: string, left: Run, right: Run, site: Site, leftText: string, rightText: string): Run {
  const slow = (frame: Frame, a: Value, b: Value): Value =>
    combine(op, plain(a), plain(b), frame, site) ?? failOperands(op, plain(a), plain(b), leftText, rightText, site);
  switch (op) {
    case "+":
      return (frame) => {
        const a = left(frame);
        const b = right(frame);
        if (typeof a === "number" && typeof b === "number") return checkNumber(a + b, site, "+", a, b);
        if (typeof a === "string" && typeof b === "string" && a.length + b.length < MAX_SIZE) return a + b;
        return slow(frame, a, b);
      };
    case "-":
      return (frame) => {
        const a = left(frame);
        const b = right(frame);
        if (typeof a === "number" && typeof b === "number") return checkNumber(a - b, site, "-", a, b);
        return slow(frame, a, b);
      };
    case "*":
      return (frame) => {
        const a = left(frame);
        const b = right(frame);
        if (typeof a === "number" && typeof b === "number") return checkNumber(a * b, site, "*", a, b);
        return slow(frame, a, b);
      };
    default:
      return (frame) => slow(frame, left(frame), right(frame));
  }
}

/** The operands that no fast path took; `undefined` where the operator has no meaning for them. */
function combine(op: string, a: Value, b: Value, frame: Frame, site: Site): Value | undefined {
  if (typeof a === "number" && typeof b === "number") return combineNumbers(op, a, b, site);
  if (op === "+" && typeof a === "string" && typeof b === "string") {
    frame.limitSize(a.length + b.length, site);
    return a + b;
  }
  if (op === "+" && Array.isArray(a) && Array.isArray(b)) {
    frame.charge(a.length + b.length, site);
    return [...a, ...b];
  }
  if (op !== "+" && op !== "-") return undefined;
  return combineTimes(op === "+" ? 1 : -1, a, b, site);
}

function combineNumbers(op: string, a: number, b: number, site: Site): number {
  if (b === 0 && (op === "/" || op === "%")) return site.fail("Division by zero");
  if (op === "/") return checkNumber(a / b, site);
  if (op === "%") return checkNumber(a % b, site);
  return checkNumber(op === "+" ? a + b : op === "-" ? a - b : a * b, site, op, a, b);
}

function combineTimes(sign: 1 | -1, a: Value, b: Value, site: Site): Value | undefined {
  if (a instanceof Timestamp) {
    if (b instanceof Duration) return inRange(a.ms + sign * b.ms, site);
    // Times are exact to the microsecond: what lies below is an error of the subtraction.
    return sign < 0 && b instanceof Timestamp ? new Duration(Math.round((a.ms - b.ms) * 1e3) / 1e3) : undefined;
  }
  if (!(a instanceof Duration)) return undefined;
  if (b instanceof Duration) return new Duration(a.ms + sign * b.ms);
  return sign > 0 && b instanceof Timestamp ? inRange(a.ms + b.ms, site) : undefined;
}

function inRange(ms: number, site: Site): Timestamp {
  // The years 1 to 9999, as in CEL.
  if (ms < -62_135_596_800_000 || ms > 253_402_300_799_999) site.fail("The time is out of range");
  return new Timestamp(ms);
}

function failOperands(op: string, a: Value, b: Value, leftText: string, rightText: string, site: Site): never {
  if (a === null || b === null) {
    return site.fail(`Cannot compute with null: ${a === null ? leftText : rightText} is null`);
  }
  return site.fail(cannot(op, kindName(a), kindName(b)));
}

function cannot(op: string, left: string, right: string): string {
  switch (op) {
    case "+":
      return `Cannot add ${left} and ${right}`;
    case "-":
      return `Cannot subtract ${right} from ${left}`;
    case "*":
      return `Cannot multiply ${left} by ${right}`;
    default:
      return `Cannot divide ${left} by ${right}`;
  }
}

function hintFor(op: string, kinds: Kinds): string | undefined {
  return op === "+" && (kinds & KIND.text) !== 0 ? "write string(x) to join a value with text" : undefined;
}

function isNull(node: Node): boolean {
  return node.op === "value" && node.args === null;
}

/** CEL's names of types; they stand for one only where a `type(x)` is compared with them. */
const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ["int", "double"],
  ["uint", "double"],
  ...["double", "string", "bool", "bytes", "list", "map", "null_type"].map((name) => [name, name] as const),
]);

function compileTypeName(node: Node, other: Node): Compiled | undefined {
  if (node.op !== "id" || other.op !== "call" || other.args[0] !== "type") return undefined;
  const name = TYPE_NAMES.get(node.args);
  return name === undefined ? undefined : { run: () => name, kinds: KIND.text };
}
