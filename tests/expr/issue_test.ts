import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileTemplate, KIND } from "../../src/expr/mod.ts";
import { evaluate, issuesOf } from "./workflow_scope.ts";

describe("static checks", () => {
  /** Template, code, and the part of the template that is blamed. */
  const TABLE: readonly [template: string, code: string, blamed: string][] = [
    ['{{ "a" - 1 }}', "expression_type", '"a" - 1'],
    ['{{ "a" + 1 }}', "expression_type", '"a" + 1'],
    ["{{ [1] * 2 }}", "expression_type", "[1] * 2"],
    ['{{ !"x" }}', "expression_type", '"x"'],
    ["{{ 1 && true }}", "expression_type", "1"],
    ["{{ true || 'a' }}", "expression_type", "'a'"],
    ["{{ 1 ? 2 : 3 }}", "expression_type", "1"],
    ["{{ -'a' }}", "expression_type", "-'a'"],
    ["{{ null + 1 }}", "expression_type", "null + 1"],
    ["{{ 1 < 'a' }}", "expression_type", "1 < 'a'"],
    ["{{ 'a' in 'abc' }}", "expression_type", "'a' in 'abc'"],
    ["{{ size(.x) - 'a' }}", "expression_type", "size(.x) - 'a'"],
    ["{{ (.a ? 1 : 'x') && true }}", "expression_type", "a ? 1 : 'x'"],
    ["{{ size(5) }}", "expression_type", "5"],
    ["{{ 5.trim() }}", "expression_type", "5"],
    ["{{ [1].trim() }}", "expression_type", "[1]"],
    ["{{ 'a'.matches('(') }}", "expression_type", "'('"],
    ["{{ 'x'.map(y, y) }}", "expression_type", "'x'.map(y, y)"],
    ["{{ 9007199254740993 }}", "expression_type", "9007199254740993"],
    ["{{ fliter(.a) }}", "unknown_function", "fliter"],
    ["{{ .a.b . uper() }}", "unknown_function", "uper"],
    ["{{ size() }}", "wrong_arguments", "size()"],
    ["{{ 'a'.trim(1) }}", "wrong_arguments", "'a'.trim(1)"],
    ["{{ uuid(1) }}", "wrong_arguments", "uuid(1)"],
    ["{{ default(.a) }}", "wrong_arguments", "default(.a)"],
    ["{{ has(1 + 1) }}", "wrong_arguments", "1 + 1"],
    ["{{ .a.map(x.y, 1) }}", "wrong_arguments", "x.y"],
    ["{{ .a.map(x) }}", "wrong_arguments", "a.map(x)"],
    ["{{ .l.map(input, input) }}", "name_taken", "input"],
    ["{{ .l.map(user, user.x) }}", "name_taken", "user"],
    ["{{ cel.bind(user, 1, user) }}", "name_taken", "user"],
    ["{{ secrets[.a] }}", "dynamic_name", "secrets"],
    ["{{ env['a' + 'b'] }}", "dynamic_name", "env"],
    ["{{ size(secrets) }}", "dynamic_name", "secrets"],
    ["{{ .if }}", "reserved_word", "if"],
    ["{{ package.x }}", "reserved_word", "package"],
    ["{{ .null }}", "reserved_word", "null"],
  ];
  for (const [template, code, blamed] of TABLE) {
    it(`${template} is ${code}`, () => {
      const issues = issuesOf(template, ["user"]);
      const [issue] = issues;
      assert.deepEqual(issues.map((one) => one.code), [code]);
      assert.equal(template.slice(issue?.span.start, issue?.span.end).trim(), blamed);
    });
  }

  const HINTS: readonly [template: string, hint: string][] = [
    ["{{ .a.fliter(x, x) }}", 'did you mean "filter"?'],
    ["{{ szie(.a) }}", 'did you mean "size"?'],
    ["{{ .a.lenght() }}", "write size(x)"],
    ["{{ toUpperCase(.a) }}", "write text.upperAscii()"],
    ["{{ trim(.a) }}", "write a.trim()"],
    ["{{ .a.json() }}", "write json(a)"],
    ["{{ min(1, 2) }}", "write min([1, 2])"],
    ["{{ 'a' + 1 }}", "write string(x) to join a value with text"],
    ["{{ 'a' in 'b' }}", "write text.contains(part)"],
  ];
  for (const [template, hint] of HINTS) {
    it(`${template} gets a hint`, () => assert.equal(issuesOf(template)[0]?.hint, hint));
  }

  it("warns of comparisons that are always the same", () => {
    assert.deepEqual(issuesOf("{{ 'a' == 1 }}").map((issue) => issue.severity), ["warning"]);
    assert.deepEqual(issuesOf("{{ .a == 1 }} {{ type(1) == int }}"), []);
    assert.equal(evaluate("'a' == 1"), false);
  });

  it("warns of a key without quotes", () => {
    assert.deepEqual(issuesOf("{{ {a: 1} }}").map((issue) => issue.severity), ["warning"]);
    assert.deepEqual(issuesOf("{{ {.a: 1, 'b': 2} }}"), []);
  });

  it("uses what is known of paths", () => {
    const kindOf = (root: string, path: readonly (string | number)[]): number | undefined =>
      root === "user" && path[0] === "name" ? KIND.text : undefined;
    assert.deepEqual(compileTemplate("{{ user.name - 1 }}", { kindOf }).issues.map((issue) => issue.code), [
      "expression_type",
    ]);
    assert.deepEqual(compileTemplate("{{ user.age - 1 }}", { kindOf }).issues, []);
    assert.equal(compileTemplate("{{ user.name }}", { kindOf }).template.kinds, KIND.text);
  });

  it("places spans in strings with text before and line breaks", () => {
    const text = "line\r\nnext 😀 {{ .a }} {{ nope(1) }}";
    const [issue] = issuesOf({ list: [{ text }] });
    assert.deepEqual(issue?.at, ["list", 0, "text"]);
    assert.equal(text.slice(issue?.span.start, issue?.span.end), "nope");
  });
});
