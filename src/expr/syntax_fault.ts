/** Why an expression could not be read: what the lexer and the parser throw, and what never leaves `parse()`. */
export class SyntaxFault extends Error {
  readonly code: "expression_syntax" | "expression_limit" | "reserved_word";
  readonly start: number;
  readonly end: number;

  constructor(code: SyntaxFault["code"], message: string, start: number, end: number) {
    super(message);
    this.code = code;
    this.start = start;
    this.end = end;
  }
}

/** A fault at something that no expression has at this place. */
export function unexpected(expression: string, start: number, end: number): SyntaxFault {
  const rest = expression.slice(start);
  const found = rest.match(/^(?:\w+|"[^"]*"?|'[^']*'?)/)?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 32);
  const shown = found.startsWith('"') || found.startsWith("'") ? found : JSON.stringify(found);
  return new SyntaxFault("expression_syntax", `Unexpected ${shown}`, start, end);
}

/** A fault at a word that cannot be a name. */
export function reservedWord(word: string, start: number): SyntaxFault {
  const message = `"${word}" is a reserved word and cannot be a name`;
  return new SyntaxFault("reserved_word", message, start, start + word.length);
}
