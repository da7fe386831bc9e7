import type { YAMLError } from "yaml";
import type { Diagnostic } from "../base/diagnostics.ts";
import type { Source, SourceRange } from "./source.ts";

interface Wording {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

const TOO_DEEP: Wording = {
  code: "too_deep",
  message: "The document is nested too deeply",
  hint: "a workflow may be nested 100 levels deep",
};

const SYNTAX = "yaml_syntax";

/** Words the parser's errors, one for each line: what follows on the same line is most often its consequence. */
export function syntaxDiagnostics(source: Source, errors: readonly YAMLError[]): Diagnostic[] {
  const seen = new Set<string>();
  const found: Diagnostic[] = [];
  for (const error of errors) {
    const range = rangeOf(source, error);
    const wording = wordingOf(source, error, range);
    const key = wording.code === SYNTAX ? `${source.position(range.start).line}` : `${wording.code}@${range.start}`;
    if (seen.has(key)) continue;
    seen.add(key);
    found.push(source.diagnostic(range, { severity: "error", ...wording }));
  }
  return found;
}

/** The diagnostic of a document that exhausts the stack of the parser itself. */
export function tooDeep(source: Source, range: SourceRange = { start: 0, end: 0 }): Diagnostic {
  return source.diagnostic(range, { severity: "error", ...TOO_DEEP });
}

/** A quote that is never closed is reported where it opens, not at the end of the file. */
function rangeOf(source: Source, error: YAMLError): SourceRange {
  const [start, end] = error.pos;
  if (error.code === "MISSING_CHAR" && error.message.includes("quote")) {
    const opening = openingQuote(source.text, start, error.message.includes('"') ? '"' : "'");
    if (opening !== undefined) return { start: opening, end: opening + 1 };
  }
  return { start: Math.min(start, source.text.length), end: Math.min(end, source.text.length) };
}

function openingQuote(text: string, before: number, quote: string): number | undefined {
  let found: number | undefined;
  const opening = new RegExp(`(?:^|[\\s,:\\[{-])(${quote})`, "g");
  for (const match of text.slice(0, before).matchAll(opening)) {
    const at = match.index + match[0].length - 1;
    // The one that is left open is the first that has no partner before the end.
    if (found === undefined || text.slice(found + 1, at).includes(quote)) found = at;
  }
  return found;
}

function wordingOf(source: Source, error: YAMLError, range: SourceRange): Wording {
  const char = source.text[range.start] ?? "";
  switch (error.code) {
    case "RESOURCE_EXHAUSTION":
      return TOO_DEEP;
    case "TAG_RESOLVE_FAILED":
      return {
        code: "unknown_tag",
        message: `The tag "${source.text.slice(range.start, range.end)}" is not known`,
        hint: "a workflow uses no YAML tags: read the environment with {{ env.NAME }}",
      };
    case "BAD_ALIAS":
      return { code: SYNTAX, message: error.message, hint: "an anchor is set with &name and used with *name after it" };
    case "BAD_DQ_ESCAPE":
      return {
        code: SYNTAX,
        message: `"${source.text.slice(range.start, range.start + 2)}" is no escape in a double-quoted text`,
        hint: "write \\\\ for a backslash, or use single quotes",
      };
    case "BAD_SCALAR_START":
      return {
        code: SYNTAX,
        message: `A text cannot begin with "${char}" unless it is quoted`,
        hint: "quote the text",
      };
    case "TAB_AS_INDENT":
      return { code: SYNTAX, message: "A tab indents this line", hint: "indent with spaces" };
    case "BLOCK_AS_IMPLICIT_KEY":
      return {
        code: SYNTAX,
        message: "A map cannot begin here, on the line of its key",
        hint: 'quote a text that holds ": ", or put the map on its own, deeper indented line',
      };
    case "MULTILINE_IMPLICIT_KEY":
      return {
        code: SYNTAX,
        message: "This line is neither a key with a value nor part of the text above",
        hint: 'a key is followed by ": "',
      };
    case "MISSING_CHAR":
      return missingChar(error.message);
    case "BAD_INDENT":
      return badIndent(error.message);
    case "UNEXPECTED_TOKEN":
      return {
        code: SYNTAX,
        message: `${describeToken(source.text, range)} does not belong here`,
        hint: "look at the indentation, and at quotes and brackets before it",
      };
    case "MULTIPLE_DOCS":
      return {
        code: "several_documents",
        message: "The file holds several documents",
        hint: "put each workflow in its own file",
      };
    default:
      return { code: SYNTAX, message: error.message };
  }
}

function describeToken(text: string, range: SourceRange): string {
  const token = text.slice(range.start, range.end).trim().split("\n")[0] ?? "";
  if (token === "") return "This";
  return `"${token.length > 30 ? `${token.slice(0, 29)}…` : token}"`;
}

function missingChar(message: string): Wording {
  if (message.includes("quote")) {
    return {
      code: SYNTAX,
      message: "The quote that opens here is never closed",
      hint: "close it at the end of the text",
    };
  }
  if (message.includes("map values") || message.includes(":")) {
    return {
      code: SYNTAX,
      message: "This line is neither a key with a value nor part of the text above",
      hint: 'a key is followed by ": "',
    };
  }
  if (message.includes(",")) return { code: SYNTAX, message: "A comma is missing between two items" };
  return { code: SYNTAX, message };
}

function badIndent(message: string): Wording {
  const bracket = /end with a (.)/.exec(message)?.[1];
  if (bracket !== undefined) {
    return {
      code: SYNTAX,
      message: `A "${bracket === "]" ? "[" : "{"}" before this is not closed`,
      hint: `close it with "${bracket}"`,
    };
  }
  return {
    code: SYNTAX,
    message: "The indentation fits no line above",
    hint: "keys of one map, and items of one list, begin at the same column",
  };
}
