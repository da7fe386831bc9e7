import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Environment, ParseError } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { parseCel } from "../../src/expr/parser.ts";
import { SyntaxFault } from "../../src/expr/syntax_fault.ts";

const CEL = new Environment({
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 10_000, maxDepth: 100 },
});

/** What a parser makes of a text: its tree as plain data, or where it gives up. */
type Outcome = { readonly tree: unknown } | { readonly start: number; readonly isLimit: boolean };

function ours(text: string): Outcome {
  try {
    return { tree: plainTree(parseCel(text)) };
  } catch (error) {
    assert.ok(error instanceof SyntaxFault, String(error));
    return { start: Math.min(error.start, text.length), isLimit: error.code === "expression_limit" };
  }
}

/** The same by a CEL library. The space keeps it from reading `1e` as a number and a name where nothing follows. */
function theirs(text: string): Outcome {
  try {
    return { tree: plainTree(CEL.parse(`${text} `).ast) };
  } catch (error) {
    assert.ok(error instanceof ParseError, String(error));
    return { start: Math.min(error.range!.start, text.length), isLimit: error.code === "limit_exceeded" };
  }
}

function plainTree(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(plainTree);
  if (typeof part !== "object" || part === null || part instanceof Uint8Array) return part;
  if (!("op" in part)) return part.valueOf();
  const { op, args, pos, start, end } = part as unknown as Record<string, unknown>;
  return { op, args: plainTree(args), pos, start, end };
}

const SIGNS = "( ) [ ] { } . ? : , + - * / % ! && || == != < <= > >= in = & |".split(" ");
const WORDS = "a b r input x1 _y true false null in if __proto__ package prototype map has".split(" ");
const NUMBERS = "0 7 007 12u 0x1F 0XaU 0x 1.5 1. .5 1e9 2E-3 1e 1e+ 1.5u 1e999 9007199254740993".split(" ");
const TEXTS = [
  ..."'a' \"b\" '' '''c''' \"\"\"d\"\"\" r'\\d' R\"\\'\" b'x' B'\\xff' b'é😀' 'a\\n\\t' '\\x41\\u00e4\\U0001F600\\101'"
    .split(" "),
  ..."'\\?\\`\\a' 'é😀' '\\q' '\\u12' '\\uD800' '\\U00110000' '\\8' '\\400' '\\07' '\\xg' b'\\u0041' ' \" ''' r' \\"
    .split(" "),
  "'a\nb'",
  "'''a\n'b'''",
  "'a\\\nb'",
];
const BLANKS = [" ", "\n", "\t", "\r\n", "//c\n", "//", "\f", "\u00a0", "é", "😀", "$", "#", "@", ";", "~", "^"];
const soup = fc.array(fc.constantFrom(...SIGNS, ...WORDS, ...NUMBERS, ...TEXTS, ...BLANKS), { maxLength: 14 });

/** Expressions that are right, with blanks here and there. */
const { expression } = fc.letrec<{ readonly expression: string; readonly path: string }>((tie) => {
  const inner = tie("expression");
  const items = fc.array(inner, { maxLength: 3 }).map((list) => list.join(" , "));
  return {
    expression: fc.oneof(
      { depthSize: "small" },
      tie("path"),
      fc.tuple(inner, fc.constantFrom(..."|| && == != < <= > >= + - * / %".split(" "), " in "), inner)
        .map((parts) => parts.join("")),
      fc.tuple(inner, inner, inner).map(([test, then, other]) => `${test}?${then} : ${other}`),
      fc.tuple(fc.constantFrom("!", "-", "!!", "- -"), tie("path")).map((parts) => parts.join("")),
      inner.map((text) => `( ${text})`),
      items.map((list) => `[${list}]`),
      fc.array(fc.tuple(inner, inner), { maxLength: 2 })
        .map((entries) => `{${entries.map(([key, value]) => `${key}: ${value}`).join(",")}}`),
    ),
    path: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("a", "input", "x_1", "true", "null", "1", "2.5", "0x1F", "3u", "'t'", 'r"\\w"', "b'y'", '"\\n"'),
      fc.tuple(tie("path"), fc.constantFrom(".b", ".?c", " . d", ".in_", ".map_")).map((parts) => parts.join("")),
      fc.tuple(tie("path"), inner).map(([base, index]) => `${base}[${index}]`),
      fc.tuple(tie("path"), inner).map(([base, index]) => `${base}[?${index}]`),
      fc.tuple(tie("path"), fc.constantFrom("f", "size", "join"), items).map(([base, f, list]) =>
        `${base}.${f}(${list})`
      ),
      fc.tuple(fc.constantFrom("f", "size"), items).map(([f, list]) => `${f}(${list})`),
    ),
  };
});

describe("parseCel()", () => {
  it("makes the same tree of an expression as another parser", () => {
    fc.assert(
      fc.property(expression, (text) => {
        const outcome = ours(text);
        assert.ok("tree" in outcome, text);
        assert.deepEqual(outcome, theirs(text));
      }),
      { numRuns: 500 },
    );
  });

  it("reads or refuses any text at the same place as another parser", () => {
    fc.assert(
      fc.property(fc.oneof(soup.map((parts) => parts.join("")), soup.map((parts) => parts.join(" "))), (text) => {
        assert.deepEqual(ours(text), theirs(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it("reads or refuses a broken expression at the same place as another parser", () => {
    fc.assert(
      fc.property(expression, fc.nat(), fc.constantFrom("", ...SIGNS, ...WORDS), (text, at, put) => {
        const cut = at % (text.length + 1);
        const broken = text.slice(0, cut) + put + text.slice(cut + 1);
        assert.deepEqual(ours(broken), theirs(broken));
      }),
      { numRuns: 1_000 },
    );
  });

  const LIMITS: readonly [name: string, text: (count: number) => string, most: number][] = [
    ["brackets", (count) => `${"(".repeat(count)}1${")".repeat(count)}`, 99],
    ["members", (count) => `a${".b".repeat(count)}`, 99],
    ["choices", (count) => `${"a ? 1 : ".repeat(count)}1`, 99],
    ["items", (count) => `[${"1,".repeat(count)}]`, 1_000],
    ["entries", (count) => `{${"1:1,".repeat(count)}}`, 1_000],
    ["arguments", (count) => `f(${"1,".repeat(count)})`, 32],
    ["nodes", (count) => `[${`[${"1,".repeat(1_000)}],`.repeat(9)}[${"1,".repeat(count)}]]`, 989],
  ];
  for (const [name, text, most] of LIMITS) {
    it(`allows as many ${name} as another parser`, () => {
      assert.ok("tree" in ours(text(most)) && "tree" in theirs(text(most)));
      assert.deepEqual(ours(text(most + 1)), {
        ...theirs(text(most + 1)),
        start: (ours(text(most + 1)) as { start: number }).start,
      });
    });
  }
});
