import type { DocumentPath } from "../base/diagnostics.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { sfc32 } from "../base/seeded_random.ts";
import { type Frame, inFrame } from "./frame.ts";
import { compileLeaf, evaluateLeaf, type Leaf } from "./leaf.ts";
import { leave } from "./leave.ts";
import { setMember } from "./literals.ts";
import { member } from "./member.ts";
import type { Program } from "./compile.ts";
import type { Reference } from "./reference.ts";
import { ABSENT, type Scope, type ScopeValue } from "./scope.ts";
import { asText, type Value } from "./value.ts";

/** A string that reads secrets, with all else that it reads. JSON, so that a journal can hold it; no secret is in it. */
export interface DeferredLeaf {
  /** Where its value belongs. */
  readonly at: DocumentPath;
  /** The string with its templates. */
  readonly text: string;
  /**
   * What it reads beside secrets: `values` by path, the paths that are `absent`, and the `holders`: the last that is there of a path
   * of which the rest is missing.
   */
  readonly scope: JsonObject;
  /** The time that it sees, in milliseconds. */
  readonly now: number;
  /** The seed of the random numbers that it draws. */
  readonly random: readonly number[];
}

/** What `DeferredLeaf.scope` holds. */
interface Captured {
  readonly values: readonly [path: Path, value: JsonValue][];
  readonly absent: readonly Path[];
  readonly holders: readonly Path[];
}

/** A root name and the members behind it. */
type Path = readonly (string | number)[];

const MAX_CACHED = 1_000;
const SEED_SIZE = 4;

const compiled = new Map<string, Leaf>();

/** Captures what a leaf reads, so that it gives the same text at each attempt and each replay. */
export function captureLeaf(leaf: Leaf, frame: Frame): DeferredLeaf {
  const values: [path: Path, value: JsonValue][] = [];
  const absent: Path[] = [];
  const holders: Path[] = [];
  const site = leaf.pieces.find((piece): piece is Program => typeof piece !== "string")!.site;
  for (const path of shortestPaths(leaf.references)) {
    const { depth, value } = follow(path, frame.scope);
    if (value === ABSENT) absent.push(path);
    else if (depth === path.length && value !== undefined) values.push([path, leave(value, site, frame)]);
    else if (typeof value === "object" && value !== null) holders.push(path.slice(0, depth));
    else if (value !== undefined) values.push([path.slice(0, depth), leave(value, site, frame)]);
  }
  const random = leaf.needsRandom ? Array.from({ length: SEED_SIZE }, () => frame.scope.random()) : [];
  return { at: leaf.at, text: leaf.text, scope: { values, absent, holders }, now: frame.scope.now(), random };
}

/**
 * Puts the secrets in: gives the value that is sent, and leaves `value` as it is.
 *
 * `secrets` gives the value of a name, or `undefined` where there is none, which is an error unless the template guards against it.
 * `onResolved` hears the text of every string filled in; it feeds the redactor. Throws an `ExpressionError`.
 */
export function fillDeferred(
  value: JsonValue,
  deferred: readonly DeferredLeaf[],
  secrets: (name: string) => string | undefined,
  onResolved: (text: string) => void,
): JsonValue {
  let filled = value;
  for (const item of deferred) {
    const leaf = leafOf(item);
    const result = inFrame(deferredScope(item, leaf, secrets), (frame) => evaluateLeaf(leaf, frame));
    onResolved(asText(result));
    filled = replaceAt(filled, item.at, 0, result);
  }
  return filled;
}

function leafOf(item: DeferredLeaf): Leaf {
  const key = JSON.stringify([item.at, item.text]);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const leaf = compileLeaf(item.text, item.at, {}, []);
  if (leaf === undefined) throw new TypeError("A deferred string has no template");
  if (compiled.size >= MAX_CACHED) compiled.delete(compiled.keys().next().value!);
  compiled.set(key, leaf);
  return leaf;
}

function deferredScope(item: DeferredLeaf, leaf: Leaf, secrets: (name: string) => string | undefined): Scope {
  const roots: Record<string, ScopeValue> = {};
  const { values, absent, holders } = item.scope as unknown as Captured;
  for (const path of holders) place(roots, path, {});
  for (const [path, value] of values) place(roots, path, value);
  for (const path of absent) place(roots, path, ABSENT);
  const found: Record<string, string> = {};
  for (const { root, path } of leaf.references) {
    if (root !== "secrets" || typeof path[0] !== "string") continue;
    const secret = secrets(path[0]);
    if (secret !== undefined) setMember(found, path[0], secret);
  }
  const random = seeded(item.random);
  return {
    lookup: (name) => name === "secrets" ? found : Object.hasOwn(roots, name) ? roots[name] : undefined,
    now: () => item.now,
    random,
  };
}

/** How far a path leads, and to what. */
function follow(path: Path, scope: Scope): { readonly depth: number; readonly value: Value | undefined } {
  let value: Value | undefined = scope.lookup(String(path[0]));
  if (value === undefined) return { depth: 0, value };
  for (let depth = 1; depth < path.length; depth++) {
    const next = member(value, path[depth]!);
    if (next === undefined) return { depth, value };
    value = next;
  }
  return { depth: path.length, value };
}

/** The paths to capture: without secrets, and without those that lie inside another. */
function shortestPaths(references: readonly Reference[]): readonly Path[] {
  const paths = references
    .filter((reference) => reference.root !== "secrets")
    .map((reference) => [reference.root, ...reference.path])
    .sort((a, b) => a.length - b.length);
  const kept: Path[] = [];
  for (const path of paths) {
    if (!kept.some((shorter) => shorter.every((key, index) => String(key) === String(path[index])))) kept.push(path);
  }
  return kept;
}

/** Builds the maps that lead to a captured value. A list of which one entry is known is a map with that index as its key. */
function place(roots: Record<string, ScopeValue>, path: Path, value: ScopeValue): void {
  let map = roots;
  for (const key of path.slice(0, -1)) {
    if (!isOpen(map, key)) setMember(map, String(key), {});
    map = map[key] as Record<string, ScopeValue>;
  }
  const last = path.at(-1)!;
  // What is known to be there may have been opened already, by a path that leads further.
  const isHolder = isOpen(map, last) && isJsonObject(value) && Object.keys(value).length === 0;
  if (!isHolder) setMember(map, String(last), value);
}

function isOpen(map: Record<string, ScopeValue>, key: string | number): boolean {
  return Object.hasOwn(map, key) && isJsonObject(map[key]);
}

function replaceAt(value: JsonValue, path: DocumentPath, depth: number, by: JsonValue): JsonValue {
  const key = path[depth];
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((item: JsonValue, index) => index === key ? replaceAt(item, path, depth + 1, by) : item);
  }
  const copy: Record<string, JsonValue> = {};
  for (const [name, item] of Object.entries(isJsonObject(value) ? value : {})) {
    setMember(copy, name, name === key ? replaceAt(item, path, depth + 1, by) : item);
  }
  return copy;
}

/** Random numbers that are the same for the same seed. */
function seeded(numbers: readonly number[]): () => number {
  const part = (index: number): number => Math.floor((numbers[index] ?? 0) * 2 ** 32) | 0;
  const next = sfc32([part(0), part(1), part(2), part(3)]);
  for (let round = 0; round < 12; round++) next();
  return next;
}
