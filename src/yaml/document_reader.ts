import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from "yaml";
import type { Diagnostic } from "../base/diagnostics.ts";
import type { JsonValue } from "../base/json.ts";
import { didYouMean } from "../base/text.ts";
import type { Source, SourceRange } from "./source.ts";
import { tooDeep } from "./syntax_errors.ts";
import { unquotedTemplate } from "./unquoted_template.ts";

/** How deep values may be nested. */
const MOST_LEVELS = 100;

/** How many values aliases may add to a document: more is an attack or a mistake. */
const MOST_ALIASED_VALUES = 10_000;

/** The members that a map has through `<<`, by key: those of the map itself win, then the earlier ones. */
export type MergedMembers = ReadonlyMap<string, Pair<Node, Node | null>>;

/** Turns parsed nodes into plain JSON, noting what JSON or a workflow cannot hold. One reader reads one document. */
export class DocumentReader {
  readonly problems: Diagnostic[] = [];
  readonly #source: Source;
  readonly #masked: readonly SourceRange[];
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  readonly #merged = new Map<YAMLMap, MergedMembers>();
  readonly #open = new Set<Node>();
  readonly #broken = new Set<Node>();
  #level = 0;
  #aliasDepth = 0;
  #aliasedValues = 0;

  /** `masked` are the ranges of templates that the parser saw as plain text. */
  constructor(source: Source, masked: readonly SourceRange[]) {
    this.#source = source;
    this.#masked = masked;
  }

  /** What an alias stands for, once it has been read; any other node is itself. */
  resolve(node: Node | null): Node | null {
    return isAlias(node) ? this.#targets.get(node) ?? null : node;
  }

  /** Whether a node has a problem of its own and reads as null because of it. */
  isBroken(node: Node): boolean {
    return this.#broken.has(node);
  }

  /** The members that a map has through `<<`. */
  merged(map: YAMLMap): MergedMembers | undefined {
    return this.#merged.get(map);
  }

  /** Reads a node and all in it. */
  read(node: Node | null): JsonValue {
    if (node === null) return null;
    if (isAlias(node)) return this.#readAlias(node);
    if (this.#aliasDepth > 0 && !this.#mayAddAliased(node)) return null;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#readScalar(node);
    if (this.#level >= MOST_LEVELS) {
      if (!this.problems.some((problem) => problem.code === "too_deep")) {
        this.problems.push(tooDeep(this.#source, { start: node.range?.[0] ?? 0, end: (node.range?.[0] ?? 0) + 1 }));
      }
      return null;
    }
    this.#level++;
    this.#open.add(node);
    const value = isMap(node) ? this.#readMap(node) : this.#readList(node.items as Node[]);
    this.#open.delete(node);
    this.#level--;
    return value;
  }

  #readList(items: readonly Node[]): JsonValue {
    return items.map((item) => this.read(item));
  }

  #readAlias(alias: Alias): JsonValue {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      this.#report(
        alias,
        "yaml_syntax",
        `The alias "*${alias.source}" names no anchor before it`,
        didYouMean(alias.source, this.#anchors.keys()),
      );
      return null;
    }
    if (this.#open.has(target)) {
      this.#report(alias, "recursive_alias", `The alias "*${alias.source}" stands inside of what it names`);
      return null;
    }
    this.#targets.set(alias, target);
    this.#aliasDepth++;
    const value = this.read(target);
    this.#aliasDepth--;
    return value;
  }

