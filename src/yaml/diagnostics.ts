import type { Diagnostic } from "../base/diagnostics.ts";
import type { Source } from "./source.ts";

/** How many columns a tab is shown as. */
const TAB_WIDTH = 2;

const LONGEST_LINE = 160;

/** Sorts by file and place, errors before warnings at the same place, and drops what is said twice. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics].sort(compare).filter((diagnostic) => {
    const { file, line, column, code, message } = diagnostic;
    const key = JSON.stringify([file, line, column, code, message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function compare(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || a.severity.localeCompare(b.severity) || a.code.localeCompare(b.code);
}

/**
 * Writes a diagnostic as people read it: place and message, the line with a caret under the place, and the hint.
 *
 * Without a source the line and the caret are left out.
 */
export function formatDiagnostic(diagnostic: Diagnostic, source?: Source): string {
  const { file, line, column, severity, code, message, hint } = diagnostic;
  const out = [`${file}:${line}:${column}: ${severity}[${code}] ${message}`];
  const text = source?.line(line) ?? "";
  if (text.trim() !== "") out.push(...pointAt(diagnostic, text));
  if (hint !== undefined) out.push(`  hint: ${hint}`);
  return out.join("\n");
}

function pointAt(diagnostic: Diagnostic, line: string): string[] {
  const number = String(diagnostic.line);
  // Of a very long line only the surroundings of the place are shown.
  const cut = line.length > LONGEST_LINE ? Math.max(0, diagnostic.column - 1 - LONGEST_LINE / 2) : 0;
  const text = line.slice(cut, cut + LONGEST_LINE);
  const start = diagnostic.column - 1 - cut;
  const end = diagnostic.endLine === diagnostic.line ? diagnostic.endColumn - 1 - cut : text.trimEnd().length;
  const before = displayWidth(text.slice(0, start));
  const width = Math.max(1, displayWidth(text.slice(start, Math.min(end, text.length))));
  return [
    `  ${number} | ${text.replaceAll("\t", " ".repeat(TAB_WIDTH))}`,
    `  ${" ".repeat(number.length)} | ${" ".repeat(before)}${"^".repeat(width)}`,
  ];
}

/** Columns that a text takes in a terminal, roughly: wide characters two, marks that combine none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (char === "\t") width += TAB_WIDTH;
    else if (/\p{M}|\u200d|\ufe0f/u.test(char)) continue;
    else {width +=
        /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u.test(
            char,
          )
          ? 2
          : 1;}
  }
  return width;
}
