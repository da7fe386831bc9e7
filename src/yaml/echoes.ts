import type { Diagnostic, DocumentPath, Issue } from "../base/diagnostics.ts";
import type { JsonValue } from "../base/json.ts";

/** What cannot be told of a document whose text is broken: a missing part may just be on the wrong side of the break. */
const UNSURE: ReadonlySet<string> = new Set([
  "missing_key",
  "no_kind",
  "unknown_name",
  "unknown_step",
  "unknown_service",
]);

/** Drops findings that most likely follow from the text's own problems: on the same line, or about what is missing. */
export function withoutEchoes(found: readonly Diagnostic[], problems: readonly Diagnostic[]): readonly Diagnostic[] {
  if (problems.length === 0) return found;
  const syntax = problems.filter((problem) => problem.code === "yaml_syntax");
  const lines = new Set(syntax.map((problem) => problem.line));
  return found.filter((one) =>
    one.severity === "error" && !lines.has(one.line) && !(syntax.length > 0 && UNSURE.has(one.code))
  );
}

/** Whether a finding is about a template that does not compile: its names may be no names at all. */
export function isInBrokenTemplate(found: Issue, issues: readonly Issue[], document: JsonValue): boolean {
  const { span } = found;
  if (span === undefined) return false;
  return issues.some((issue) => {
    if (issue.span === undefined || issue.severity !== "error" || !isSamePath(issue.path, found.path)) return false;
    const text = textAt(document, issue.path);
    const [first, second] = issue.span.start < span.start ? [issue.span, span] : [span, issue.span];
    return text !== undefined && !text.slice(first.end, second.start).includes("}}");
  });
}

function isSamePath(a: DocumentPath, b: DocumentPath): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}

function textAt(document: JsonValue, path: DocumentPath): string | undefined {
  let value: unknown = document;
  for (const key of path) value = (value as Readonly<Record<string | number, unknown>> | undefined)?.[key];
  return typeof value === "string" ? value : undefined;
}
