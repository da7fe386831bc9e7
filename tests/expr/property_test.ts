import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "../../src/base/json.ts";
import {
  compileCondition,
  compileExpression,
  compileParts,
  compileTemplate,
  ExpressionError,
  fillDeferred,
} from "../../src/expr/mod.ts";
import { evaluate, scopeWith } from "./workflow_scope.ts";

/** Text that looks like expressions: pieces of the language in any order. */
const pieces: readonly string[] = [
  ..."{{ }} { } ( ) [ ] . .? ? : , + - * / % ! && || == != < <= > >= in | = \" ' \\ r' b' // \n \r\n \t null true"
    .split(" "),
  ..." .input input.user .input.list [0] 1 2.5 1e9 0x1F 5u 'a' \"b\" x.map(x, x) has( default( size( now() secrets.A env.B"
    .split(" "),
  " ",
  "é😀",
  "__proto__",
  "steps.skipped.output",
  "eq ",
  "{{-",
];
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(""));
const anyText = fc.oneof(soup, fc.string({ unit: "binary", maxLength: 40 }), soup.map((text) => `{{ ${text} }}`));

/** Runs something that may fail as an expression does, and in no other way. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ExpressionError, String(error));
    assert.equal(error.code, "expression_error");
  }
}

describe("any text", () => {
  it("compiles to a value or to issues with spans inside the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { template, issues } = compileTemplate({ a: [text] });
        for (const { span, at, message } of issues) {
          assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length, JSON.stringify(span));
          assert.deepEqual(at, ["a", 0]);
          assert.ok(message.length > 0);
        }
        for (const { span, root } of template.references) assert.ok(text.slice(span.start).startsWith(root));
        attempt(() => JSON.stringify(template.evaluate(scopeWith())));
        attempt(() => {
          const { value, deferred } = template.evaluateDeferred(scopeWith());
          fillDeferred(value, JSON.parse(JSON.stringify(deferred)), (name) => name, () => {});
        });
        attempt(() => compileCondition(text).condition.holds(scopeWith()));
        attempt(() => compileParts(text).parts.evaluate(scopeWith()));
        attempt(() => compileExpression(text).expression.evaluate(scopeWith()));
      }),
      { numRuns: 1_000 },
    );
  });

  it("without braces stays as it is", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }).filter((text) => !text.includes("{{")), (text) => {
      assert.equal(compileTemplate(text).template.evaluate(scopeWith()), text);
    }));
  });

  it("can be written as a literal and keeps its place between templates", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.string(), (inner, outer) => {
      const around = outer.replaceAll("{", "");
      const { template } = compileTemplate(`${around}.{{ ${JSON.stringify(inner)} }}.{{ input.n }}`);
      assert.equal(template.evaluate(scopeWith()), `${around}.${inner}.7`);
    }));
  });
});

describe("any JSON", () => {
  const json = fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<JsonValue>;

  it("passes through an expression unchanged", () => {
    fc.assert(fc.property(json, (value) => {
      assert.deepEqual(evaluate("v", { v: value }), value);
      assert.deepEqual(evaluate("[v][0]", { v: value }), value);
      assert.equal(evaluate("v == v && [v] == [v]", { v: value }), true);
    }));
  });

  it("comes back from json() and parse_json()", () => {
    fc.assert(fc.property(json, (value) => {
      if (/\d{16}/.test(JSON.stringify(value))) return;
      assert.equal(JSON.stringify(evaluate("parse_json(json(v))", { v: value })), JSON.stringify(value));
    }));
  });
});

describe("arithmetic", () => {
  it("agrees with JavaScript on safe numbers", () => {
    const small = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(fc.property(small, small, (a, b) => {
      assert.equal(evaluate("a + b * a - b", { a, b }), a + b * a - b);
      assert.equal(evaluate("a < b || a == b || a > b", { a, b }), true);
      if (b !== 0) assert.equal(evaluate("a / b", { a, b }), a / b + 0);
    }));
  });

  it("gives an exact whole number or an error", () => {
    const large = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n });
    fc.assert(fc.property(large, large, fc.constantFrom("+", "-", "*"), (a, b, operator) => {
      const exact = operator === "+" ? a + b : operator === "-" ? a - b : a * b;
      let result: JsonValue = null;
      attempt(() => result = evaluate(`a ${operator} b`, { a: Number(a), b: Number(b) }));
      if (exact >= -(2n ** 53n) && exact <= 2n ** 53n) assert.equal(BigInt(result ?? 0), exact);
      else assert.equal(result, null);
    }));
  });
});
