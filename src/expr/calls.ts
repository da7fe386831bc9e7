import { closest } from "../base/text.ts";
import type { Compilation, Compiled } from "./compilation.ts";
import type { FunctionSpec } from "./function_spec.ts";
import type { Run } from "./frame.ts";
import { FUNCTIONS, METHODS } from "./function_table.ts";
import { KIND, kindName, kindNames, kindOf } from "./kind.ts";
import {
  compileBind,
  compileListMacro,
  compileOptionalMacro,
  compileOptionalSource,
  LIST_MACROS,
  type MethodNode,
  OPTIONAL_MACROS,
  wrongArguments,
} from "./macros.ts";
import type { Node } from "./node.ts";
import { compileHas, compileLenient } from "./path.ts";
import { compilePattern } from "./regex.ts";
import { isNothing, plain, type Value } from "./value.ts";

/** Functions that do not evaluate all their arguments. */
const SPECIAL_FUNCTIONS: readonly string[] = ["has", "default"];

/** What functions of other languages are called here. */
const SYNONYMS: Readonly<Record<string, string>> = {
  upper: "text.upperAscii()",
  toUpper: "text.upperAscii()",
  toUpperCase: "text.upperAscii()",
  lower: "text.lowerAscii()",
  toLower: "text.lowerAscii()",
  toLowerCase: "text.lowerAscii()",
  len: "size(x)",
  length: "size(x)",
  count: "size(x)",
  includes: "text.contains(part), or x in list",
  concat: "a + b",
  toString: "string(x)",
  str: "string(x)",
  number: "double(x)",
  float: "double(x)",
  toJson: "json(x)",
  to_json: "json(x)",
  stringify: "json(x)",
  fromJson: "parse_json(text)",
  from_json: "parse_json(text)",
  coalesce: "default(x, y)",
  some: "list.exists(x, test)",
  any: "list.exists(x, test)",
  every: "list.all(x, test)",
  find: "list.filter(x, test)[0]",
  reduce: "sum(list)",
  keys: "map.map(key, key)",
  values: "map.map(key, map[key])",
  floor: "int(x)",
  slice: "text.substring(from, to)",
  uuidv4: "uuid()",
  get: "default(x, y)",
};

/** Compiles `f(x)`. */
export function compileCall(compilation: Compilation, node: Node & { readonly op: "call" }): Compiled {
  const [name, args] = node.args;
  if (name === "has") {
    return args.length === 1
      ? compileHas(compilation, args[0]!)
      : wrongArguments(compilation, node, "has() takes one path");
  }
  if (name === "default") return compileDefault(compilation, node, args);
  if (name === "uuid") compilation.needsRandom = true;
  const spec = FUNCTIONS.get(name);
  if (spec === undefined) return unknownFunction(compilation, node, name, false, args);
  return compileSpec(compilation, node, spec, args, `${name}()`);
}

/** Compiles `x.f(y)`. */
export function compileMethod(compilation: Compilation, node: MethodNode): Compiled {
  const [name, receiver, args] = node.args;
  if (receiver.op === "id" && receiver.args === "optional" && !compilation.variables.has("optional")) {
    const source = compileOptionalSource(compilation, node);
    if (source !== undefined) return source;
  }
  if (name === "bind" && receiver.op === "id" && receiver.args === "cel") return compileBind(compilation, node);
  if (LIST_MACROS.includes(name)) return compileListMacro(compilation, node);
  if (OPTIONAL_MACROS.includes(name)) return compileOptionalMacro(compilation, node);
  const spec = METHODS.get(name);
  if (spec !== undefined) return compileSpec(compilation, node, spec, [receiver, ...args], `${name}()`);
  const hasOwnOptional = name === "hasValue" || name === "value";
  if (hasOwnOptional && args.length === 0) return compileOptionalRead(compilation, node, name === "value");
  return unknownFunction(compilation, node, name, true, [receiver, ...args]);
}

function compileDefault(compilation: Compilation, node: Node, args: readonly Node[]): Compiled {
  if (args.length !== 2) return wrongArguments(compilation, node, "default() takes a value and what stands in for it");
  const { run } = compileLenient(compilation, args[0]!);
  const other = compilation.compile(args[1]!);
  return {
    run: (frame) => {
      const value = run(frame);
      return isNothing(value) ? other.run(frame) : value!;
    },
    kinds: KIND.any,
  };
}

function compileOptionalRead(compilation: Compilation, node: MethodNode, isValue: boolean): Compiled {
  const { run } = compilation.compile(node.args[1]);
  const site = compilation.site(node);
  const text = compilation.textOf(node.args[1]);
  if (!isValue) return { run: (frame) => !isNothing(run(frame)), kinds: KIND.boolean };
  return {
    run: (frame) => {
      const value = plain(run(frame));
      return value === null ? site.missing(`${text} is missing`) : value;
    },
    kinds: KIND.any,
  };
}

