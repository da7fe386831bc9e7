import type { Compilation, Compiled } from "./compilation.ts";
import type { Frame, Run } from "./frame.ts";
import { KIND, kindName, kindNames, kindOf } from "./kind.ts";
import { compileTest } from "./logic.ts";
import type { Node } from "./node.ts";
import { GLOBAL_NAMES } from "./scope.ts";
import type { Site } from "./source.ts";
import { isNothing, Optional, plain, type Value } from "./value.ts";

/** A method call in the syntax tree. */
export type MethodNode = Node & { readonly op: "rcall" };

/** Roots that every workflow has: no macro variable may be called like these. */
const FIXED_ROOTS: ReadonlySet<string> = new Set(GLOBAL_NAMES);

/** Hands the current item of a macro to its body. */
type Body<T> = (frame: Frame) => T;

/** How a macro goes through a list. */
type Walk = (items: readonly Value[], test: (item: Value) => boolean) => Value;

const QUANTIFIERS: Readonly<Record<string, Walk>> = {
  all: (items, test) => items.every(test),
  exists: (items, test) => items.some(test),
  exists_one: (items, test) => items.filter(test).length === 1,
  filter: (items, test) => items.filter(test),
};

/** Names of the macros that are methods of a list, and of those of an optional. */
export const LIST_MACROS: readonly string[] = [...Object.keys(QUANTIFIERS), "existsOne", "map"];
export const OPTIONAL_MACROS: readonly string[] = ["optMap", "optFlatMap", "orValue", "or"];

/** Compiles `list.all(x, test)`, `exists`, `exists_one`, `filter` and `map`; over a map they go through its keys. */
export function compileListMacro(compilation: Compilation, node: MethodNode): Compiled {
  const [name, receiver, args] = node.args;
  const most = name === "map" ? 3 : 2;
  if (args.length < 2 || args.length > most) {
    return wrongArguments(
      compilation,
      node,
      `${name}() takes a variable and ${most === 3 ? "one or two expressions" : "a test"}`,
    );
  }
  const list = compilation.compile(receiver);
  if ((list.kinds & (KIND.list | KIND.map)) === 0) {
    compilation.report("expression_type", node, `${name}() needs a list or a map, not ${kindNames(list.kinds)}`);
  }
  const variable = variableName(compilation, args[0]!, name);
  return compilation.withVariable(variable, (slot) => {
    const items = readItems(compilation, node, list.run);
    if (name !== "map") {
      const test = compileTest(compilation, args[1]!, `${name}()`);
      return {
        run: quantifier(QUANTIFIERS[name === "existsOne" ? "exists_one" : name]!, items, test, slot),
        kinds: name === "filter" ? KIND.list : KIND.boolean,
      };
    }
    const test = args.length === 3 ? compileTest(compilation, args[1]!, "map()") : undefined;
    return { run: mapper(items, test, compilation.compile(args.at(-1)!).run, slot), kinds: KIND.list };
  });
}

/** Compiles `cel.bind(name, value, expression)`. */
export function compileBind(compilation: Compilation, node: MethodNode): Compiled {
  const args = node.args[2];
  if (args.length !== 3) return wrongArguments(compilation, node, "cel.bind() takes a name, a value and an expression");
  const value = compilation.compile(args[1]!).run;
  const name = variableName(compilation, args[0]!, "cel.bind");
  return compilation.withVariable(name, (slot) => {
    const body = compilation.compile(args[2]!);
    const run: Run = (frame) => {
      const bound = value(frame);
      frame.openSlots();
      frame.slots[slot] = bound;
      return body.run(frame);
    };
    return { run, kinds: body.kinds };
  });
}

/** Compiles `.or(optional)`, `.orValue(x)`, `.optMap(x, …)` and `.optFlatMap(x, …)`: the argument is evaluated only where it counts. */
export function compileOptionalMacro(compilation: Compilation, node: MethodNode): Compiled {
  const [name, receiver, args] = node.args;
  const isMap = name === "optMap" || name === "optFlatMap";
  if (args.length !== (isMap ? 2 : 1)) {
    return wrongArguments(
      compilation,
      node,
      `${name}() takes ${isMap ? "a variable and an expression" : "one argument"}`,
    );
  }
  const optional = readOptional(compilation, node, compilation.compile(receiver).run);
  if (isMap) {
    return compilation.withVariable(variableName(compilation, args[0]!, name), (slot) => {
      const body = compilation.compile(args[1]!).run;
      const run: Run = (frame) => {
        const value = optional(frame);
        if (value === Optional.none) return value;
        frame.openSlots();
        frame.slots[slot] = value.leave();
        return Optional.of(body(frame));
      };
      return { run, kinds: KIND.any };
    });
  }
  const other = compilation.compile(args[0]!);
  const run: Run = (frame) => {
    const value = optional(frame);
    if (value === Optional.none) return name === "or" ? Optional.of(other.run(frame)) : other.run(frame);
    return name === "or" ? value : value.leave();
  };
  return { run, kinds: KIND.any };
}

