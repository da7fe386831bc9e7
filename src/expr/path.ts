import type { Compilation, Compiled } from "./compilation.ts";
import { lenient } from "./compilation.ts";
import type { Frame, LenientRun, Run } from "./frame.ts";
import { KIND, kindName, type Kinds } from "./kind.ts";
import { isPlainKey, member, type MemberKey, memberNames, plainMember } from "./member.ts";
import type { Node } from "./node.ts";
import type { Site } from "./source.ts";
import { isNothing, Native, Optional, plain, type Value } from "./value.ts";

/** A node that reads a name, a member or an index. */
type PathNode = Node & { readonly op: "id" | "." | ".?" | "[]" | "[?]" };

/** Literal members, and the node that they are read from. */
interface StaticPath {
  readonly node: Node;
  readonly keys: readonly MemberKey[];
}

/** Roots whose members must be named literally, so that what is missing is found before the first call. */
const LITERAL_ROOTS: ReadonlySet<string> = new Set(["env", "secrets"]);

/** Tells whether a node reads a path. */
function isPath(node: Node): node is PathNode {
  return node.op === "id" || node.op === "." || node.op === ".?" || node.op === "[]" || node.op === "[?]";
}

/** Compiles a path: missing members are errors, except behind and before a `.?`. */
export function compilePath(compilation: Compilation, node: PathNode): Compiled {
  if (isOptionalPath(node)) {
    const { run } = compileLenient(compilation, node);
    return { run: (frame) => Optional.of(run(frame)), kinds: KIND.any };
  }
  const base = staticBase(compilation, node);
  const kinds = noteReference(compilation, node, base);
  if (base.node.op === "id" && !compilation.variables.has(base.node.args)) {
    return { run: readRoot(compilation, base.node.args, base.keys, compilation.site(node)), kinds };
  }
  if (base.keys.length > 0) {
    const { run } = compilation.compile(base.node);
    const site = compilation.site(node);
    return { run: readMembers(run, base.keys, compilation.textOf(base.node), site), kinds };
  }
  if (base.node.op === "id") return readVariable(compilation, base.node.args);
  return compileIndex(compilation, base.node as Node & { readonly op: "[]" });
}

/** Compiles any expression so that it gives `undefined` where something that it reads is missing. */
export function compileLenient(compilation: Compilation, node: Node): { readonly run: LenientRun } {
  return compilation.guarded(() => {
    if (!isPath(node)) return { run: lenient(compilation.compile(node).run) };
    const base = staticBase(compilation, node, true);
    noteReference(compilation, node, base);
    const run = lenientBase(compilation, base.node);
    const { keys } = base;
    if (keys.length === 0) return { run };
    return {
      run: (frame) => {
        let value = run(frame);
        for (let at = 0; at < keys.length && value !== undefined; at++) value = member(value, keys[at]!);
        return value;
      },
    };
  });
}

/** Compiles `has(path)`: whether it is there and not null. */
export function compileHas(compilation: Compilation, node: Node): Compiled {
  if (!isPath(node)) {
    compilation.report("wrong_arguments", node, "has() takes a path", { hint: "such as has(input.user.email)" });
  }
  const { run } = compilation.tests(() => compileLenient(compilation, node));
  return { run: (frame) => !isNothing(run(frame)), kinds: KIND.boolean };
}

function lenientBase(compilation: Compilation, node: Node): LenientRun {
  if (node.op === "id" && !compilation.variables.has(node.args)) {
    const name = node.args;
    return (frame) => frame.scope.lookup(name);
  }
  if (node.op !== "[]" && node.op !== "[?]") return compileLenientOther(compilation, node);
  const receiver = compileLenient(compilation, node.args[0]).run;
  const index = compileLenient(compilation, node.args[1]).run;
  const site = compilation.site(node);
  return (frame) => {
    const value = receiver(frame);
    const key = index(frame);
    return value === undefined || key === undefined ? undefined : member(value, indexKey(key, site));
  };
}

function compileLenientOther(compilation: Compilation, node: Node): LenientRun {
  return node.op === "id" ? readVariable(compilation, node.args).run : lenient(compilation.compile(node).run);
}

function readVariable(compilation: Compilation, name: string): Compiled {
  const slot = compilation.variables.get(name)!;
  return { run: (frame) => frame.slots[slot]!, kinds: KIND.any };
}

function readRoot(compilation: Compilation, root: string, keys: readonly MemberKey[], site: Site): Run {
  if (keys.length === 0) {
    return (frame) => {
      const value = frame.scope.lookup(root);
      return value === undefined ? site.missing(`${root} is missing`) : value;
    };
  }
  const readBase: Run = readRoot(compilation, root, [], site);
  return readMembers(readBase, keys, root, site);
}

