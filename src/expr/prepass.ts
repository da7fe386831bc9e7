import { skipQuoted } from "./scan.ts";

/** An expression in the form that the CEL parser reads; every offset is as in the original. */
export interface Prepared {
  readonly text: string;
  /** Members called like a CEL keyword, such as `.x.in`: their place, and the name to put back. */
  readonly renamed: ReadonlyMap<number, string>;
  /** A root name that is a keyword, such as `.in`: it would be read as that keyword. */
  readonly keywordRoot?: { readonly start: number; readonly name: string } | undefined;
}

const KEYWORDS: ReadonlySet<string> = new Set(["in", "true", "false", "null"]);
const WORD = /[A-Za-z_]\w*/y;
const NUMBER = /0[xX][0-9a-fA-F]+[uU]?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?/y;

/**
 * Makes a leading dot (`.input.x`) and members called like a keyword (`.x.in`) readable for a CEL parser.
 *
 * A root dot becomes one space and such a member a word of the same length, so that offsets stay true.
 */
export function prepare(expression: string): Prepared {
  let text = "";
  let copied = 0;
  let keywordRoot: Prepared["keywordRoot"];
  const renamed = new Map<number, string>();
  const replace = (start: number, end: number, by: string): void => {
    text += expression.slice(copied, start) + by;
    copied = end;
  };

  let before = "operator" as "operator" | "operand" | "root" | "member";
  let at = 0;
  while (at < expression.length) {
    const char = expression[at]!;
    const start = at;
    if (/\s/.test(char)) {
      at++;
    } else if (char === "/" && expression[at + 1] === "/") {
      const lineEnd = expression.indexOf("\n", at);
      at = lineEnd < 0 ? expression.length : lineEnd;
    } else if (char === '"' || char === "'") {
      at = skipQuoted(expression, at) ?? expression.length;
      before = "operand";
    } else if (char === ".") {
      at++;
      if (before === "operand") {
        before = "member";
      } else if (startsWord(expression, at)) {
        replace(start, at, " ");
        before = "root";
      }
    } else if (startsWord(expression, at)) {
      const word = match(WORD, expression, at);
      at += word.length;
      if (before === "member" && KEYWORDS.has(word)) {
        replace(start, at, "_".repeat(word.length));
        renamed.set(start, word);
      } else if (before === "root" && KEYWORDS.has(word)) {
        keywordRoot ??= { start, name: word };
      }
      before = word === "in" && before === "operand" ? "operator" : "operand";
    } else if (/\d/.test(char)) {
      at += match(NUMBER, expression, at).length;
      before = "operand";
    } else {
      at++;
      // The "?" of ".?" leaves the member open.
      if (!(char === "?" && before === "member")) before = ")]}".includes(char) ? "operand" : "operator";
    }
  }
  return { text: text + expression.slice(copied), renamed, keywordRoot };
}

function startsWord(text: string, at: number): boolean {
  return /[A-Za-z_]/.test(text[at] ?? "");
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? text[at]!;
}
