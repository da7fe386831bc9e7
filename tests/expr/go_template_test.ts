import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fill, issuesOf } from "./workflow_scope.ts";

describe("Go-template forms", () => {
  const TABLE: readonly [template: string, hint: string][] = [
    ['{{ eq .a "b" }}', 'write {{ .a == "b" }}'],
    ["{{ ne .a .b }}", "write {{ .a != .b }}"],
    ["{{ gt .input.n 5 }}", "write {{ .input.n > 5 }}"],
    ["{{ and .a .b }}", "write {{ .a && .b }}"],
    ["{{ not .a }}", "write {{ !.a }}"],
    ["{{ len .a }}", "write {{ size(.a) }}"],
    ["{{ index .a 0 }}", "write {{ .a[0] }}"],
    ['{{ default "x" .a }}', 'write {{ default(.a, "x") }}'],
    ["{{- .a }}", "write {{ .a }}"],
    ["{{ .a -}}", "write {{ .a }}"],
    ["{{- .a -}}", "write {{ .a }}"],
    ["{{ .a | upper }}", "write {{ .a.upperAscii() }}"],
    ['{{ .a | default "x" }}', 'write {{ default(.a, "x") }}'],
    ["{{ .a | toJson | quote }}", "write {{ json(json(.a)) }}"],
    ["{{ .a | nope }}", "call functions as f(x) or x.f()"],
    ['{{ printf "%s" .a }}', "write functions as f(x, y) and comparisons as .a == .b"],
    ["{{ $x := .a }}", "write the path itself, such as {{ .input.name }}"],
  ];
  for (const [template, hint] of TABLE) {
    it(`${template} gets the right form as a hint`, () => {
      const issues = issuesOf(template);
      assert.deepEqual(issues.map((issue) => [issue.code, issue.severity, issue.hint]), [[
        "go_template",
        "error",
        hint,
      ]]);
    });
  }

  for (const template of ["{{ if .a }}", "{{ range .items }}", "{{ with .a }}", "{{ else }}", '{{ if eq .a "b" }}']) {
    it(`${template} is refused`, () => assert.equal(issuesOf(template)[0]?.code, "go_template"));
  }

  it("reports a block once", () => {
    assert.deepEqual(issuesOf("{{ if .a }}x{{ end }}").map((issue) => issue.code), ["go_template"]);
  });

  it("leaves CEL that only looks alike alone", () => {
    assert.equal(fill("{{ -.input.n }}"), -7);
    assert.equal(fill("{{ - .input.n }}"), -7);
    assert.equal(fill("{{-.input.n}}"), -7);
    assert.equal(fill("{{ false || .input.yes }}"), true);
    assert.equal(fill("{{ eq }}", { eq: 1 }), 1);
    assert.equal(fill("{{ len.a }}", { len: { a: 1 } }), 1);
    assert.equal(fill("{{ end }}", { end: 1 }), 1);
  });
});

describe("notations of other languages", () => {
  const TABLE: readonly [template: string, hint: RegExp][] = [
    ["{{ .a = 1 }}", /"=="/],
    ["{{ .a === 1 }}", /"=="/],
    ["{{ .a and .b }}", /"&&"/],
    ["{{ .a or .b }}", /"\|\|"/],
    ["{{ .a & .b }}", /"&&"/],
    ["{{ .a ?? 1 }}", /default\(x, y\)/],
    ["{{ .a?.b }}", /"\.\?"/],
    ["{{ .items.0.name }}", /list\[0\]/],
    ["{{ .a.`b` }}", /quote text/],
    ["{{ .ä }}", /x\["…"\]/],
    ["{{ . }}", /name what to read/],
    ["{{ 'it' s' }}", /still open/],
    ["{{ 'a' 'b' }}", /close each quote/],
  ];
  for (const [template, hint] of TABLE) {
    it(`${template} gets a hint`, () => assert.match(issuesOf(template)[0]?.hint ?? "none", hint));
  }
});
