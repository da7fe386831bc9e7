import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ABSENT } from "../../src/expr/mod.ts";
import { evaluate, failureOf, fill } from "./workflow_scope.ts";

describe("what is missing", () => {
  const ERRORS: readonly [expression: string, message: string][] = [
    [".input.user.email", "input.user.email is missing (user has: name, id)"],
    [".nope.a", "nope is missing"],
    ["nope", "nope is missing"],
    [".input.user.email.host", "input.user.email is missing (user has: name, id)"],
    [".input.nothing.a", "input.nothing.a is missing (nothing is null)"],
    [".input.text.length", "input.text.length is missing (text is text)"],
    [".input.list[9]", "input.list[9] is missing (list has 3 entries)"],
    [".input.list[-1]", "input.list[-1] is missing (list has 3 entries)"],
    [".input.list[0.5]", "input.list[0.5] is missing (list has 3 entries)"],
    [".input.list.length", "input.list.length is missing (list has 3 entries)"],
    [".input.user[.input.text]", "input.user.abc is missing (user has: name, id)"],
    [".input.empty[0]", "input.empty[0] is missing (empty has 0 entries)"],
    ["{}.a", "{}.a is missing ({} is empty)"],
    ["env.NOPE", "env.NOPE is missing"],
    ["secrets.NOPE", "secrets.NOPE is missing"],
    [".input.items.map(i, i.nope)", "i.nope is missing (i has: id, price, ok)"],
    [".input.?nope.value()", "input.?nope is missing"],
  ];
  for (const [expression, message] of ERRORS) {
    it(`${expression} is an error that names the path`, () => assert.equal(failureOf(expression), message));
  }

  const GUARDED: readonly [expression: string, value: unknown][] = [
    ["has(.input.nope)", false],
    ["has(.nope.a.b)", false],
    ["has(.input.nothing)", false],
    ["has(.input.nothing.a)", false],
    ["has(.input.user.name)", true],
    ["has(.input.user['name'])", true],
    ["has(.input.list[2]) && !has(.input.list[3])", true],
    ["has(.input.user.?nope.x)", false],
    ["has(.input.no)", true],
    [".input.?nope", null],
    [".nope.?a.b.c", null],
    [".input.nope.?a", null],
    [".input.?user.name", "Ann"],
    [".input.?nope.orValue(5)", 5],
    [".input.?n.orValue(5)", 7],
    [".input.?nothing.orValue(5)", 5],
    [".input.?nope.or(.input.?n).value()", 7],
    [".input.?list[?9].hasValue()", false],
    [".input.list[?0]", 3],
    [".input.?n.optMap(x, x + 1)", 8],
    [".input.?nope.optMap(x, x + 1)", null],
    [".input.?n + 1", 8],
    ["default(.input.nope, 'd')", "d"],
    ["default(.nope.a.b[0].c, 'd')", "d"],
    ["default(.input.list[.input.nope], 'd')", "d"],
    ["default(.input.nothing, 'd')", "d"],
    ["default(.input.n, 'd')", 7],
    ["default(.input.no, true)", false],
    ["default(steps.skipped.output.x, [])", []],
    ["default(int(.input.nope), 5)", 5],
    [".input.nope == null", true],
    ["null == .nope.a.b", true],
    [".input.nope.a != null", false],
    [".input.n != null", true],
    [".input.nothing == null", true],
    ["has(.input.user) ? .input.user.name : 'x'", "Ann"],
  ];
  for (const [expression, value] of GUARDED) {
    it(`${expression} is ${JSON.stringify(value)}`, () => assert.deepEqual(evaluate(expression), value));
  }

  it("default() hides nothing but what is missing", () => {
    assert.match(failureOf("default(1 / 0, 5)") ?? "", /Division by zero/);
    assert.match(failureOf("default(.input.nope, .input.nope2)") ?? "", /input\.nope2 is missing/);
  });

  it("names at most ten keys", () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`k${index}`, index]));
    assert.equal(
      failureOf("m.x", { m: many }),
      "m.x is missing (m has: k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 and 2 more)",
    );
  });

  it("never shows a value in a template that reads secrets", () => {
    const fails = (template: string): string => {
      try {
        return String(fill(template));
      } catch (error) {
        return (error as Error).message;
      }
    };
    assert.equal(fails("{{ int(secrets.TOKEN) }}"), "int() needs a number or a text that is one");
    assert.equal(fails("{{ secrets.TOKEN }} {{ int(.input.text) }}"), "int() needs a number or a text that is one");
    assert.equal(fails("{{ int(.input.text) }}"), 'int() needs a number or a text that is one, got "abc"');
    assert.doesNotMatch(fails("{{ secrets.NOPE }}"), /TOKEN|s3cret/);
    assert.doesNotMatch(fails("{{ parse_json(secrets.TOKEN) }}"), /s3cret/);
    assert.doesNotMatch(fails("{{ timestamp(secrets.TOKEN) }}"), /s3cret/);
    assert.doesNotMatch(fails("{{ {}[secrets.TOKEN] }}"), /s3cret/);
  });
});

describe("what did not happen", () => {
  const NULLS: readonly string[] = [
    "steps.skipped.output",
    "steps.skipped.output.a",
    "steps.skipped.output.a.b[0].c",
    "steps.skipped.output[.input.n][.input.text]",
    "steps.skipped.output['x-y']",
    "steps.skipped.output.?a.b",
  ];
  for (const expression of NULLS) {
    it(`${expression} is null`, () => assert.equal(evaluate(expression), null));
  }

  it("is null inside what is handed on", () => {
    assert.deepEqual(evaluate("steps.skipped"), { output: null, status: "skipped" });
    assert.deepEqual(evaluate("[block, {'x': block.b}]", { block: { a: 1, b: ABSENT } }), [{ a: 1, b: null }, {
      x: null,
    }]);
    assert.deepEqual(evaluate("json(block)", { block: [ABSENT] }), "[null]");
  });

  it("is false as a condition and in comparisons", () => {
    assert.equal(evaluate("steps.skipped.output.ok && true"), false);
    assert.equal(evaluate("steps.skipped.output.n > 5 || steps.skipped.output.n <= 5"), false);
    assert.equal(evaluate("steps.skipped.output.a == null"), true);
    assert.equal(evaluate("has(steps.skipped.output.a)"), false);
  });
});
