import { MaestroError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import { parseJson } from "../base/parse_json.ts";

/**
 * Parses JSON that a person wrote; what is wrong is said with its place and a caret under it. Whole numbers beyond 2^53 are kept as text.
 *
 * @throws MaestroError `invalid_input`, naming `what` (`--input`, a file name).
 */
export function parseJsonText(text: string, what: string): JsonValue {
  if (!text.isWellFormed()) throw new MaestroError("invalid_input", `${what} is not UTF-8`);
  try {
    return parseJson(text);
  } catch {
    const fault = new JsonScanner(text).findFault();
    throw new MaestroError("invalid_input", `${what} is not valid JSON: ${describe(text, fault)}`);
  }
}

/** Takes a text as JSON where it is some, and as itself otherwise. */
export function parseLoosely(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

interface JsonFault {
  readonly offset: number;
  readonly message: string;
}

const WIDEST_LINE = 100;

function describe(text: string, { offset, message }: JsonFault): string {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const start = before.lastIndexOf("\n") + 1;
  const end = text.indexOf("\n", offset);
  const column = offset - start;
  const from = column > WIDEST_LINE - 20 ? column - WIDEST_LINE / 2 : 0;
  const shown = text.slice(start + from, end === -1 ? undefined : end).replaceAll("\t", " ").slice(0, WIDEST_LINE);
  return `${message} at line ${line}, column ${column + 1}\n  ${shown}\n  ${" ".repeat(column - from)}^`;
}

/** Finds the first place where a text stops being JSON. The runtimes' own messages differ, and one of them gives no place. */
class JsonScanner {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  findFault(): JsonFault {
    try {
      this.#value();
      this.#space();
      this.#fail(this.#offset < this.#text.length ? "unexpected text after the value" : "unreadable");
    } catch (fault) {
      if (fault instanceof Error) throw fault;
      return fault as JsonFault;
    }
  }

  #value(): void {
    this.#space();
    const character = this.#text[this.#offset];
    if (character === "{") return this.#members("}", () => this.#member());
    if (character === "[") return this.#members("]", () => this.#value());
    if (character === '"') return this.#string();
    const word = /(?:true|false|null)(?![\w])|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
    word.lastIndex = this.#offset;
    if (!word.test(this.#text)) {
      this.#fail(character === undefined ? "the text ends where a value is expected" : "expected a value");
    }
    this.#offset = word.lastIndex;
  }

  #members(close: string, read: () => void): void {
    this.#offset++;
    this.#space();
    if (this.#take(close)) return;
    for (;;) {
      read();
      this.#space();
      if (this.#take(close)) return;
      if (!this.#take(",")) this.#fail(`expected "," or "${close}"`);
      this.#space();
      if (this.#text[this.#offset] === close) this.#fail(`a comma may not stand before "${close}"`);
    }
  }

  #member(): void {
    this.#space();
    if (this.#text[this.#offset] !== '"') this.#fail("expected a key in double quotes");
    this.#string();
    this.#space();
    if (!this.#take(":")) this.#fail('expected ":" after the key');
    this.#value();
  }

  #string(): void {
    const start = this.#offset;
    // deno-lint-ignore no-control-regex
    const body = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
    body.lastIndex = start;
    body.test(this.#text);
    this.#offset = body.lastIndex;
    const next = this.#text[this.#offset];
    if (next === '"') this.#offset++;
    else if (next === "\\") this.#fail("unknown escape in the text");
    else if (next === undefined) this.#fail("the text ends inside a string", start);
    else this.#fail("a line break or control character stands inside a string");
  }

  #take(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset++;
    return true;
  }

  #space(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#offset] ?? "")) this.#offset++;
  }

  #fail(message: string, offset: number = this.#offset): never {
    const fault: JsonFault = { offset, message };
    throw fault;
  }
}