  #mayAddAliased(node: Node): boolean {
    this.#aliasedValues++;
    if (this.#aliasedValues === MOST_ALIASED_VALUES + 1) {
      this.#report(
        node,
        "too_many_aliases",
        `Aliases make this document larger by more than ${MOST_ALIASED_VALUES} values`,
      );
    }
    return this.#aliasedValues <= MOST_ALIASED_VALUES;
  }

  #readScalar(node: Scalar): JsonValue {
    const { value } = node;
    const text = node.source ?? "";
    if (typeof value === "number") {
      if (!Number.isFinite(value)) {
        this.#report(
          node,
          "not_finite",
          `The number ${text} is not finite, which JSON cannot hold`,
          "quote it if it is a text",
        );
        return null;
      }
      // A whole number that a double cannot hold keeps its digits, as text.
      return Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?\d+$/.test(text) ? text : value;
    }
    if (typeof value === "string") {
      const mask = this.#masked.find((range) => range.start === node.range?.[0]);
      return mask === undefined ? value : this.#readTemplate(mask);
    }
    return typeof value === "boolean" ? value : null;
  }

  /** An unquoted template is reported, and then read as if it were quoted, so that the rest of the checks go on. */
  #readTemplate(range: SourceRange): string {
    const text = this.#source.text.slice(range.start, range.end);
    const oneLine = text.replace(/\s+/g, " ");
    const quoted = text.includes('"') ? `'${oneLine}'` : `"${oneLine}"`;
    this.problems.push(this.#source.diagnostic(range, {
      severity: "error",
      code: "unquoted_template",
      message: "A template must be quoted: YAML reads braces without quotes as a map",
      hint: text.includes('"') && text.includes("'") ? "quote the template" : `quote the template: ${quoted}`,
    }));
    return text;
  }

  #readMap(map: YAMLMap): JsonValue {
    const template = unquotedTemplate(this.#source.text, map);
    if (template !== undefined) return this.#readTemplate(template);
    const members: Record<string, JsonValue> = {};
    const places = new Map<string, Node>();
    const merges: (Node | null)[] = [];
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      if (isMergeKey(pair.key)) {
        merges.push(pair.value);
        continue;
      }
      const key = this.#readKey(pair.key);
      const before = key === undefined ? undefined : places.get(key);
      if (before !== undefined) this.#reportDuplicate(pair.key, key!, before);
      const value = this.read(pair.value);
      if (key === undefined || before !== undefined) continue;
      places.set(key, pair.key);
      setMember(members, key, value);
    }
    if (merges.length > 0) this.#merge(map, merges, members);
    return members;
  }

  #readKey(key: Node | null): string | undefined {
    const resolved = isAlias(key) ? this.#anchors.get(key.source) ?? key : key;
    if (isScalar(resolved)) {
      if (resolved.anchor !== undefined) this.#anchors.set(resolved.anchor, resolved);
      if (typeof resolved.value === "string") return resolved.value;
      if (resolved.value !== null) return resolved.source ?? String(resolved.value);
    }
    if (isMap(resolved)) {
      const template = unquotedTemplate(this.#source.text, resolved);
      if (template !== undefined) {
        this.#readTemplate(template);
        return undefined;
      }
    }
    if (key !== null) {
      this.#report(key, "key_not_text", "A key must be a text", "write the key as one word, or quote it");
    }
    return undefined;
  }

  #reportDuplicate(key: Node, name: string, before: Node): void {
    const { line } = this.#source.position(before.range?.[0] ?? 0);
    this.#report(
      key,
      "duplicate_key",
      `The key "${name}" is given twice in this map`,
      `it already stands on line ${line}`,
    );
  }

  #merge(map: YAMLMap, merges: readonly (Node | null)[], members: Record<string, JsonValue>): void {
    const merged = new Map<string, Pair<Node, Node | null>>();
    for (const value of merges) {
      const content = this.read(value);
      const node = this.resolve(value);
      const sources = isSeq(node) ? node.items as Node[] : [node];
      const contents = isSeq(node) && Array.isArray(content) ? content : [content];
      sources.forEach((item, index) => {
        const from = this.resolve(item);
        if (!isMap(from)) {
          this.#report(item ?? value ?? map, "yaml_syntax", "Only maps can be merged with <<");
          return;
        }
        const pairs = new Map(this.pairs(from));
        for (const [key, member] of Object.entries(contents[index] ?? {})) {
          const pair = pairs.get(key);
          if (pair === undefined || Object.hasOwn(members, key)) continue;
          merged.set(key, pair);
          setMember(members, key, member as JsonValue);
        }
      });
    }
    this.#merged.set(map, merged);
  }

  /** Every member of a map with the pair that it comes from, merged ones included. */
  *pairs(map: YAMLMap): IterableIterator<[string, Pair<Node, Node | null>]> {
    yield* this.merged(map) ?? [];
    for (const pair of [...map.items as Pair<Node, Node | null>[]].reverse()) {
      const key = this.resolve(pair.key);
      if (isScalar(key) && key.value !== null && !isMergeKey(pair.key)) {
        yield [typeof key.value === "string" ? key.value : key.source ?? String(key.value), pair];
      }
    }
  }

  #report(node: Node, code: string, message: string, hint?: string): void {
    const [start, end] = node.range ?? [0, 0];
    this.#broken.add(node);
    this.problems.push(this.#source.diagnostic({ start, end }, { severity: "error", code, message, hint }));
  }
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.value === "<<" && (key.type === undefined || key.type === "PLAIN");
}

/** Sets a member as data even where its key is `__proto__`. */
function setMember(members: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key !== "__proto__") members[key] = value;
  else Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true });
}
