import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import { compileCondition } from "../../src/expr/mod.ts";
import { evaluate, failureOf, scopeWith } from "./workflow_scope.ts";

describe("null in a condition", () => {
  const TABLE: readonly [expression: string, value: unknown][] = [
    [".input.nothing && true", false],
    ["true && .input.nothing", false],
    [".input.nothing || false", false],
    [".input.nothing || true", true],
    ["!.input.nothing", true],
    [".input.nothing ? 1 : 2", 2],
    [".input.nothing < 1", false],
    [".input.nothing >= 1", false],
    ["1 > .input.nothing", false],
    [".input.nothing <= .input.nothing", false],
    ["null < 'a'", false],
    [".input.?nope && true", false],
    [".input.items.filter(i, null)", []],
    ["false && 1 / 0 > 1", false],
    ["true || 1 / 0 > 1", true],
    [".input.yes ? 1 : 1 / 0", 1],
    ["1 < 2 ? 'a' : 1", "a"],
    ["'a' < 'b' && 'b' <= 'b' && !('b' > 'c')", true],
    ["timestamp(0) < now() && duration('1s') < duration('1m')", true],
  ];
  for (const [expression, value] of TABLE) {
    it(`${expression} is ${JSON.stringify(value)}`, () => assert.deepEqual(evaluate(expression), value));
  }

  const ERRORS: readonly [expression: string, message: RegExp][] = [
    [".input.n && true", /"&&" needs a boolean, but input.n is number/],
    ["false || .input.text", /"\|\|" needs a boolean/],
    ["!.input.list", /"!" needs a boolean/],
    [".input.n ? 1 : 2", /The test of \? : needs a boolean/],
    [".input.items.all(i, i.price)", /all\(\) needs a boolean/],
    [".input.n < 'a'", /Cannot compare number with text/],
    [".input.user < 1", /Cannot compare map with number/],
  ];
  for (const [expression, message] of ERRORS) {
    it(`${expression} is an error`, () => assert.match(failureOf(expression) ?? "none", message));
  }
});

describe("compileCondition()", () => {
  const TABLE: readonly [value: JsonValue, holds: boolean][] = [
    [true, true],
    [false, false],
    ["true", true],
    ["{{ .input.n > 5 }}", true],
    ["\n {{ .input.n > 5 }} \n", true],
    [".input.n > 5 && input.text == 'abc'", true],
    ["input.n > 50", false],
    ["{{ null }}", false],
    ["{{ .input.nothing }}", false],
    ["steps.skipped.output.ok", false],
    ["{{ .input.?nope }}", false],
    ["has(.input.nope)", false],
    ["- .input.n < 0", true],
    ["input.text == '{{'", false],
  ];
  for (const [value, holds] of TABLE) {
    it(`${JSON.stringify(value)} ${holds ? "holds" : "does not hold"}`, () => {
      const { condition, issues } = compileCondition(value);
      assert.deepEqual(issues, []);
      assert.equal(condition.holds(scopeWith()), holds);
    });
  }

  const REFUSED: readonly [value: JsonValue, code: string, hint?: string][] = [
    [1, "not_a_condition"],
    [null, "not_a_condition"],
    [["true"], "not_a_condition"],
    ["", "expression_syntax"],
    ["{{ }}", "expression_syntax"],
    ["{{ .a }} && {{ .b }}", "not_a_condition", "write {{ .a && .b }}"],
    ["{{ .a }} and {{ .b }} OR {{ .c }}", "not_a_condition", "write {{ .a && .b || .c }}"],
    ["not {{ .a }}", "not_a_condition", "write {{ !.a }}"],
    ["x {{ .a }}", "not_a_condition"],
    ["{{ .a", "expression_syntax"],
    ["{{ 1 + 1 }}", "expression_type"],
    ["'text'", "expression_type"],
    ["[true]", "expression_type"],
    ["{{ .a + 'x' }}", "expression_type"],
    ["eq .a 'b'", "go_template", "write {{ .a == 'b' }}"],
    [".a == ", "expression_syntax"],
  ];
  for (const [value, code, hint] of REFUSED) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      const { condition, issues } = compileCondition(value);
      assert.deepEqual(issues.map((issue) => issue.code), [code]);
      if (hint !== undefined) assert.equal(issues[0]?.hint, hint);
      assert.throws(() => condition.holds(scopeWith({ a: true, b: true })), { name: "ExpressionError" });
    });
  }

  it("refuses any other value that is no boolean when it is evaluated", () => {
    for (const value of ["{{ .input.n }}", ".input.text", "{{ .input.list }}"]) {
      assert.throws(
        () => compileCondition(value).condition.holds(scopeWith()),
        /The condition needs a boolean, but .* is/,
      );
    }
  });

  it("gives references with spans in the text as it stands", () => {
    const text = " {{ .input.n > 5 }}";
    const { condition } = compileCondition(text);
    const [reference] = condition.references;
    assert.deepEqual([reference?.root, reference?.path], ["input", ["n"]]);
    assert.equal(text.slice(reference?.span.start, reference?.span.end), "input.n");
    assert.equal(condition.readsSecrets, false);
    assert.equal(compileCondition("secrets.A == 'x'").condition.readsSecrets, true);
  });
});
