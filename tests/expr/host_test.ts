import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileExpression } from "../../src/expr/mod.ts";
import { evaluate, failureOf } from "./workflow_scope.ts";

const HOST_KEYS: readonly string[] = [
  "constructor",
  "__proto__",
  "__defineGetter__",
  "hasOwnProperty",
  "toString",
  "valueOf",
  "toJSON",
  "then",
  "length",
];

describe("the host", () => {
  for (const key of HOST_KEYS) {
    it(`is not reached through ${key}`, () => {
      for (
        const base of [
          "",
          ".input.",
          ".input.text.",
          ".input.n.",
          ".input.list.",
          "now().",
          "b'a'.",
          "{}.",
          "[].",
          "optional.of(1).value().",
        ]
      ) {
        assert.match(failureOf(`${base}${key}`) ?? "none", /is missing|reserved word/, `${base}${key}`);
        if (base !== "") assert.match(failureOf(`${base.slice(0, -1)}['${key}']`) ?? "none", /is missing/);
      }
      assert.equal(evaluate(`has(.input.${key})`), false);
      assert.equal(evaluate(`'${key}' in .input`), false);
      assert.equal(evaluate(`.input.?${key}`), null);
    });

    it(`has no function ${key}`, () => {
      assert.notDeepEqual(compileExpression(`${key}(1)`).issues, []);
      assert.notDeepEqual(compileExpression(`input.${key}()`).issues, []);
    });
  }

  it("is not reached through the insides of times and bytes", () => {
    for (
      const expression of [
        "now().ms",
        "duration('1s').ms",
        "b'abc'.data",
        "b'abc'[0]",
        "path('x').leave",
        "optional.of('x').leave",
      ]
    ) {
      assert.ok(failureOf(expression) !== undefined || evaluate(expression) === null, expression);
    }
  });

  it("keeps such keys ordinary where data has them", () => {
    const data = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "length": 3}');
    assert.deepEqual(evaluate("d.__proto__.x + d.constructor + d.length", { d: data }), 6);
    assert.equal(JSON.stringify(evaluate("{'__proto__': 1, 'constructor': 2}")), '{"__proto__":1,"constructor":2}');
    assert.equal(JSON.stringify(evaluate("[d, now()][0]", { d: data })), JSON.stringify(data));
    assert.equal(Object.getPrototypeOf(evaluate("{'__proto__': {'x': 1}}")), Object.prototype);
  });
});

describe("names like CEL's own words", () => {
  const TABLE: readonly [expression: string, value: unknown][] = [
    [".x.in", 1],
    ["x.in + x.package", 3],
    ["x.true", 3],
    ["x.null.false", 4],
    ["x.?in", 1],
    ["x.in in [x.in]", true],
    ["has(x.in)", true],
    ["x['in']", 1],
    ["x . in", 1],
    ["[1].map(in_, in_ + x.in)", [2]],
    ["x.if + x.loop", 11],
  ];
  const x = { in: 1, package: 2, true: 3, null: { false: 4 }, if: 5, loop: 6 };
  for (const [expression, value] of TABLE) {
    it(`${expression} is read`, () => assert.deepEqual(evaluate(expression, { x }), value));
  }
});
