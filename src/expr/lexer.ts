import { replaceEscapes } from "./escapes.ts";
import type { BinaryOperator, Literal } from "./node.ts";
import { skipQuoted } from "./scan.ts";
import { SyntaxFault, unexpected } from "./syntax_fault.ts";

/** What kind of literal a token is. */
export type LiteralType = "number" | "text" | "bytes" | "boolean" | "null";

/** What a token is: a sign or the word "in" itself, a literal, a name, or the end. */
export type TokenType =
  | LiteralType
  | BinaryOperator
  | ("!" | "(" | ")" | "[" | "]" | "{" | "}" | "." | "," | ":" | "?")
  | ("name" | "end");

const BLANK = /(?:[ \t\n\r]+|\/\/[^\n]*)*/y;
const WORD = /[A-Za-z_]\w*/y;
const NUMBER = /0[xX](?<hex>[0-9a-fA-F]*)|\d+(?<fraction>\.\d+)?(?<exponent>[eE][+-]?(?<power>\d*))?/y;
const SIGN = /[=!<>]=|&&|\|\||[-+*/%<>!()[\]{}.,:?]/y;

/** Words that are values. */
const CONSTANTS: ReadonlyMap<string, readonly [LiteralType, Literal]> = new Map([
  ["true", ["boolean", true]],
  ["false", ["boolean", false]],
  ["null", ["null", null]],
]);

/** Cuts an expression into tokens, one at a time. */
export class Lexer {
  /** The current token, its value if it is a literal or a name, and its place. */
  type: TokenType = "end";
  value: Literal = null;
  start = 0;
  end = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.next();
  }

  /**
   * Goes to the next token.
   *
   * @throws SyntaxFault where there is none.
   */
  next(): void {
    this.start = this.end + this.#match(BLANK, this.end)![0].length;
    const first = this.#text[this.start];
    if (first === undefined) return this.#take("end", this.start);
    if (first >= "0" && first <= "9") return this.#takeNumber();
    if (first === '"' || first === "'") return this.#takeQuoted("");
    const word = this.#match(WORD, this.start)?.[0];
    if (word !== undefined) return this.#takeWord(word);
    const sign = this.#match(SIGN, this.start)?.[0];
    if (sign === undefined) throw unexpected(this.#text, this.start, this.start + 1);
    this.#take(sign as TokenType, this.start + sign.length);
  }

  #match(pattern: RegExp, at: number): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(this.#text);
  }

  #take(type: TokenType, end: number, value: Literal = null): void {
    this.type = type;
    this.value = value;
    this.end = end;
  }

  #takeWord(word: string): void {
    const end = this.start + word.length;
    const isQuoted = this.#text[end] === '"' || this.#text[end] === "'";
    if (isQuoted && /^[bBrR]$/.test(word)) return this.#takeQuoted(word.toLowerCase());
    const constant = CONSTANTS.get(word);
    if (constant !== undefined) return this.#take(constant[0], end, constant[1]);
    this.#take(word === "in" ? "in" : "name", end, word);
  }

  #takeNumber(): void {
    const match = this.#match(NUMBER, this.start)!;
    const [text] = match;
    const { hex, fraction, exponent, power } = match.groups!;
    const end = this.start + text.length;
    if (hex === "") throw this.#fault('"0x" needs hexadecimal digits', end);
    if (power === "") throw new SyntaxFault("expression_syntax", "The exponent needs digits", end, end + 1);
    if (fraction !== undefined || exponent !== undefined) {
      const value = Number(text);
      if (value === Infinity) throw this.#fault("The number is too large", end);
      return this.#take("number", end, value);
    }
    const isUnsigned = this.#text[end] === "u" || this.#text[end] === "U";
    this.#take("number", isUnsigned ? end + 1 : end, BigInt(text));
  }

  #takeQuoted(prefix: string): void {
    const open = this.start + prefix.length;
    const quote = this.#text[open]!;
    const width = this.#text.startsWith(quote.repeat(3), open) ? 3 : 1;
    const end = skipQuoted(this.#text, open);
    if (width === 1) this.#forbidLineBreak(open + 1, end ?? this.#text.length);
    if (end === undefined) {
      throw new SyntaxFault("expression_syntax", "The quote is not closed", open, this.#text.length);
    }
    const raw = this.#text.slice(open + width, end - width);
    if (prefix === "r") return this.#take("text", end, raw);
    const value = replaceEscapes(raw, open + width, prefix === "b");
    if (prefix === "") return this.#take("text", end, value);
    this.#take("bytes", end, Uint8Array.from({ length: value.length }, (_, at) => value.charCodeAt(at)));
  }

  #forbidLineBreak(start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const char = this.#text[at];
      if (char === "\\") at++;
      else if (char === "\n" || char === "\r") {
        throw new SyntaxFault("expression_syntax", "A line break needs three quotes around the text", at, at + 1);
      }
    }
  }

  #fault(message: string, end: number): SyntaxFault {
    return new SyntaxFault("expression_syntax", message, this.start, end);
  }
}
