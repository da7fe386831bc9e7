import type { Compilation, Compiled } from "./compilation.ts";
import type { Frame, Run } from "./frame.ts";
import { CONDITION, KIND, kindName, kindNames } from "./kind.ts";
import type { Node } from "./node.ts";
import type { Site } from "./source.ts";
import { plain, type Value } from "./value.ts";

/** A compiled condition. */
export type Test = (frame: Frame) => boolean;

/**
 * Compiles a place where a condition stands: null is false, any other value that is no boolean an error.
 *
 * `what` names the place for messages: `"&&"`, `when`.
 */
export function compileTest(compilation: Compilation, node: Node, what: string): Test {
  const { run, kinds } = compilation.compile(node);
  if ((kinds & CONDITION) === 0) {
    compilation.report("expression_type", node, `${what} needs a boolean, not ${kindNames(kinds)}`);
  }
  const site = compilation.site(node);
  return (frame) => {
    const value = run(frame);
    return typeof value === "boolean" ? value : truth(value, what, site);
  };
}

/** What a value means as a condition. */
export function truth(value: Value, what: string, site: Site): boolean {
  const actual = plain(value);
  if (typeof actual === "boolean") return actual;
  if (actual === null) return false;
  return site.fail(`${what} needs a boolean, but ${site.expression} is ${kindName(actual)}`);
}

/** Compiles `&&`, `||` and `!`. */
export function compileLogic(compilation: Compilation, node: Node & { readonly op: "&&" | "||" | "!_" }): Compiled {
  if (node.op === "!_") {
    const test = compileTest(compilation, node.args, '"!"');
    return { run: (frame) => !test(frame), kinds: KIND.boolean };
  }
  const left = compileTest(compilation, node.args[0], `"${node.op}"`);
  const right = compileTest(compilation, node.args[1], `"${node.op}"`);
  const run: Run = node.op === "&&" ? (frame) => left(frame) && right(frame) : (frame) => left(frame) || right(frame);
  return { run, kinds: KIND.boolean };
}

/** Compiles `test ? one : other`. */
export function compileChoice(compilation: Compilation, node: Node & { readonly op: "?:" }): Compiled {
  const test = compileTest(compilation, node.args[0], "The test of ? :");
  const one = compilation.compile(node.args[1]);
  const other = compilation.compile(node.args[2]);
  const [runOne, runOther] = [one.run, other.run];
  return { run: (frame) => test(frame) ? runOne(frame) : runOther(frame), kinds: one.kinds | other.kinds };
}