function readMembers(base: Run, keys: readonly MemberKey[], baseText: string, site: Site): Run {
  const read = keys.every(isPlainKey) ? plainMember : member;
  const first = keys[0]!;
  const count = keys.length;
  return (frame: Frame) => {
    const start = base(frame);
    let value = read(start, first);
    for (let at = 1; at < count && value !== undefined; at++) value = read(value, keys[at]!);
    return value === undefined ? reportMissing(start, keys, baseText, site) : value;
  };
}

function compileIndex(compilation: Compilation, node: Node & { readonly op: "[]" }): Compiled {
  const receiver = compilation.compile(node.args[0]);
  const index = compilation.compile(node.args[1]);
  const [readReceiver, readIndex, site] = [receiver.run, index.run, compilation.site(node)];
  const text = compilation.textOf(node.args[0]);
  if ((receiver.kinds & (KIND.list | KIND.map | KIND.null)) === 0) {
    compilation.report("expression_type", node, "Only a list or a map can be indexed");
  }
  const run: Run = (frame) => {
    const value = readReceiver(frame);
    const key = indexKey(readIndex(frame), site);
    const found = member(value, key);
    if (found !== undefined) return found;
    // The key may be a secret: then only its own text is shown.
    return site.source.readsSecrets
      ? site.missing(`${site.expression} is missing`)
      : reportMissing(value, [key], text, site);
  };
  return { run, kinds: KIND.any };
}

function indexKey(value: Value, site: Site): MemberKey {
  const key = plain(value);
  if (typeof key === "number" || typeof key === "string") return key;
  if (typeof key === "boolean") return String(key);
  return site.fail(`An index must be a number or a text, not ${kindName(key)}`);
}

/** Says which member of a path is missing, and what is there instead. */
function reportMissing(start: Value, keys: readonly MemberKey[], baseText: string, site: Site): never {
  let value = start;
  let path = baseText;
  let last = baseText.match(/\w+$/)?.[0] ?? baseText;
  for (const key of keys) {
    const next = member(value, key);
    const holder = last;
    path += typeof key === "string" && /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    last = String(key);
    if (next === undefined) site.missing(`${path} is missing${describeHolder(holder, value, path, site)}`);
    value = next;
  }
  return site.missing(`${path} is missing`);
}

function describeHolder(name: string, holder: Value, path: string, site: Site): string {
  // Names of environment variables, and whatever a secret holds, are no business of an error message.
  if (site.source.readsSecrets || /^env\b/.test(path)) return "";
  const value = plain(holder);
  if (Array.isArray(value)) return ` (${name} has ${value.length === 1 ? "1 entry" : `${value.length} entries`})`;
  if (value === null || typeof value !== "object" || value instanceof Native) return ` (${name} is ${kindName(value)})`;
  const names = memberNames(value);
  return names === "" ? ` (${name} is empty)` : ` (${name} has: ${names})`;
}

/** The longest run of literal members at the end of a path, and the node that they are read from. */
function staticBase(compilation: Compilation, node: Node, isLenient = false): StaticPath {
  const keys: MemberKey[] = [];
  let base = node;
  while (isStatic(base) && (isLenient || base.op === "." || base.op === "[]")) {
    keys.push(base.op === "." || base.op === ".?" ? compilation.memberName(base) : literalKey(base.args[1])!);
    base = base.args[0];
  }
  return { node: base, keys: keys.reverse() };
}

function noteReference(compilation: Compilation, node: Node, path: StaticPath): Kinds {
  const { keys } = path;
  if (path.node.op !== "id" || compilation.variables.has(path.node.args)) return KIND.any;
  const root = path.node.args;
  const { source } = compilation;
  if (root === "secrets") source.readsSecrets = true;
  if (LITERAL_ROOTS.has(root) && typeof keys[0] !== "string") {
    compilation.report("dynamic_name", node, `"${root}" is read by a literal name only`, {
      hint: `such as ${root}.NAME`,
    });
  }
  const span = { start: source.offset + path.node.start, end: source.offset + node.end };
  compilation.references.push({ root, path: keys, isGuarded: compilation.isGuarded, at: source.at, span });
  return compilation.options.kindOf?.(root, keys) ?? KIND.any;
}

function isStatic(node: Node): node is Node & { readonly op: "." | ".?" | "[]" | "[?]" } {
  if (node.op === "." || node.op === ".?") return true;
  return (node.op === "[]" || node.op === "[?]") && literalKey(node.args[1]) !== undefined;
}

function literalKey(node: Node): MemberKey | undefined {
  if (node.op !== "value") return undefined;
  const value: unknown = node.args;
  if (typeof value === "string" || typeof value === "number") return value;
  return typeof value === "bigint" ? Number(value) : undefined;
}

function isOptionalPath(node: Node): boolean {
  for (let at = node; isPath(at) && at.op !== "id"; at = at.args[0]) {
    if (at.op === ".?" || at.op === "[?]") return true;
  }
  return false;
}
