import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileParts } from "../../src/expr/mod.ts";
import { scopeWith } from "./workflow_scope.ts";

describe("compileParts()", () => {
  it("keeps each value apart from the text around it", () => {
    const { parts, issues } = compileParts("GET /users/{{ .input.user.id }}/{{ path('a/b') }}?x={{ .input.list }}");
    assert.deepEqual(issues, []);
    assert.deepEqual(parts.evaluate(scopeWith()), [
      "GET /users/",
      { value: 1, isPath: false },
      "/",
      { value: "a/b", isPath: true },
      "?x=",
      { value: [3, 1, 2], isPath: false },
    ]);
    assert.deepEqual([parts.isWhole, parts.isConstant, parts.readsSecrets], [false, false, false]);
    assert.deepEqual(parts.references.map((reference) => reference.path[0]), ["user", "list"]);
  });

  it("knows one whole template and plain text", () => {
    const whole = compileParts(" {{ .input.text }} ").parts;
    assert.equal(whole.isWhole, true);
    assert.deepEqual(whole.evaluate(scopeWith()), [{ value: "abc", isPath: false }]);
    const plain = compileParts("POST /x").parts;
    assert.deepEqual([plain.isConstant, plain.isWhole, plain.evaluate(scopeWith())], [true, false, ["POST /x"]]);
    assert.deepEqual(compileParts("").parts.evaluate(scopeWith()), []);
  });

  it("gives null for what did not happen and JSON for the rest", () => {
    const { parts } = compileParts("/{{ steps.skipped.output.id }}/{{ now() }}");
    assert.deepEqual(parts.evaluate(scopeWith()), [
      "/",
      { value: null, isPath: false },
      "/",
      { value: "2026-11-20T09:00:00Z", isPath: false },
    ]);
  });

  it("keeps path() through default() and ? :", () => {
    const { parts } = compileParts("{{ default(path(.input.text), 'x') }}{{ true ? path('y') : 'z' }}");
    assert.deepEqual(parts.evaluate(scopeWith()), [{ value: "abc", isPath: true }, { value: "y", isPath: true }]);
  });
});
