import { Lexer, type LiteralType, type TokenType } from "./lexer.ts";
import type { BinaryOperator, Node } from "./node.ts";
import { reservedWord, SyntaxFault, unexpected } from "./syntax_fault.ts";

const MAX_NODES = 10_000;
const MAX_DEPTH = 100;
const MAX_ITEMS = 1_000;
const MAX_ARGUMENTS = 32;

/** How tightly operators bind; equal ones group from the left. */
const BINDING: Readonly<Partial<Record<TokenType, number>>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  in: 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

/** What tokens that are no signs are called. */
const TOKEN_NAMES: Readonly<Partial<Record<TokenType, string>>> = {
  end: "the end of the expression",
  number: "a number",
  text: "a text",
  bytes: "bytes",
  boolean: "a boolean",
  null: "null",
  name: "a name",
};

const LITERALS: ReadonlySet<TokenType> = new Set<LiteralType>(["number", "text", "bytes", "boolean", "null"]);

/** Words that CEL keeps for languages around it. */
const RESERVED: ReadonlySet<unknown> = new Set(
  ("as break const continue else for function if import let loop package namespace return var void while __proto__ " +
    "prototype").split(" "),
);

/**
 * Parses one CEL expression by recursive descent.
 *
 * @throws SyntaxFault
 */
export function parseCel(text: string): Node {
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #token: Lexer;
  #depth = 0;
  #nodes = 0;

  constructor(text: string) {
    this.#text = text;
    this.#token = new Lexer(text);
  }

  parse(): Node {
    const root = this.#parseChoice();
    const { type, start, end } = this.#token;
    if (type !== "end") throw unexpected(this.#text, start, end);
    return root;
  }

  /** `test ? a : b`, or anything that binds tighter. */
  #parseChoice(): Node {
    this.#deepen();
    let node = this.#parseBinary(1);
    if (this.#accept("?")) {
      const then = this.#parseChoice();
      this.#expect(":");
      const otherwise = this.#parseChoice();
      node = this.#node("?:", [node, then, otherwise], node.start, otherwise.end);
    }
    this.#depth--;
    return node;
  }

  #parseBinary(least: number): Node {
    let left = this.#parseUnary();
    for (;;) {
      const { type } = this.#token;
      const binding = BINDING[type] ?? 0;
      if (binding < least) return left;
      this.#token.next();
      const right = this.#parseBinary(binding + 1);
      left = this.#node(type as BinaryOperator, [left, right], left.start, right.end);
    }
  }

  #parseUnary(): Node {
    const { type, start } = this.#token;
    if (type !== "!" && type !== "-") return this.#parsePath();
    this.#deepen();
    this.#token.next();
    const operand = this.#parseUnary();
    this.#depth--;
    return this.#node(type === "!" ? "!_" : "-_", operand, start, operand.end);
  }

  /** A value and what is read from it: members, indexes, calls. */
  #parsePath(): Node {
    let node = this.#parsePrimary();
    const depth = this.#depth;
    for (;;) {
      const { start } = this.#token;
      if (this.#accept(".")) node = this.#parseMember(node, start);
      else if (this.#accept("[")) node = this.#parseIndex(node, start);
      else break;
    }
    this.#depth = depth;
    return node;
  }

  #parseMember(receiver: Node, dot: number): Node {
    this.#deepen(dot);
    const isOptional = this.#accept("?");
    const { start, end } = this.#token;
    const name = this.#expect("name") as string;
    if (isOptional || !this.#accept("(")) {
      return this.#node(isOptional ? ".?" : ".", [receiver, name], receiver.start, end, start);
    }
    const args = this.#parseItems(")", MAX_ARGUMENTS, () => this.#parseChoice());
    return this.#node("rcall", [name, receiver, args.items], receiver.start, args.end);
  }

  #parseIndex(receiver: Node, bracket: number): Node {
    this.#deepen(bracket);
    const op = this.#accept("?") ? "[?]" : "[]";
    const index = this.#parseChoice();
    const { end } = this.#token;
    this.#expect("]");
    return this.#node(op, [receiver, index], receiver.start, end);
  }

  #parsePrimary(): Node {
    const { type, value, start, end } = this.#token;
    if (LITERALS.has(type)) {
      const node = this.#node("value", value, start, end);
      this.#token.next();
      return node;
    }
    if (type === "name") return this.#parseName(value as string, start, end);
    if (this.#accept("(")) {
      const node = this.#parseChoice();
      this.#expect(")");
      return node;
    }
    if (this.#accept("[")) {
      const list = this.#parseItems("]", MAX_ITEMS, () => this.#parseChoice());
      return this.#node("list", list.items, start, list.end);
    }
    if (this.#accept("{")) {
      const map = this.#parseItems("}", MAX_ITEMS, () => this.#parseEntry());
      return this.#node("map", map.items, start, map.end);
    }
    const message = type === "end" ? "The expression ends too early" : `Unexpected ${nameOf(type)}`;
    throw new SyntaxFault("expression_syntax", message, start, end);
  }

  #parseName(name: string, start: number, end: number): Node {
    this.#token.next();
    if (RESERVED.has(name)) throw reservedWord(name, start);
    if (!this.#accept("(")) return this.#node("id", name, start, end);
    const args = this.#parseItems(")", MAX_ARGUMENTS, () => this.#parseChoice());
    return this.#node("call", [name, args.items], start, args.end);
  }

  #parseEntry(): readonly [Node, Node] {
    const key = this.#parseChoice();
    this.#expect(":");
    return [key, this.#parseChoice()];
  }

  /** Items with commas between them, and perhaps one behind the last. */
  #parseItems<Item>(
    closer: TokenType,
    most: number,
    parse: () => Item,
  ): { readonly items: Item[]; readonly end: number } {
    const items: Item[] = [];
    while (this.#token.type !== closer) {
      const { start } = this.#token;
      items.push(parse());
      if (items.length > most) throw limit(start);
      if (!this.#accept(",")) break;
    }
    const { end } = this.#token;
    this.#expect(closer);
    return { items, end };
  }

  #accept(type: TokenType): boolean {
    if (this.#token.type !== type) return false;
    this.#token.next();
    return true;
  }

  /** Goes on if the token is of this type, and gives its value. */
  #expect(type: TokenType): unknown {
    const { value, start, end, type: found } = this.#token;
    if (this.#accept(type)) return value;
    const message = `Expected ${nameOf(type)} but found ${nameOf(found)}`;
    throw new SyntaxFault("expression_syntax", message, start, end);
  }

  #deepen(at: number = this.#token.start): void {
    if (++this.#depth > MAX_DEPTH) throw limit(at);
  }

  #node<Op extends Node["op"]>(
    op: Op,
    args: (Node & { readonly op: Op })["args"],
    start: number,
    end: number,
    pos: number = start,
  ): Node {
    if (++this.#nodes > MAX_NODES) throw limit(pos);
    return { op, args, pos, start, end } as unknown as Node;
  }
}

function limit(at: number): SyntaxFault {
  return new SyntaxFault("expression_limit", "The expression is nested too deeply or too long", at, at);
}

function nameOf(type: TokenType): string {
  return TOKEN_NAMES[type] ?? `"${type}"`;
}
