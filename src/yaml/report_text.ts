import type { Diagnostic } from "../base/diagnostics.ts";
import { formatDiagnostic, sortDiagnostics } from "./diagnostics.ts";
import type { Source } from "./source.ts";

/** Writes diagnostics for people, each with its line and a caret where `sources` has its file. */
export function reportText(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, Source>): string {
  return sortDiagnostics(diagnostics).map((one) => `${formatDiagnostic(one, sources.get(one.file))}\n`).join("");
}
