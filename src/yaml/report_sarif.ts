import type { Diagnostic } from "../base/diagnostics.ts";
import { sortDiagnostics } from "./diagnostics.ts";

/** Writes diagnostics as a SARIF 2.1.0 log of one run, for code scanning and editors. */
export function reportSarif(diagnostics: readonly Diagnostic[]): string {
  const sorted = sortDiagnostics(diagnostics);
  const rules = [...new Set(sorted.map((one) => one.code))].sort();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: { driver: { name: "maestro", rules: rules.map((id) => ({ id })) } },
      columnKind: "utf16CodeUnits",
      results: sorted.map((one) => result(one, rules)),
    }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function result(one: Diagnostic, rules: readonly string[]): unknown {
  return {
    ruleId: one.code,
    ruleIndex: rules.indexOf(one.code),
    level: one.severity,
    message: { text: one.hint === undefined ? one.message : `${one.message}. Hint: ${one.hint}` },
    locations: [{
      physicalLocation: {
        artifactLocation: { uri: fileUri(one.file) },
        region: { startLine: one.line, startColumn: one.column, endLine: one.endLine, endColumn: one.endColumn },
      },
    }],
  };
}

/** A relative reference for a relative name, a `file:` URI for an absolute one. */
function fileUri(file: string): string {
  const path = file.replaceAll("\\", "/");
  const encoded = path.split("/").map((part) => encodeURIComponent(part).replaceAll("%3A", ":")).join("/");
  if (path.startsWith("/")) return `file://${encoded}`;
  return /^[A-Za-z]:\//.test(path) ? `file:///${encoded}` : encoded.replace(/^\.\//, "");
}
