import type { Compilation, Compiled } from "./compilation.ts";
import type { Run } from "./frame.ts";
import { KIND, kindName, kindNames } from "./kind.ts";
import type { Literal, Node } from "./node.ts";
import { isWithinWhole, MAX_WHOLE } from "./numbers.ts";
import { Bytes, plain, type Value } from "./value.ts";

/** Compiles a literal number, text, boolean, null or bytes. */
export function compileLiteral(compilation: Compilation, node: Node & { readonly op: "value" }): Compiled {
  const value = literal(node.args, compilation.textOf(node));
  if (value === undefined) {
    compilation.report("expression_type", node, "The number is too large: whole numbers are exact up to 2^53", {
      hint: "write it as text",
    });
    return { run: () => 0, kinds: KIND.number };
  }
  const kinds = value instanceof Bytes ? KIND.bytes : value === null ? KIND.null : {
    string: KIND.text,
    number: KIND.number,
    boolean: KIND.boolean,
  }[typeof value as "string" | "number" | "boolean"];
  return { run: () => value, kinds };
}

/** Compiles `[a, b]`. */
export function compileList(compilation: Compilation, node: Node & { readonly op: "list" }): Compiled {
  const items = node.args.map((item) => compilation.compile(item).run);
  return { run: (frame) => items.map((item) => item(frame)), kinds: KIND.list };
}

/** Compiles `{"key": value}`. Keys that are numbers or booleans become text, as JSON's keys are. */
export function compileMap(compilation: Compilation, node: Node & { readonly op: "map" }): Compiled {
  const entries = node.args.map(([keyNode, valueNode]) => {
    const key = compilation.compile(keyNode);
    if ((key.kinds & (KIND.text | KIND.number | KIND.boolean)) === 0) {
      compilation.report("expression_type", keyNode, `A key must be text, not ${kindNames(key.kinds)}`);
    }
    if (keyNode.op === "id") noteUnquotedKey(compilation, keyNode);
    return { key: key.run, value: compilation.compile(valueNode).run, site: compilation.site(keyNode) };
  });
  const run: Run = (frame) => {
    const map: Record<string, Value> = {};
    for (const { key, value, site } of entries) {
      const name = plain(key(frame));
      if (typeof name !== "string" && typeof name !== "number" && typeof name !== "boolean") {
        site.fail(`A key must be text, not ${kindName(name)}`);
      }
      const text = String(name);
      frame.chargeText(text, site);
      setMember(map, text, value(frame));
    }
    return map;
  };
  return { run, kinds: KIND.map };
}

/** Sets a member whatever its name: an assignment to `__proto__` would set the prototype. */
export function setMember<T>(map: Record<string, T>, key: string, value: T): void {
  if (key === "__proto__") {
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    map[key] = value;
  }
}

function noteUnquotedKey(compilation: Compilation, node: Node & { readonly op: "id" }): void {
  if (compilation.variables.has(node.args) || compilation.textOf({ start: node.start - 1, end: node.end })[0] === ".") {
    return;
  }
  compilation.report("expression_type", node, `The key is the value of "${node.args}"`, {
    severity: "warning",
    hint: `write {"${node.args}": …} for that name as the key, or {.${node.args}: …} for its value`,
  });
}

/** The value of a literal that is written as `text`; `undefined` for a number that JSON cannot hold exactly. */
function literal(value: Literal, text: string): Value | undefined {
  if (value instanceof Uint8Array) return new Bytes(value);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return isWithinWhole(value, text) ? value : undefined;
  return value <= BigInt(MAX_WHOLE) ? Number(value) : undefined;
}
