import type { Diagnostic } from "../base/diagnostics.ts";
import { formatDiagnostic, sortDiagnostics } from "../yaml/diagnostics.ts";
import { Source } from "../yaml/source.ts";

/** How diagnostics are written. */
export type DiagnosticFormat = "text" | "json" | "sarif" | "github";

/** Writes diagnostics for people, each with its line and a caret. `texts` holds the files by name. */
export function diagnosticsText(diagnostics: readonly Diagnostic[], texts: ReadonlyMap<string, string>): string {
  const sources = new Map([...texts].map(([file, text]) => [file, new Source(file, text)]));
  return sortDiagnostics(diagnostics).map((found) => `${formatDiagnostic(found, sources.get(found.file))}\n`).join("");
}

/** Writes diagnostics in the form asked for. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: DiagnosticFormat,
  texts: ReadonlyMap<string, string>,
): string {
  return format === "text"
    ? diagnosticsText(diagnostics, texts)
    : `${JSON.stringify(sortDiagnostics(diagnostics), null, 2)}\n`;
}
