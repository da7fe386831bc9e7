import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { evaluate, failureOf } from "./workflow_scope.ts";

describe("numbers", () => {
  const TABLE: readonly [expression: string, value: unknown][] = [
    ["1 == 1.0", true],
    ["5 / 2", 2.5],
    ["4 / 2", 2],
    [".input.n + 1", 8],
    [".input.n * 2 - 0.5", 13.5],
    [".input.list[.input.n - 6]", 1],
    [".input.list[1.0]", 1],
    ["7 % 3", 1],
    ["-7 % 3", -1],
    ["7.5 % 2", 1.5],
    ["0x1F + 1u", 32],
    ["1.5e3", 1500],
    ["-.input.n", -7],
    ["0 * -1", 0],
    ["-0", 0],
    ["2 + 3 * 4", 14],
    ["(2 + 3) * 4", 20],
    ["10 - 2 - 3", 5],
    ["7 > 6.5 && 6.5 >= 6.5 && 1 < 2u && 1 <= 1.0", true],
    ["[1, 2.0] == [1.0, 2]", true],
    ["1 in [1.0]", true],
    ["int(7.9)", 7],
    ["int(-7.9)", -7],
    ['int("12")', 12],
    ['int("-3.7")', -3],
    ['double("1.5")', 1.5],
    ["uint(3.9)", 3],
    ["int(timestamp('1970-01-01T00:00:09.9Z'))", 9],
    ["9007199254740991 + 1", 9007199254740992],
    ["9007199254740992", 9007199254740992],
    ["-9007199254740992", -9007199254740992],
    ["9007199254740992.0", 9007199254740992],
    ["9.007199254740992e15", 9007199254740992],
    ['int("9007199254740992")', 9007199254740992],
    ['double("-09007199254740992.0")', -9007199254740992],
    ["0.1 + 0.2", 0.1 + 0.2],
    ["string(1.0) + string(2.5)", "12.5"],
  ];
  for (const [expression, value] of TABLE) {
    it(`${expression} is ${JSON.stringify(value)}`, () => assert.deepEqual(evaluate(expression), value));
  }

  const ERRORS: readonly [expression: string, message: RegExp][] = [
    ["1 / 0", /^Division by zero$/],
    ["0.0 / 0.0", /^Division by zero$/],
    ["1 % 0", /^Division by zero$/],
    ["9007199254740992 + 1", /2\^53/],
    ["9007199254740991 + 2", /2\^53/],
    ["-9007199254740992 - 1", /2\^53/],
    ["3 * 3002399751580331", /2\^53/],
    ["9007199254740993", /2\^53/],
    ["9007199254740993.0", /2\^53/],
    ["round(9007199254740993.0)", /2\^53/],
    ["9007199254740992.5", /2\^53/],
    ['int("9007199254740993")', /2\^53/],
    ['int("-9007199254740993")', /2\^53/],
    ['uint("9007199254740993")', /2\^53/],
    ['double("9007199254740993")', /2\^53/],
    ['double("9.007199254740993e15")', /2\^53/],
    ['double("1e300")', /2\^53/],
    ["1e300 * 1e300", /2\^53/],
    ["sum([9007199254740991, 2])", /2\^53/],
    ["round(.big)", /2\^53/],
    ["int(.big)", /2\^53/],
    ["null + 1", /null/],
    [".input.nothing + 1", /input\.nothing is null/],
    ["1 - .input.nothing", /input\.nothing is null/],
    ["steps.skipped.output.n * 2", /steps\.skipped\.output\.n is null/],
    ["-.input.nothing", /null/],
    ['"a" + 1', /^Cannot add text and number$/],
    [".input.text + .input.n", /^Cannot add text and number$/],
    [".input.text + .input.nothing", /null/],
    ['int("x")', /int\(\)/],
    ['int("")', /int\(\)/],
    ['int(" 1")', /int\(\)/],
    ['double("NaN")', /double\(\)/],
    ["uint(-1)", /uint\(\)/],
  ];
  for (const [expression, message] of ERRORS) {
    it(`${expression} is an error`, () => assert.match(failureOf(expression, { big: 1e300 }) ?? "none", message));
  }

  it("+ joins text with text and lists with lists", () => {
    assert.deepEqual(evaluate('"a" + .input.text'), "aabc");
    assert.deepEqual(evaluate("[1] + .input.list"), [1, 3, 1, 2]);
  });
});
