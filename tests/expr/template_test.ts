import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import { compileTemplate } from "../../src/expr/mod.ts";
import { fill, issuesOf, scopeWith } from "./workflow_scope.ts";

describe("a string that is exactly one template", () => {
  const TABLE: readonly [template: string, value: JsonValue][] = [
    ["{{ .input.n }}", 7],
    ["{{.input.n}}", 7],
    ["  {{ .input.n }}\n", 7],
    ["\r\n{{ input.n }}\r\n", 7],
    ["{{ input.list }}", [3, 1, 2]],
    ["{{ input.user }}", { name: "Ann", id: 1 }],
    ["{{ input.nothing }}", null],
    ["{{ true }}", true],
    ['{{ "text" }}', "text"],
    ['{{ {"a": {"b": 1}} }}', { a: { b: 1 } }],
    ['{{{"a": 1}}}', { a: 1 }],
    ["{{ [[1], [2]][1][0] }}", 2],
    ['{{ "}}" }}', "}}"],
    ["{{ '}}' + \"{{\" }}", "}}{{"],
    ['{{ "\\"}}" }}', '"}}'],
    ['{{ """a "}}" b""" }}', 'a "}}" b'],
    ["{{ r'\\d}}' }}", "\\d}}"],
    ["{{\r\n  .input.user\r\n  .name\r\n}}", "Ann"],
    ["{{ input.n // a comment: it's }}", 7],
    ["{{ input.n // }} \n }}", "7 \n }}"],
    ['{{ "ünï😀" }}', "ünï😀"],
  ];
  for (const [template, value] of TABLE) {
    it(`keeps the type of ${JSON.stringify(template)}`, () => assert.deepEqual(fill(template), value));
  }
});

describe("a template with anything around it", () => {
  const TABLE: readonly [template: string, text: string][] = [
    ["Hi {{ .input.user.name }}!", "Hi Ann!"],
    ["{{ .input.n }}{{ .input.n }}", "77"],
    ["{{ .input.n }} {{ .input.n }}", "7 7"],
    ["n={{ .input.price }}", "n=7.5"],
    ["u={{ .input.user }}", 'u={"name":"Ann","id":1}'],
    ["l={{ .input.list }}", "l=[3,1,2]"],
    ["{{ .input.nothing }}.", "null."],
    ["{{ .input.yes }}.", "true."],
    ["{env:{{ .env.REGION }}}", "{env:eu}"],
    ['{{ "{{" }} .x }}', "{{ .x }}"],
    ['a {{ "{{" }}', "a {{"],
    ["} }} {{ .input.n }} }}", "} }} 7 }}"],
    ["it's {{ .input.n }} o'clock", "it's 7 o'clock"],
    ["at {{ now() }}", "at 2026-11-20T09:00:00Z"],
    ["for {{ duration('90s') }}", "for 1m30s"],
    ["{{ b'abc' }}!", "YWJj!"],
    ["<{{ .input.?nope }}>", "<null>"],
    ["<{{ steps.skipped.output.a.b }}>", "<null>"],
    ["😀{{ .input.text }}😀", "😀abc😀"],
    ["a\r\n{{ .input.text }}\r\nb", "a\r\nabc\r\nb"],
  ];
  for (const [template, text] of TABLE) {
    it(`makes text of ${JSON.stringify(template)}`, () => assert.equal(fill(template), text));
  }
});

describe("compileTemplate()", () => {
  it("fills templates at any depth and leaves the rest alone", () => {
    const value = { a: [1, { b: "{{ .input.n }}", c: null }, "x{{ .input.n }}"], d: true, "{{": "plain" };
    assert.deepEqual(fill(value), { a: [1, { b: 7, c: null }, "x7"], d: true, "{{": "plain" });
  });

  it("gives the very same value where there is no template", () => {
    const value = { a: [1, "x", { b: "}} {" }] };
    const { template, issues } = compileTemplate(value);
    assert.equal(template.isConstant, true);
    assert.equal(template.evaluate(scopeWith()), value);
    assert.deepEqual([template.references, issues], [[], []]);
  });

  it("shares the parts without templates", () => {
    const part = { deep: [1, 2] };
    const { template } = compileTemplate({ part, n: "{{ .input.n }}" });
    assert.equal((template.evaluate(scopeWith()) as { part: unknown }).part, part);
    assert.equal(template.isConstant, false);
  });

  it("hands JSON through without copying it", () => {
    const list = [{ a: 1 }];
    assert.equal(fill("{{ .big }}", { big: list }), list);
  });

  it("keeps a key called __proto__ an ordinary key", () => {
    const value = JSON.parse('{"__proto__": "{{ .input.n }}", "a": 1}');
    const filled = fill(value) as object;
    assert.equal(Object.getPrototypeOf(filled), Object.prototype);
    assert.equal(JSON.stringify(filled), '{"__proto__":7,"a":1}');
  });

  it("does not evaluate text that came from data", () => {
    assert.equal(fill("{{ .data }}", { data: "{{ .input.n }}" }), "{{ .input.n }}");
    assert.equal(fill("<{{ .data }}>", { data: "{{ .input.n }}" }), "<{{ .input.n }}>");
  });

  it("warns of a template in a key", () => {
    const [issue] = issuesOf({ "{{ .input.n }}": 1 });
    assert.deepEqual([issue?.code, issue?.severity, issue?.at], ["template_in_key", "warning", ["{{ .input.n }}"]]);
  });

  it("says where a template is left open", () => {
    const [open] = issuesOf({ a: ["x", "ab {{ .input.n"] });
    assert.deepEqual([open?.code, open?.at, open?.span], ["expression_syntax", ["a", 1], { start: 3, end: 5 }]);
    assert.equal(issuesOf("{{ size(.a }}")[0]?.hint, '"(" is still open');
    assert.equal(issuesOf("{{ it's }}")[0]?.hint, '"\'" is still open');
    assert.match(issuesOf("text {{")[0]?.hint ?? "", /\{\{ "\{\{" \}\}/);
  });

  it("finds all problems in one pass", () => {
    const issues = issuesOf({ a: "{{ 1 + }}", b: ["{{ nope(1) }} {{ 'a' - 1 }}"], c: "{{ !1 && -'x' }}" });
    assert.deepEqual(issues.map(({ code, at }) => [code, at.join(".")]), [
      ["expression_syntax", "a"],
      ["unknown_function", "b.0"],
      ["expression_type", "b.0"],
      ["expression_type", "c"],
      ["expression_type", "c"],
    ]);
  });

  it("fails with the first problem when a broken template is evaluated all the same", () => {
    assert.throws(() => fill("{{ nope(1) }}"), { name: "ExpressionError", message: 'There is no function "nope"' });
  });
});
