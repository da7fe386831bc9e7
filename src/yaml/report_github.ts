import type { Diagnostic } from "../base/diagnostics.ts";
import { sortDiagnostics } from "./diagnostics.ts";

/** Writes diagnostics as workflow commands of GitHub Actions, which show as annotations beside the lines of a pull request. */
export function reportGithub(diagnostics: readonly Diagnostic[]): string {
  return sortDiagnostics(diagnostics).map((one) => {
    const properties = [
      `file=${escapeProperty(one.file)}`,
      `line=${one.line}`,
      `endLine=${one.endLine}`,
      // Columns are only understood where the range stays on one line.
      ...(one.endLine === one.line ? [`col=${one.column}`, `endColumn=${one.endColumn}`] : []),
      `title=${escapeProperty(one.code)}`,
    ];
    const text = one.hint === undefined ? one.message : `${one.message}\nHint: ${one.hint}`;
    return `::${one.severity} ${properties.join(",")}::${escapeData(text)}\n`;
  }).join("");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
