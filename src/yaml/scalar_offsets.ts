/**
 * Tells where each character of a decoded YAML text stands in the source.
 *
 * YAML's scalars are not copies of their source: quotes have escapes, long lines fold, blocks are indented. The functions
 * here decode a scalar once more and keep, for every UTF-16 unit of the result, the offset that it came from.
 */

/** How a scalar is written. */
export type ScalarStyle = "PLAIN" | "QUOTE_SINGLE" | "QUOTE_DOUBLE" | "BLOCK_LITERAL" | "BLOCK_FOLDED";

interface Decoded {
  text: string;
  offsets: number[];
}

/**
 * Gives the source offset of every UTF-16 unit of `decoded`, and one more for its end.
 *
 * `undefined` where the source does not decode to exactly that text.
 */
export function scalarOffsets(
  source: string,
  start: number,
  end: number,
  style: ScalarStyle,
  decoded: string,
): readonly number[] | undefined {
  const result = style === "BLOCK_LITERAL" || style === "BLOCK_FOLDED"
    ? decodeBlock(source, start, end, style === "BLOCK_FOLDED", decoded)
    : decodeFlow(source, start, end, style);
  if (result.text !== decoded) return undefined;
  return result.offsets;
}

function emit(into: Decoded, text: string, offset: number): void {
  into.offsets.push(...Array<number>(text.length).fill(offset));
  into.text += text;
}

function decodeFlow(source: string, start: number, end: number, style: ScalarStyle): Decoded {
  const into: Decoded = { text: "", offsets: [] };
  const isQuoted = style !== "PLAIN";
  const last = isQuoted ? end - 1 : end;
  // White space is held back until it is known whether a line break follows, which drops it.
  let blanks: number[] = [];
  let at = isQuoted ? start + 1 : start;
  while (at < last) {
    const char = source[at]!;
    if (char === "\n" || (char === "\r" && source[at + 1] === "\n")) {
      blanks = [];
      at = foldBreaks(source, at, last, into);
    } else if (char === " " || char === "\t") {
      blanks.push(at++);
    } else if (char === "\\" && style === "QUOTE_DOUBLE") {
      blanks = flush(source, blanks, into);
      at = decodeEscape(source, at, last, into);
    } else {
      blanks = flush(source, blanks, into);
      emit(into, char, at);
      at += char === "'" && style === "QUOTE_SINGLE" ? 2 : 1;
    }
  }
  flush(source, blanks, into);
  into.offsets.push(last);
  return into;
}

function flush(source: string, blanks: readonly number[], into: Decoded): number[] {
  for (const blank of blanks) emit(into, source[blank]!, blank);
  return [];
}

/** One line break is a space; each further empty line is a line break. Gives the offset behind the following indentation. */
function foldBreaks(source: string, from: number, last: number, into: Decoded): number {
  let at = from;
  let breaks = 0;
  while (at < last && /[ \t\r\n]/.test(source[at]!)) {
    if (source[at] === "\n") breaks++;
    at++;
  }
  emit(into, breaks === 1 ? " " : "\n".repeat(breaks - 1), from);
  return at;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
};

const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function decodeEscape(source: string, at: number, last: number, into: Decoded): number {
  let letter = source[at + 1] ?? "";
  if (letter === "\r" && source[at + 2] === "\n") letter = "\n";
  if (letter === "\n") {
    let next = source.indexOf("\n", at) + 1;
    while (next < last && /[ \t]/.test(source[next]!)) next++;
    return next;
  }
  const digits = HEX_DIGITS[letter];
  if (digits !== undefined) {
    const point = Number.parseInt(source.slice(at + 2, at + 2 + digits), 16);
    if (Number.isNaN(point) || point > 0x10ffff) return last;
    emit(into, String.fromCodePoint(point), at);
    return at + 2 + digits;
  }
  emit(into, ESCAPES[letter] ?? letter, at);
  return at + 2;
}

interface BlockLine {
  readonly text: string;
  readonly offset: number;
}

/** An explicit indentation counts from that of the parent, which is not known here: the one that gives the text is right. */
function decodeBlock(source: string, start: number, end: number, isFolded: boolean, decoded: string): Decoded {
  const headerEnd = source.indexOf("\n", start);
  if (headerEnd === -1 || headerEnd >= end) return { text: "", offsets: [end] };
  const lines = blockLines(source, headerEnd + 1, end);
  const widest = Math.max(0, ...lines.map((line) => indentOf(line.text)));
  let result = decodeLines(
    lines,
    indentOf(lines.find((line) => /[^ ]/.test(line.text))?.text ?? ""),
    isFolded,
    end,
    decoded,
  );
  for (let indent = 0; indent <= widest && result.text !== decoded; indent++) {
    result = decodeLines(lines, indent, isFolded, end, decoded);
  }
  return result;
}

function indentOf(line: string): number {
  return line.length - line.replace(/^ +/, "").length;
}

function decodeLines(
  lines: readonly BlockLine[],
  indent: number,
  isFolded: boolean,
  end: number,
  decoded: string,
): Decoded {
  const into: Decoded = { text: "", offsets: [] };
  const content = lines.map(({ text, offset }) => ({
    text: text.slice(indent),
    offset: offset + Math.min(indent, text.length),
  }));
  while (content.at(-1)?.text === "") content.pop();
  if (isFolded) emitFolded(content, into);
  else emitLiteral(content, into);
  // Chomping decides over the line breaks at the end; the decoded text says what it came to.
  const missing = decoded.slice(into.text.length);
  if (/^\n+$/.test(missing)) emit(into, missing, end);
  into.offsets.push(end);
  return into;
}

function blockLines(source: string, from: number, end: number): BlockLine[] {
  const lines: BlockLine[] = [];
  let offset = from;
  while (offset < end) {
    const stop = source.indexOf("\n", offset);
    const lineEnd = stop === -1 || stop >= end ? end : stop;
    const text = source.slice(offset, lineEnd);
    lines.push({ text: text.endsWith("\r") ? text.slice(0, -1) : text, offset });
    offset = lineEnd + 1;
  }
  return lines;
}

function emitLiteral(lines: readonly BlockLine[], into: Decoded): void {
  lines.forEach((line, index) => {
    if (index > 0) emit(into, "\n", line.offset);
    emitLine(line, into);
  });
}

function emitLine(line: BlockLine, into: Decoded): void {
  for (let unit = 0; unit < line.text.length; unit++) into.offsets.push(line.offset + unit);
  into.text += line.text;
}

/** Lines fold into one with a space, but not next to lines that are empty or more indented. */
function emitFolded(lines: readonly BlockLine[], into: Decoded): void {
  let hasText = false;
  let wasIndented = false;
  let breaks = 0;
  for (const line of lines) {
    if (line.text === "") {
      breaks++;
      continue;
    }
    const isIndented = /^[ \t]/.test(line.text);
    if (!hasText) emit(into, "\n".repeat(breaks), line.offset);
    else if (isIndented || wasIndented) emit(into, "\n".repeat(breaks + 1), line.offset);
    else emit(into, breaks === 0 ? " " : "\n".repeat(breaks), line.offset);
    emitLine(line, into);
    [hasText, wasIndented, breaks] = [true, isIndented, 0];
  }
}