/** Compiles `optional.of(x)`, `optional.ofNonZeroValue(x)` and `optional.none()`; `undefined` for any other method. */
export function compileOptionalSource(compilation: Compilation, node: MethodNode): Compiled | undefined {
  const [name, , args] = node.args;
  if (name === "none" && args.length === 0) return { run: () => Optional.none, kinds: KIND.any };
  if ((name !== "of" && name !== "ofNonZeroValue") || args.length !== 1) return undefined;
  const { run } = compilation.compile(args[0]!);
  return {
    run: (frame) => {
      const value = run(frame);
      return name === "ofNonZeroValue" && isZero(plain(value)) ? Optional.none : Optional.of(value);
    },
    kinds: KIND.any,
  };
}

/** Notes that a call has the wrong arguments, and stands in for it. */
export function wrongArguments(compilation: Compilation, node: Node, message: string, hint?: string): Compiled {
  compilation.report("wrong_arguments", node, message, { hint });
  return { run: () => null, kinds: KIND.any };
}

function variableName(compilation: Compilation, node: Node, macro: string): string {
  if (node.op !== "id") {
    compilation.report("wrong_arguments", node, `The first argument of ${macro}() must be a name for the variable`, {
      hint: `such as ${macro.includes(".") ? macro : `list.${macro}`}(x, …)`,
    });
    return "";
  }
  const name = node.args;
  if (FIXED_ROOTS.has(name) || compilation.options.names?.has(name) === true) {
    const message = `The variable "${name}" is called like a name in scope`;
    compilation.report("name_taken", node, message, { hint: "choose another name" });
  }
  return name;
}

function readItems(compilation: Compilation, node: MethodNode, run: Run): (frame: Frame) => readonly Value[] {
  const [name, receiver, args] = node.args;
  const site = compilation.site(node);
  const text = compilation.textOf(receiver);
  // One round costs about as much as its body is long.
  const cost = 1 + Math.ceil((args.at(-1)!.end - args[0]!.start) / 8);
  return (frame) => {
    const value = plain(run(frame));
    const items = Array.isArray(value) ? value as readonly Value[] : keysOf(value, name, text, site);
    frame.charge(1 + items.length * cost, site);
    frame.openSlots();
    return items;
  };
}

function keysOf(value: Value, macro: string, text: string, site: Site): readonly string[] {
  if (kindOf(value) === KIND.map) return Object.keys(value as object);
  return site.fail(`${macro}() needs a list or a map, but ${text} is ${kindName(value)}`);
}

function quantifier(walk: Walk, items: (frame: Frame) => readonly Value[], test: Body<boolean>, slot: number): Run {
  return (frame) =>
    walk(items(frame), (item) => {
      frame.slots[slot] = item;
      return test(frame);
    });
}

function mapper(
  items: (frame: Frame) => readonly Value[],
  test: Body<boolean> | undefined,
  body: Run,
  slot: number,
): Run {
  return (frame) => {
    const results: Value[] = [];
    for (const item of items(frame)) {
      frame.slots[slot] = item;
      if (test === undefined || test(frame)) results.push(body(frame));
    }
    return results;
  };
}

function readOptional(compilation: Compilation, node: MethodNode, run: Run): (frame: Frame) => Optional {
  const [name, receiver] = node.args;
  const site = compilation.site(node);
  const text = compilation.textOf(receiver);
  return (frame) => {
    const value = run(frame);
    if (value instanceof Optional) return value;
    return isNothing(value)
      ? Optional.none
      : site.fail(`${name}() needs an optional, but ${text} is ${kindName(value)}`);
  };
}

function isZero(value: Value): boolean {
  if (value === null || value === 0 || value === "" || value === false) return true;
  return typeof value === "object" && (Array.isArray(value) ? value : Object.keys(value)).length === 0 &&
    (kindOf(value) & (KIND.list | KIND.map)) !== 0;
}
