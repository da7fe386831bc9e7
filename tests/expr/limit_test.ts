import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ScopeValue } from "../../src/expr/mod.ts";
import { evaluate, failureOf, fill, issuesOf } from "./workflow_scope.ts";

const TOO_LONG = /takes too long/;
const TOO_LARGE = /too large|too long/;

/** Binds a value and doubles it again and again: `cel.bind(v1, v0 + v0, …)`. */
function doubling(first: string, step: (name: string) => string, last: (name: string) => string, times = 40): string {
  let text = last(`v${times}`);
  for (let index = times; index > 0; index--) text = `cel.bind(v${index}, ${step(`v${index - 1}`)}, ${text})`;
  return `cel.bind(v0, ${first}, ${text})`;
}

describe("the cost limit", () => {
  const big = "x".repeat(1_000_000);
  const BOMBS: readonly [name: string, expression: string, message: RegExp, more?: Record<string, ScopeValue>][] = [
    ["nested macros", "range(0, 1000).map(x, range(0, 1000).map(y, range(0, 1000).map(z, x)))", TOO_LONG],
    ["nested tests", "range(0, 9999).all(x, range(0, 9999).all(y, x + y >= 0))", TOO_LONG],
    ["text doubling", doubling("'xxxxxxxx'", (v) => `${v} + ${v}`, (v) => v), TOO_LARGE],
    ["list doubling", doubling("['x']", (v) => `${v} + ${v}`, (v) => v), TOO_LONG],
    ["lists of lists", doubling("['x']", (v) => `[${v}, ${v}]`, (v) => v), TOO_LARGE],
    ["lists of lists as JSON", doubling("['x']", (v) => `[${v}, ${v}]`, (v) => `json(${v})`), TOO_LARGE],
    ["lists of times", doubling("[now()]", (v) => `[${v}, ${v}]`, (v) => v), TOO_LONG],
    ["many large texts", "range(0, 1000).map(i, s + string(i))", TOO_LARGE, { s: big }],
    ["many large texts in text", "range(0, 1000).map(i, (s + string(i)).size())", TOO_LONG, { s: big }],
    ["comparing large texts", "range(0, 9999).map(i, s + 'a' == s + 'b')", TOO_LONG, { s: big }],
    ["replacing", "s.replace('x', s)", TOO_LARGE, { s: big }],
    ["joining", "range(0, 1000).map(i, s).join()", TOO_LARGE, { s: big }],
    ["searching", "range(0, 9999).exists(i, s.contains('y'))", TOO_LONG, { s: big }],
    ["large keys", "range(0, 9999).map(i, {s + string(i): 1}).size()", TOO_LONG, { s: big }],
    ["many patterns", "range(0, 9999).map(i, 'a'.matches('(a{0,500}){2}' + string(i)))", TOO_LONG],
    ["a costly pattern", "s.matches('([ab]*a[ab]{12})*$')", TOO_LONG, { s: "ab".repeat(500_000) }],
    ["random numbers", "range(0, 999999).map(i, uuid())", TOO_LONG],
  ];
  for (const [name, expression, message, more] of BOMBS) {
    it(`stops ${name}`, () => assert.match(failureOf(expression, more) ?? "none", message));
  }

  it("lets ordinary work through", () => {
    const items = Array.from({ length: 20_000 }, (_, id) => ({ id, email: `user${id}@example.com` }));
    assert.equal(
      evaluate("items.filter(i, i.id % 2 == 0 && i.email.endsWith('.com')).map(i, i.id).size()", { items }),
      10_000,
    );
    assert.equal(evaluate("range(0, 500).map(x, range(0, 500).map(y, x * y)).size()"), 500);
    assert.equal(evaluate("size(s + s)", { s: "x".repeat(4_000_000) }), 8_000_000);
  });

  it("matches in linear time", () => {
    assert.equal(evaluate("s.matches('^(a+)+$')", { s: `${"a".repeat(50_000)}!` }), false);
    assert.equal(evaluate("s.matches('(x+x+)+y')", { s: "x".repeat(50_000) }), false);
  });

  it("counts all strings of one template together", () => {
    const heavy = "{{ range(0, 900000).map(x, x + 1).size() }}";
    assert.equal(fill(heavy), 900_000);
    assert.throws(() => fill([heavy, heavy, heavy, heavy]), TOO_LONG);
  });
});

describe("deep nesting", () => {
  const texts: readonly [name: string, expression: string][] = [
    ["brackets", `${"(".repeat(5_000)}1${")".repeat(5_000)}`],
    ["lists", `${"[".repeat(5_000)}${"]".repeat(5_000)}`],
    ["negations", `${"!".repeat(60_000)}true`],
    ["signs", `${"-".repeat(60_000)}1`],
    ["sums", `1${" + 1".repeat(9_000)}`],
    ["choices", `${"true ? 1 : ".repeat(3_000)}1`],
    ["members", `a${".b".repeat(20_000)}`],
    ["calls", `${"size(".repeat(5_000)}1${")".repeat(5_000)}`],
    ["length", `"${"x".repeat(100_000)}"`],
  ];
  for (const [name, expression] of texts) {
    it(`of ${name} is an issue`, () => {
      assert.deepEqual(issuesOf(`{{ ${expression} }}`).map((issue) => issue.code), ["expression_limit"]);
    });
  }

  it("of values is an error of the expression", () => {
    let deep: ScopeValue = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    for (const expression of ["d", "json(d)", "d == [d]", "[d, now()]"]) {
      assert.match(failureOf(expression, { d: deep }) ?? "none", /nested too deeply/, expression);
    }
  });

  it("allows what people write", () => {
    assert.equal(evaluate(`1${" + 1".repeat(200)}`), 201);
    assert.equal(evaluate(`${"(".repeat(50)}1${")".repeat(50)}`), 1);
  });
});
