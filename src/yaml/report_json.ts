import type { Diagnostic } from "../base/diagnostics.ts";
import { sortDiagnostics } from "./diagnostics.ts";

/** Writes diagnostics as a JSON list, by place: `{ file, line, column, endLine, endColumn, severity, code, message, hint? }`. */
export function reportJson(diagnostics: readonly Diagnostic[]): string {
  const list = sortDiagnostics(diagnostics).map(
    ({ file, line, column, endLine, endColumn, severity, code, message, hint }) => ({
      file,
      line,
      column,
      endLine,
      endColumn,
      severity,
      code,
      message,
      hint,
    }),
  );
  return `${JSON.stringify(list, null, 2)}\n`;
}