function compileSpec(
  compilation: Compilation,
  node: Node,
  spec: FunctionSpec,
  argNodes: readonly Node[],
  name: string,
): Compiled {
  const least = spec.takes.length - (spec.optional ?? 0);
  const isMethod = node.op === "rcall";
  if (argNodes.length < least || argNodes.length > spec.takes.length) {
    const shift = isMethod ? 1 : 0;
    const message = countMessage(name, least - shift, spec.takes.length - shift, argNodes.length - shift);
    const texts = argNodes.map((arg) => compilation.compile(arg) && compilation.textOf(arg));
    const takesList = !isMethod && spec.takes.length === 1 && spec.takes[0] === KIND.list;
    const hint = takesList && texts.length > 1 ? `write ${spec.name}([${texts.join(", ")}])` : undefined;
    return wrongArguments(compilation, node, message, hint);
  }
  const args = argNodes.map((arg) => compilation.compile(arg));
  for (const [index, arg] of args.entries()) {
    if ((arg.kinds & spec.takes[index]!) !== 0) continue;
    const message = `${name} needs ${kindNames(spec.takes[index]!)}, not ${kindNames(arg.kinds)}`;
    compilation.report("expression_type", argNodes[index]!, message);
  }
  checkLiteralPattern(compilation, spec.name, argNodes);
  const texts = argNodes.map((arg) => compilation.textOf(arg));
  const runs = args.map((arg) => arg.run);
  const site = compilation.site(node);
  const { takes } = spec;
  const run: Run = (frame) => {
    const values: Value[] = new Array(runs.length);
    for (let index = 0; index < runs.length; index++) {
      const value = plain(runs[index]!(frame));
      if ((kindOf(value) & takes[index]!) === 0) {
        site.fail(`${name} needs ${kindNames(takes[index]!)}, but ${texts[index]} is ${kindName(value)}`);
      }
      values[index] = value;
    }
    frame.charge(1, site);
    return spec.call(values, site, frame);
  };
  return { run, kinds: spec.gives };
}

function countMessage(name: string, least: number, most: number, given: number): string {
  const count = most === 0
    ? "no arguments"
    : least === most
    ? `${most} argument${most === 1 ? "" : "s"}`
    : `${least} to ${most} arguments`;
  return `${name} takes ${count}, not ${given}`;
}

function checkLiteralPattern(compilation: Compilation, name: string, args: readonly Node[]): void {
  const pattern = args[1];
  if (name !== "matches" || pattern?.op !== "value" || typeof pattern.args !== "string") return;
  const compiled = compilePattern(pattern.args);
  if (typeof compiled === "string") {
    compilation.report("expression_type", pattern, `The regular expression cannot be read: ${compiled}`);
  }
}

function unknownFunction(
  compilation: Compilation,
  node: Node,
  name: string,
  isMethod: boolean,
  args: readonly Node[],
): Compiled {
  const start = isMethod ? memberStart(compilation, args[0]!, name, node.start) : node.start;
  const place = { start, end: start + name.length };
  compilation.report("unknown_function", place, `There is no ${isMethod ? "method" : "function"} "${name}"`, {
    hint: suggest(compilation, name, isMethod, args),
  });
  for (const arg of args) compilation.compile(arg);
  return { run: () => null, kinds: KIND.any };
}

function suggest(compilation: Compilation, name: string, isMethod: boolean, args: readonly Node[]): string | undefined {
  const texts = args.map((arg) => compilation.textOf(arg));
  if (isMethod && FUNCTIONS.has(name)) return `write ${name}(${texts.join(", ")})`;
  const isListMethod = METHODS.has(name) || LIST_MACROS.includes(name);
  if (!isMethod && isListMethod && args.length > 0) return `write ${texts[0]}.${name}(${texts.slice(1).join(", ")})`;
  if (Object.hasOwn(SYNONYMS, name)) return `write ${SYNONYMS[name]}`;
  const known = isMethod
    ? [...METHODS.keys(), ...LIST_MACROS, ...OPTIONAL_MACROS]
    : [...FUNCTIONS.keys(), ...SPECIAL_FUNCTIONS];
  const near = closest(name, known) ?? closest(name, isMethod ? FUNCTIONS.keys() : [...METHODS.keys(), ...LIST_MACROS]);
  if (near !== undefined) return `did you mean "${near}"?`;
  const synonym = closest(name, Object.keys(SYNONYMS));
  return synonym === undefined ? undefined : `write ${SYNONYMS[synonym]}`;
}

function memberStart(compilation: Compilation, receiver: Node, name: string, fallback: number): number {
  const { text, offset } = compilation.source;
  const found = text.indexOf(name, offset + receiver.end);
  return found < 0 ? fallback : found - offset;
}
