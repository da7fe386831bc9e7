import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import { ABSENT, compileTemplate, fillDeferred, objectScope } from "../../src/expr/mod.ts";
import { NAMES, scopeWith } from "./workflow_scope.ts";

const SECRETS: Readonly<Record<string, string>> = { TOKEN: "s3cret-value" };
const secretOf = (name: string): string | undefined => SECRETS[name];

/** Defers a template, writes it as a journal would, and fills it in. */
function sendTwice(value: JsonValue, heard: string[] = []): readonly JsonValue[] {
  const journal = JSON.stringify(compileTemplate(value).template.evaluateDeferred(scopeWith()));
  assert.doesNotMatch(journal, /s3cret/);
  return [1, 2].map(() => {
    const read = JSON.parse(journal);
    return fillDeferred(read.value, read.deferred, secretOf, (text) => heard.push(text));
  });
}

describe("evaluateDeferred()", () => {
  it("puts null where secrets are read and keeps the rest", () => {
    const { template } = compileTemplate({ a: "{{ .input.n }}", auth: ["Bearer {{ secrets.TOKEN }}"], b: { c: 1 } });
    const { value, deferred } = template.evaluateDeferred(scopeWith());
    assert.deepEqual(value, { a: 7, auth: [null], b: { c: 1 } });
    assert.deepEqual(deferred.map(({ at, text }) => [at, text]), [[["auth", 0], "Bearer {{ secrets.TOKEN }}"]]);
  });

  it("captures only what the string reads", () => {
    const { template } = compileTemplate("{{ secrets.TOKEN + input.user.name + input.text }} {{ input.user }}");
    const [leaf] = template.evaluateDeferred(scopeWith()).deferred;
    assert.deepEqual(leaf?.scope["values"], [[["input", "text"], "abc"], [["input", "user"], { name: "Ann", id: 1 }]]);
    assert.doesNotMatch(JSON.stringify(leaf), /items|dashed|s3cret/);
  });

  it("defers nothing where no secret is read", () => {
    const { template } = compileTemplate({ a: "{{ .input.n }}" });
    assert.deepEqual(template.evaluateDeferred(scopeWith()), { value: { a: 7 }, deferred: [] });
  });
});

describe("fillDeferred()", () => {
  it("gives the value that is sent, and tells every string that it resolved", () => {
    const heard: string[] = [];
    const [sent] = sendTwice(
      { a: 1, list: [0, { auth: "Bearer {{ secrets.TOKEN }}" }], t: "{{ secrets.TOKEN }}" },
      heard,
    );
    assert.deepEqual(sent, { a: 1, list: [0, { auth: "Bearer s3cret-value" }], t: "s3cret-value" });
    assert.deepEqual(heard.slice(0, 2), ["Bearer s3cret-value", "s3cret-value"]);
  });

  it("gives the same time and randomness each time", () => {
    const [one, two] = sendTwice("{{ secrets.TOKEN }} {{ uuid() }} {{ uuid() }} {{ now() }} {{ timestamp }}");
    assert.equal(one, two);
    assert.match(String(one), /2026-11-20T09:00:00Z 2026-11-20T09:00:00Z$/);
    const [, first, second] = String(one).split(" ");
    assert.notEqual(first, second);
  });

  it("draws different randomness for each leaf and run", () => {
    const { template } = compileTemplate(["{{ secrets.A }}{{ uuid() }}", "{{ secrets.A }}{{ uuid() }}"]);
    const { value, deferred } = template.evaluateDeferred(objectScope({}, { now: () => 0 }));
    const filled = fillDeferred(value, deferred, () => "", () => {}) as string[];
    assert.notEqual(filled[0], filled[1]);
  });

  it("reads what is missing, null, absent or in a list as the first evaluation would", () => {
    const reads = [
      "has(input.nope)",
      "default(input.nope.x, 'd')",
      "input.nothing == null",
      "steps.skipped.output[string(input.n)].x == null",
      "steps.skipped.output.a.b == null",
      "input.list[1] + input.items[0].price",
      "size(input.list)",
      "input.items.map(i, i.id + input.text)",
      "input['x-y'] + input.in",
      "has(secrets.NOPE) || secrets.?NOPE.hasValue()",
    ];
    for (const read of reads) {
      const template = `{{ secrets.TOKEN }} {{ ${read} }}`;
      const direct = compileTemplate(template).template.evaluate(objectScope({ ...NAMES }));
      assert.equal(sendTwice(template)[0], direct, read);
    }
  });

  it("keeps the value as it is and the types of whole templates", () => {
    const { template } = compileTemplate({ deep: { a: "{{ {'k': secrets.TOKEN} }}" }, same: { b: 1 } });
    const { value, deferred } = template.evaluateDeferred(scopeWith());
    const filled = fillDeferred(value, deferred, secretOf, () => {}) as { same: unknown };
    assert.deepEqual(filled, { deep: { a: { k: "s3cret-value" } }, same: { b: 1 } });
    assert.deepEqual(value, { deep: { a: null }, same: { b: 1 } });
    assert.equal(filled.same, (value as { same: unknown }).same);
  });

  it("fails for a missing secret and for what was missing before, without showing a value", () => {
    const send = (template: string, secrets = secretOf): JsonValue => {
      const { value, deferred } = compileTemplate({ x: template }).template.evaluateDeferred(scopeWith());
      return fillDeferred(value, deferred, secrets, () => {});
    };
    assert.throws(() => send("{{ secrets.GONE }}"), {
      name: "ExpressionError",
      message: "secrets.GONE is missing",
      at: ["x"],
    });
    assert.throws(() => send("{{ secrets.TOKEN }}{{ input.user.email }}"), { message: "input.user.email is missing" });
    assert.throws(() => send("{{ int(secrets.TOKEN) }}"), (error) => !String(error).includes("s3cret"));
    assert.deepEqual(send("{{ secrets.?GONE }}"), { x: null });
  });

  it("captures absent inside values as null", () => {
    const { template } = compileTemplate("{{ secrets.TOKEN }}{{ block }}");
    const { value, deferred } = template.evaluateDeferred(objectScope({ block: { a: ABSENT } }));
    assert.equal(fillDeferred(value, deferred, secretOf, () => {}), 's3cret-value{"a":null}');
  });
});
