import type { Diagnostic } from "../base/diagnostics.ts";
import type { WorkflowSource } from "../load_workflow.ts";
import { reportGithub } from "../yaml/report_github.ts";
import { reportJson } from "../yaml/report_json.ts";
import { reportSarif } from "../yaml/report_sarif.ts";
import { reportText } from "../yaml/report_text.ts";
import { Source } from "../yaml/source.ts";

/** The forms in which diagnostics are written. */
export type DiagnosticFormat = "text" | "json" | "sarif" | "github";

/** Writes diagnostics; the text form shows the line of each where `sources` has its file. */
export function reportDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: DiagnosticFormat,
  sources: readonly WorkflowSource[],
): string {
  switch (format) {
    case "text":
      return reportText(diagnostics, new Map(sources.map(({ file, text }) => [file, new Source(file, text)])));
    case "json":
      return reportJson(diagnostics);
    case "sarif":
      return reportSarif(diagnostics);
    case "github":
      return reportGithub(diagnostics);
  }
}
