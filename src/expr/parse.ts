import type { Node } from "./node.ts";
import { parseCel } from "./parser.ts";
import { prepare, type Prepared } from "./prepass.ts";
import { reservedWord, SyntaxFault } from "./syntax_fault.ts";
import { syntaxHint } from "./syntax_hint.ts";

/** An expression that could be read. */
export interface Parsed {
  readonly root: Node;
  readonly renamed: Prepared["renamed"];
}

/** Why an expression could not be read; offsets into the expression. */
export interface ParseFailure {
  readonly code: SyntaxFault["code"];
  readonly message: string;
  readonly hint?: string | undefined;
  readonly start: number;
  readonly end: number;
}

const MAX_LENGTH = 65_536;

/** Reads an expression. Gives a failure, never an exception, whatever the text. */
export function parse(expression: string): Parsed | ParseFailure {
  const whole = { start: 0, end: expression.length };
  if (expression.trim() === "") return { code: "expression_syntax", message: "The expression is empty", ...whole };
  if (expression.length > MAX_LENGTH) {
    return { code: "expression_limit", message: `The expression is longer than ${MAX_LENGTH} characters`, ...whole };
  }
  const prepared = prepare(expression);
  try {
    if (prepared.keywordRoot !== undefined) throw reservedWord(prepared.keywordRoot.name, prepared.keywordRoot.start);
    return { root: parseCel(prepared.text), renamed: prepared.renamed };
  } catch (error) {
    if (error instanceof SyntaxFault) return explain(error, expression);
    throw error;
  }
}

/** Tells a failure from a syntax tree. */
export function isParseFailure(result: Parsed | ParseFailure): result is ParseFailure {
  return "code" in result;
}

function explain({ code, message, start, end }: SyntaxFault, expression: string): ParseFailure {
  if (code === "reserved_word") return { code, message, hint: "rename it", start, end };
  const last = Math.min(Math.max(end, start + 1), expression.length);
  const place = { start: Math.min(start, Math.max(0, last - 1)), end: last };
  if (code === "expression_limit") return { code, message, ...place };
  const isChain = message.startsWith('Expected ":"') && expression.includes("?.");
  const hint = isChain ? 'write ".?" for a member that may be missing' : syntaxHint(expression, place.start);
  return { code, message, hint, ...place };
}
