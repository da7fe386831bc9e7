import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ABSENT, evaluateExpression, ExpressionError, type ScopeValue } from "../../src/expr/mod.ts";

const VALUES: { readonly [name: string]: ScopeValue } = {
  input: { n: 7, f: 7.5, s: "abc", z: null, user: { name: "Ann", id: 1 }, items: [{ p: 1, id: 1 }, { p: 5, id: 2 }] },
  steps: { a: { output: ABSENT, status: "skipped" } },
};

/** Expression and its value, evaluated in `VALUES`. */
const TABLE: readonly [expression: string, value: unknown][] = [
  [".input.n + 1", 8],
  ["5 / 2", 2.5],
  ["1 == 1.0", true],
  ["int(-7.9)", -7],
  [".input.items.filter(x, x.p > 3).map(x, x.id)", [2]],
  ["steps.a.output.x[0].y", null],
  ["has(steps.a.output.x)", false],
  [".input.nope.x == null", true],
  ["default(.input.nope.x, 'd')", "d"],
  [".input.?nope.x", null],
  [".input.?user.name", "Ann"],
];

describe("evaluateExpression()", () => {
  for (const [expression, value] of TABLE) {
    it(`gives the value of ${expression}`, () => assert.deepEqual(evaluateExpression(expression, VALUES), value));
  }

  it("names the path that is missing and what is there instead", () => {
    assert.throws(() => evaluateExpression(".input.user.email", VALUES), (error) => {
      assert.ok(error instanceof ExpressionError);
      assert.equal(error.message, "input.user.email is missing (user has: name, id)");
      return true;
    });
  });
});
