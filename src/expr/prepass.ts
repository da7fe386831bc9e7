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

/** White space and comments, a word, a number, or any one character; quoted texts are skipped by `skipQuoted`. */
const TOKEN =
  /(?<blank>\s+|\/\/[^\n]*)|(?<word>[A-Za-z_]\w*)|(?<number>0[xX][0-9a-fA-F]+[uU]?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?)|[\s\S]/y;

/** What stands before a token: something that a dot can read from, the dot of a root or of a member, or none of these. */
type Before = "operand" | "root" | "member" | "operator";

/**
 * Makes a leading dot (`.input.x`) and members called like a keyword (`.x.in`) readable for a CEL parser.
 *
 * A root dot becomes one space and such a member a word of the same length, so that offsets stay true.
 */
export function prepare(expression: string): Prepared {
  const prepass = new Prepass(expression);
  while (prepass.step());
  return prepass.finish();
}

class Prepass {
  readonly #source: string;
  readonly #renamed = new Map<number, string>();
  #keywordRoot: Prepared["keywordRoot"];
  #text = "";
  #copied = 0;
  #at = 0;
  #before: Before = "operator";

  constructor(source: string) {
    this.#source = source;
  }

  /** Takes the next token; false at the end. */
  step(): boolean {
    const start = this.#at;
    TOKEN.lastIndex = start;
    const match = TOKEN.exec(this.#source);
    if (match === null) return false;
    this.#at = TOKEN.lastIndex;
    const { blank, word, number } = match.groups as Partial<Record<"blank" | "word" | "number", string>>;
    if (blank !== undefined) return true;
    if (word !== undefined) this.#takeWord(word, start);
    else if (number !== undefined) this.#before = "operand";
    else this.#takeSign(match[0], start);
    return true;
  }

  finish(): Prepared {
    const text = this.#text + this.#source.slice(this.#copied);
    return { text, renamed: this.#renamed, keywordRoot: this.#keywordRoot };
  }

  #takeWord(word: string, start: number): void {
    const isKeyword = KEYWORDS.has(word);
    if (isKeyword && this.#before === "member") {
      this.#replace(start, "_".repeat(word.length));
      this.#renamed.set(start, word);
    } else if (isKeyword && this.#before === "root") {
      this.#keywordRoot ??= { start, name: word };
    }
    this.#before = word === "in" && this.#before === "operand" ? "operator" : "operand";
  }

  #takeSign(sign: string, start: number): void {
    if (sign === '"' || sign === "'") {
      this.#at = skipQuoted(this.#source, start) ?? this.#source.length;
      this.#before = "operand";
    } else if (sign === "." && this.#before === "operand") {
      this.#before = "member";
    } else if (sign === ".") {
      if (!/[A-Za-z_]/.test(this.#source[this.#at] ?? "")) return;
      this.#replace(start, " ");
      this.#before = "root";
    } else if (sign !== "?" || this.#before !== "member") {
      // The "?" of ".?" leaves the member open.
      this.#before = ")]}".includes(sign) ? "operand" : "operator";
    }
  }

  #replace(start: number, by: string): void {
    this.#text += this.#source.slice(this.#copied, start) + by;
    this.#copied = start + by.length;
  }
}
