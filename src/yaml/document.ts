import { isMap, isScalar, isSeq, type Node, parseAllDocuments, type YAMLError, YAMLParseError } from "yaml";
import type { Diagnostic, DocumentPath, Issue } from "../base/diagnostics.ts";
import type { JsonValue } from "../base/json.ts";
import { DocumentReader } from "./document_reader.ts";
import { scalarOffsets, type ScalarStyle } from "./scalar_offsets.ts";
import { Source, type SourceRange } from "./source.ts";
import { syntaxDiagnostics, tooDeep } from "./syntax_errors.ts";
import { brokenTemplates, maskRanges } from "./unquoted_template.ts";

/** The place of a problem: a path, and what of the value there. */
export type Place = Pick<Issue, "path" | "onKey" | "span">;

/** A YAML document as plain JSON, with a way back from each value to its place in the text. */
export interface YamlDocument {
  readonly source: Source;
  /** The document; `undefined` where nothing of it can be used. Values with a problem of their own are null. */
  readonly value: JsonValue | undefined;
  /** Everything that is wrong with the text as YAML, by place. */
  readonly problems: readonly Diagnostic[];
  /** Where a value stands; where it does not exist, the nearest value around it. */
  locate(place: Place): SourceRange;
  /** Whether a value reads as null because it has a problem of its own, which is among the problems already. */
  isBroken(path: DocumentPath): boolean;
  /** A plain value as it is written, such as `1.0`; `undefined` for anything else. */
  sourceText(path: DocumentPath): string | undefined;
}

const PARSE_OPTIONS = {
  prettyErrors: false,
  uniqueKeys: false,
  resolveKnownTags: false,
  logLevel: "silent",
} as const;

/** How often a text is parsed again with its unquoted templates masked, so that what stands behind them is found too. */
const MOST_PASSES = 4;

/** Reads a text as one YAML 1.2 document. Never throws: whatever is wrong with it is among the problems. */
export function parseDocument(file: string, text: string): YamlDocument {
  const source = new Source(file, text);
  const masked: SourceRange[] = [];
  let parsed = parse(source.text);
  for (let pass = 1; parsed !== undefined && parsed.errors.length > 0 && pass < MOST_PASSES; pass++) {
    const found = brokenTemplates(source, parsed.errors.map((error) => error.pos[0]))
      .filter((range) => !masked.some((other) => other.start === range.start));
    if (found.length === 0) break;
    masked.push(...found);
    parsed = parse(maskRanges(source.text, masked));
  }
  if (parsed === undefined) return unusable(source, [tooDeep(source)]);
  const syntax = [...badText(source), ...syntaxDiagnostics(source, parsed.errors)];
  if (parsed.root === null) {
    return unusable(source, syntax.length > 0 ? syntax : [emptyDocument(source)]);
  }
  const reader = new DocumentReader(source, masked);
  const value = reader.read(parsed.root);
  const root = parsed.root;
  return {
    source,
    value,
    problems: [...syntax, ...reader.problems],
    locate: (place) => locate(source, reader, root, place),
    isBroken: (path) => {
      const { raw } = descend(reader, root, path);
      return raw !== null && reader.isBroken(raw);
    },
    sourceText: (path) => {
      const { node } = descend(reader, root, path);
      return isScalar(node) && node.type === "PLAIN" ? node.source : undefined;
    },
  };
}

interface Parsed {
  readonly root: Node | null;
  readonly errors: readonly YAMLError[];
}

