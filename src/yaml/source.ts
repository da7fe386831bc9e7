import type { Diagnostic, Issue } from "../base/diagnostics.ts";

/** A stretch of a source text, as offsets in UTF-16 units; `end` is not part of it. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** A file's text with its lines, so that offsets can be told as line and column. A byte-order mark is not part of it. */
export class Source {
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text.startsWith("\uFEFF") ? text.slice(1) : text;
    for (let at = this.text.indexOf("\n"); at !== -1; at = this.text.indexOf("\n", at + 1)) {
      this.#lineStarts.push(at + 1);
    }
  }

  /** How many lines there are; an empty text has one. */
  get lineCount(): number {
    return this.#lineStarts.length;
  }

  /** The line's text without its line break. Lines count from 1; one that does not exist is empty. */
  line(number: number): string {
    const start = this.#lineStarts[number - 1];
    if (start === undefined) return "";
    const next = this.#lineStarts[number] ?? this.text.length + 1;
    const line = this.text.slice(start, next - 1);
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  /** Line and column of an offset, both counted from 1. */
  position(offset: number): { readonly line: number; readonly column: number } {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: Math.max(0, offset - this.#lineStarts[low]!) + 1 };
  }

  /** Offset of the first character of a line. */
  lineStart(number: number): number {
    return this.#lineStarts[number - 1] ?? this.text.length;
  }

  /** Puts a problem at its place. */
  diagnostic(range: SourceRange, problem: Omit<Issue, "path" | "onKey" | "span">): Diagnostic {
    const start = this.position(range.start);
    const end = this.position(Math.max(range.start, range.end));
    return {
      severity: problem.severity,
      code: problem.code,
      message: problem.message,
      hint: problem.hint,
      file: this.file,
      line: start.line,
      column: start.column,
      endLine: end.line,
      endColumn: end.column,
    };
  }
}
