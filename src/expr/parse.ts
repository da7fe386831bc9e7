import { type ASTNode, Environment, ParseError } from "@marcbachmann/cel-js";
import { prepare, type Prepared } from "./prepass.ts";
import { syntaxHint } from "./syntax_hint.ts";

/** A node of the syntax tree, with `start` and `end` as offsets into the expression. */
export type Node = ASTNode;

/** An expression that could be read. */
export interface Parsed {
  readonly root: Node;
  readonly renamed: Prepared["renamed"];
}

/** Why an expression could not be read; offsets into the expression. */
export interface ParseFailure {
  readonly code: "expression_syntax" | "expression_limit" | "reserved_word" | "wrong_arguments";
  readonly message: string;
  readonly hint?: string | undefined;
  readonly start: number;
  readonly end: number;
}

const MAX_LENGTH = 65_536;

const CEL = new Environment({
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  unlistedVariablesAreDyn: true,
  limits: { maxAstNodes: 10_000, maxDepth: 100 },
});

/** What the parser's token names stand for. */
const TOKENS: Readonly<Record<string, string>> = {
  EOF: "the end of the expression",
  NUMBER: "a number",
  STRING: "a text",
  BYTES: "bytes",
  BOOLEAN: "a boolean",
  NULL: "null",
  IDENTIFIER: "a name",
  PLUS: '"+"',
  MINUS: '"-"',
  MULTIPLY: '"*"',
  DIVIDE: '"/"',
  MODULO: '"%"',
  EQ: '"=="',
  NE: '"!="',
  LT: '"<"',
  LE: '"<="',
  GT: '">"',
  GE: '">="',
  AND: '"&&"',
  OR: '"||"',
  NOT: '"!"',
  IN: '"in"',
  LPAREN: '"("',
  RPAREN: '")"',
  LBRACKET: '"["',
  RBRACKET: '"]"',
  LBRACE: '"{"',
  RBRACE: '"}"',
  DOT: '"."',
  COMMA: '","',
  COLON: '":"',
  QUESTION: '"?"',
};

/** Reads an expression. Gives a failure, never an exception, whatever the text. */
export function parse(expression: string): Parsed | ParseFailure {
  const whole = { start: 0, end: expression.length };
  if (expression.trim() === "") return { code: "expression_syntax", message: "The expression is empty", ...whole };
  if (expression.length > MAX_LENGTH) {
    return { code: "expression_limit", message: `The expression is longer than ${MAX_LENGTH} characters`, ...whole };
  }
  const prepared = prepare(expression);
  if (prepared.keywordRoot !== undefined) {
    const { start, name } = prepared.keywordRoot;
    return reserved(name, start);
  }
  try {
    return { root: CEL.parse(prepared.text).ast, renamed: prepared.renamed };
  } catch (error) {
    if (error instanceof ParseError) return explain(error, expression);
    // Anything else is the parser's recursion meeting the end of the stack.
    return { code: "expression_limit", message: "The expression is nested too deeply", ...whole };
  }
}

/** Tells a failure from a syntax tree. */
export function isParseFailure(result: Parsed | ParseFailure): result is ParseFailure {
  return "code" in result;
}

function reserved(name: string, start: number): ParseFailure {
  const message = `"${name}" is a reserved word and cannot be a name`;
  return { code: "reserved_word", message, hint: "rename it", start, end: start + name.length };
}

function explain(error: ParseError, expression: string): ParseFailure {
  const start = Math.min(error.range?.start ?? 0, expression.length);
  const end = Math.min(Math.max(error.range?.end ?? start + 1, start + 1), expression.length);
  const place = { start: Math.min(start, Math.max(0, end - 1)), end };
  if (error.code === "limit_exceeded") {
    return { code: "expression_limit", message: "The expression is nested too deeply or too long", ...place };
  }
  if (error.code === "reserved_identifier") return reserved(expression.slice(start, error.range?.end), start);
  if (error.code === "invalid_macro_argument") {
    const name = expression.slice(Math.max(0, start - 100), start).match(/(\w+)\s*\([^()]*$/)?.[1] ?? "map";
    const message = `The first argument of ${name}() must be a name for the variable`;
    return { code: "wrong_arguments", message, hint: `such as list.${name}(x, …)`, ...place };
  }
  const message = toSentence(error.summary, expression, place);
  const isChain = message.startsWith('Expected ":"') && expression.includes("?.");
  const hint = isChain ? 'write ".?" for a member that may be missing' : syntaxHint(expression, place.start);
  return { code: "expression_syntax", message, hint, ...place };
}

function toSentence(summary: string, expression: string, place: { start: number; end: number }): string {
  const expected = summary.match(/^Expected (\w+), got (\w+)$/);
  if (expected !== null) return `Expected ${TOKENS[expected[1]!]} but found ${TOKENS[expected[2]!]}`;
  const unexpected = summary.match(/^Unexpected token: (\w+)$/);
  if (unexpected?.[1] === "EOF") return "The expression ends too early";
  if (unexpected !== null) return `Unexpected ${TOKENS[unexpected[1]!]}`;
  if (!summary.startsWith("Unexpected character")) return summary;
  const rest = expression.slice(place.start);
  const found = rest.match(/^(?:\w+|"[^"]*"?|'[^']*'?)/)?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 32);
  return `Unexpected ${found.startsWith('"') || found.startsWith("'") ? found : JSON.stringify(found)}`;
}
