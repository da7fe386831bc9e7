import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileTemplate } from "../../src/expr/mod.ts";

/** The references of a template as text: `root.path`, with `?` behind guarded ones. */
function referencesOf(template: string): readonly string[] {
  return compileTemplate(template).template.references
    .map(({ root, path, isGuarded }) => [root, ...path].join(".") + (isGuarded ? "?" : ""));
}

describe("references", () => {
  const TABLE: readonly [template: string, references: readonly string[]][] = [
    ["{{ .input.n }}", ["input.n"]],
    ["{{ input.n + steps.fetch.output.id }}", ["input.n", "steps.fetch.output.id"]],
    ["{{ user }}", ["user"]],
    ['{{ steps["a-b"].output.l[0]["x y"] }}', ["steps.a-b.output.l.0.x y"]],
    ["{{ l[i.k].name }}", ["l", "i.k"]],
    ["{{ .x.in.package.true }}", ["x.in.package.true"]],
    ["{{ users.map(u, u.name + prefix) }}", ["users", "prefix"]],
    ["{{ a.b.filter(x, x.y in c.d).exists(y, y == e) }}", ["a.b", "c.d", "e"]],
    ["{{ cel.bind(v, a.b, v + c) }}", ["a.b", "c"]],
    ["{{ has(a.b) }}", ["a.b?"]],
    ["{{ has(a.b) && a.b.c > 1 && a.d }}", ["a.b?", "a.b.c?", "a.d"]],
    ["{{ a.b != null ? a.b : c }}", ["a.b?", "a.b?", "c"]],
    ["{{ a.?b.c }}", ["a.b.c?"]],
    ["{{ default(a.b, c.d) }}", ["a.b?", "c.d"]],
    ["{{ default(a[k.x].b, 1) }}", ["a?", "k.x?"]],
    ["{{ default(size(a.b), 1) + a.b }}", ["a.b?", "a.b"]],
    ["{{ a.b == null }}", ["a.b?"]],
    ["{{ null != a.b }}", ["a.b?"]],
    ["{{ a.b == c }}", ["a.b", "c"]],
    ["{{ a.b.trim().size() }}", ["a.b"]],
    ["{{ {'k': a.b, c: [d]} }}", ["a.b", "c", "d"]],
    ["{{ now() }} {{ uuid() }} {{ type(a) == int }}", ["a"]],
    ["{{ timestamp }} {{ execution_time }}", ["timestamp", "execution_time"]],
    ["text {{ a }} text {{ b.c }}", ["a", "b.c"]],
  ];
  for (const [template, references] of TABLE) {
    it(`of ${template}`, () => assert.deepEqual(referencesOf(template), references));
  }

  it("have spans in the string and a path to it", () => {
    const value = { a: ["x", 'é {{ .steps.fetch . output["id"] + b }}'] };
    const { references } = compileTemplate(value).template;
    const text = value.a[1]!;
    assert.deepEqual(references.map(({ span }) => text.slice(span.start, span.end)), [
      'steps.fetch . output["id"]',
      "b",
    ]);
    assert.deepEqual(references.map(({ at }) => at), [["a", 1], ["a", 1]]);
  });

  it("are given for expressions with type errors too", () => {
    assert.deepEqual(referencesOf("{{ a.b + ('x' - 1) }}"), ["a.b"]);
    assert.deepEqual(referencesOf("{{ size(a, b) + nope(c) }}"), ["a", "b", "c"]);
  });

  it("tell whether secrets are read", () => {
    assert.equal(compileTemplate({ a: ["{{ secrets.X }}"] }).template.readsSecrets, true);
    assert.equal(compileTemplate("{{ has(secrets.X) }}").template.readsSecrets, true);
    assert.equal(compileTemplate("{{ input.secrets.X }} secrets.X").template.readsSecrets, false);
  });
});