function parse(text: string): Parsed | undefined {
  try {
    const stream = parseAllDocuments(text, PARSE_OPTIONS);
    const errors: YAMLError[] = stream.flatMap((one) => [...one.errors, ...one.warnings]);
    if ("empty" in stream) errors.push(...stream.errors);
    const [first, second] = stream;
    if (second !== undefined) {
      const start = second.contents?.range?.[0] ?? second.range?.[0] ?? 0;
      errors.push(new YAMLParseError([start, start + 1], "MULTIPLE_DOCS", ""));
    }
    const root = (first?.contents ?? null) as Node | null;
    const isEmpty = isScalar(root) && root.value === null && (root.source ?? "") === "";
    return { root: isEmpty ? null : root, errors };
  } catch (thrown) {
    // A stack overflow in the parser, on runtimes where it does not catch it itself.
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function unusable(source: Source, problems: readonly Diagnostic[]): YamlDocument {
  return {
    source,
    value: undefined,
    problems,
    locate: () => ({ start: 0, end: 0 }),
    isBroken: () => false,
    sourceText: () => undefined,
  };
}

/** A file that is not UTF-8 reads as text with half of a surrogate pair. */
function badText(source: Source): Diagnostic[] {
  const start = source.text.search(/\p{Surrogate}/u);
  if (start < 0) return [];
  return [source.diagnostic({ start, end: start + 1 }, {
    severity: "error",
    code: "not_utf8",
    message: "The file is not UTF-8 here",
    hint: "save it as UTF-8",
  })];
}

function emptyDocument(source: Source): Diagnostic {
  return source.diagnostic({ start: 0, end: 0 }, {
    severity: "error",
    code: "empty_document",
    message: "The file is empty",
    hint: 'a workflow has at least "name" and "steps"; "maestro init" writes one to start from',
  });
}

/** What a path leads to; where it leads nowhere, the last node on it. */
interface Found {
  /** The value, aliases followed. */
  readonly node: Node | null;
  /** The value as it stands there, which may be an alias. */
  readonly raw: Node | null;
  readonly key: Node | undefined;
  readonly isFound: boolean;
}

function descend(reader: DocumentReader, root: Node, path: DocumentPath): Found {
  let node: Node | null = root;
  let raw: Node | null = root;
  let key: Node | undefined;
  for (const segment of path) {
    let next: Node | null | undefined;
    let nextKey: Node | undefined;
    if (isMap(node)) {
      const pair = new Map(reader.pairs(node)).get(String(segment));
      if (pair !== undefined) [next, nextKey] = [pair.value, pair.key];
    } else if (isSeq(node) && typeof segment === "number") {
      next = node.items[segment] as Node | undefined;
    }
    if (next === undefined) return { node, raw, key, isFound: false };
    [node, raw, key] = [reader.resolve(next), next, nextKey];
  }
  return { node, raw, key, isFound: true };
}

function locate(source: Source, reader: DocumentReader, root: Node, place: Place): SourceRange {
  const { node, key, isFound } = descend(reader, root, place.path);
  const keyRange = key?.range == null ? undefined : { start: key.range[0], end: key.range[1] };
  if (place.onKey && isFound && keyRange !== undefined) return keyRange;
  if (node?.range == null || node.range[0] === node.range[1]) return keyRange ?? { start: 0, end: 0 };
  const [start, end] = node.range;
  if (isScalar(node)) return (place.span && isFound && locateSpan(source, node, place.span)) || { start, end };
  if (place.span && isFound && source.text.startsWith("{{", start)) {
    return { start: start + place.span.start, end: start + place.span.end };
  }
  // Of a map or a list, its beginning is enough to find it by.
  const first = isMap(node) ? node.items[0]?.key as Node | undefined : undefined;
  return { start, end: first?.range?.[1] ?? start + 1 };
}

function locateSpan(
  source: Source,
  node: Node & { readonly value?: unknown; readonly type?: unknown },
  span: { readonly start: number; readonly end: number },
): SourceRange | undefined {
  const [start, end] = node.range!;
  const decoded = typeof node.value === "string" ? node.value : source.text.slice(start, end);
  const isBlock = node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED";
  // An unquoted template was parsed as a mask of the same length: what counts is the text itself.
  const text = isBlock || source.text.slice(start, start + 2) !== "{{" ? decoded : source.text.slice(start, end);
  const offsets = scalarOffsets(source.text, start, end, (node.type ?? "PLAIN") as ScalarStyle, text);
  const from = offsets?.[span.start];
  if (offsets === undefined || from === undefined) return undefined;
  const to = offsets[Math.min(span.end, offsets.length - 1)]!;
  const last = offsets[Math.min(span.end, offsets.length - 1) - 1] ?? from;
  const isFolded = source.text.slice(last, to).includes("\n");
  return { start: from, end: Math.max(from, isFolded ? last + 1 : to) };
}
