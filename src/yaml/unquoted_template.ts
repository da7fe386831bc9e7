import { isMap, isScalar, type Pair, type YAMLMap } from "yaml";
import type { Source, SourceRange } from "./source.ts";

/** A template that stands where a value begins: behind a key, a dash, a bracket or a comma. */
const AT_VALUE = /(?:^\s*|[:,[]\s+|\[|-\s+)(\{\{)/g;

/**
 * Tells whether a flow map is really an unquoted template: `{{ .a }}` reads as a map whose only key is a map.
 *
 * Gives the template's own range.
 */
export function unquotedTemplate(text: string, node: YAMLMap): SourceRange | undefined {
  if (node.flow !== true || node.range == null) return undefined;
  const [start, end] = node.range;
  if (!text.startsWith("{{", start)) return undefined;
  const first = node.items[0] as Pair | undefined;
  return first !== undefined && (isMap(first.key) || isScalar(first.key)) ? { start, end } : undefined;
}

/**
 * Finds unquoted templates on the lines of syntax errors, such as `key: {{ .a }}-b`.
 *
 * Only errors lead here, so a block of text that holds such a line is not mistaken for one.
 */
export function brokenTemplates(source: Source, errorOffsets: readonly number[]): SourceRange[] {
  const lines = new Set<number>();
  for (const offset of errorOffsets) {
    const { line } = source.position(offset);
    lines.add(line);
    // The parser often notices only when the next line begins.
    if (line > 1) lines.add(line - 1);
  }
  return [...lines].sort((a, b) => a - b).flatMap((line) => {
    const range = templateOnLine(source.line(line), source.lineStart(line));
    return range === undefined ? [] : [range];
  });
}

function templateOnLine(line: string, lineStart: number): SourceRange | undefined {
  AT_VALUE.lastIndex = 0;
  const match = AT_VALUE.exec(line);
  if (match === null) return undefined;
  const start = match.index + match[0].length - 2;
  const isInFlow = /[[{,]\s*(?:[\w"'-]+:\s*)?$/.test(line.slice(0, start));
  const rest = line.slice(start);
  const closed = rest.indexOf("}}");
  const comment = rest.search(/\s#/);
  const lineEnd = comment === -1 ? rest.trimEnd().length : rest.slice(0, comment).trimEnd().length;
  const flowEnd = closed === -1 ? lineEnd : closed + 2 + /^[^\s,\]}]*/.exec(rest.slice(closed + 2))![0].length;
  const length = isInFlow ? flowEnd : Math.max(lineEnd, Math.min(flowEnd, lineEnd));
  return { start: lineStart + start, end: lineStart + start + length };
}

/** The text with each range replaced by as many harmless characters: the rest keeps its offsets. */
export function maskRanges(text: string, ranges: readonly SourceRange[]): string {
  let masked = text;
  for (const { start, end } of ranges) masked = masked.slice(0, start) + "x".repeat(end - start) + masked.slice(end);
  return masked;
}
