import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Validator } from "@cfworker/json-schema";
import { ROOT } from "../../scripts/command.ts";
import type { JsonObject } from "../../src/base/json.ts";
import { createTester, mockFromSchema, sample } from "../../src/testing/mod.ts";
import { TEST_SCHEMA } from "../../src/testing/test_schema.ts";
import { loadText } from "./load_text.ts";

const TREE: JsonObject = {
  type: "object",
  required: ["name", "parent"],
  properties: {
    name: { type: "string", minLength: 10 },
    parent: { anyOf: [{ $ref: "#" }, { type: "null" }] },
    children: { type: "array", items: { $ref: "#" } },
  },
};

/** Schemas of every kind that samples are made of. */
const SCHEMAS: readonly (JsonObject | boolean)[] = [
  true,
  { type: "integer", minimum: 3, multipleOf: 5 },
  { type: "number", exclusiveMaximum: 0 },
  { type: "number", exclusiveMinimum: 7, maximum: 8 },
  { type: "string", maxLength: 2 },
  { type: "string", pattern: "^[A-Z]{3}$", examples: ["ABC"] },
  { enum: ["b", "a"] },
  { const: { a: [1] } },
  { type: ["null", "boolean"] },
  { type: "array", items: { type: "string", minLength: 3 }, minItems: 3 },
  { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], items: false, minItems: 2 },
  { oneOf: [{ type: "string", minLength: 8 }, { type: "integer" }] },
  {
    allOf: [{ properties: { a: { type: "integer" } }, required: ["a"] }, { $ref: "#/$defs/b" }],
    $defs: { b: { required: ["b"] } },
  },
  {
    type: "object",
    required: ["id"],
    properties: { id: { $ref: "#/$defs/id" } },
    $defs: { id: { type: "string", minLength: 5 } },
  },
  TREE,
];

describe("mockFromSchema()", () => {
  for (const schema of SCHEMAS) {
    it(`gives a value that fits ${JSON.stringify(schema).slice(0, 60)}, always the same`, () => {
      const value = mockFromSchema(schema);
      const { valid, errors } = new Validator(schema as object, "2020-12").validate(value);
      assert.ok(valid, `${JSON.stringify(value)}: ${errors[0]?.error}`);
      assert.deepEqual(mockFromSchema(schema), value);
    });
  }

  it("names texts after their properties, and gives formats their form", () => {
    const properties = { city: { type: "string" }, at: { type: "string", format: "date-time" } };
    assert.deepEqual(mockFromSchema({ type: "object", properties }), { city: "city", at: "2025-01-01T00:00:00Z" });
  });
});

describe("sample()", () => {
  const text = readFileSync(join(ROOT, "examples/order_processing/workflow.yaml"), "utf8");
  const file = join(ROOT, "examples/order_processing/workflow.yaml");

  it("gives what a gRPC method answers, by its descriptors", async () => {
    const tester = createTester({
      mocks: { inventory: sample(), payment: sample(), carrier: { id: "l1", day: "Monday" } },
    });
    const run = await tester.start(await loadText(tester, text, file), {
      input: { order_id: "o1", items: [{ sku: "cup", quantity: 1 }], card: "1", city: "Lyon" },
    });
    const { status } = await run.result();
    assert.equal(status, "completed");
    tester.expectCalls("inventory.Reserve", [{ output: { id: "id", warehouse: "warehouse", total: 1 } }]);
    await tester.close();
  });

  it("says that nothing is known of what an HTTP service answers", async () => {
    const tester = createTester({ mocks: { inventory: sample(), payment: sample(), carrier: sample() } });
    const run = await tester.start(await loadText(tester, text, file), {
      input: { order_id: "o1", items: [], card: "1", city: "Lyon" },
    });
    await assert.rejects(run.result(), /Nothing is known of what carrier\.POST \/labels answers/);
    await tester.close();
  });
});

describe("TEST_SCHEMA", () => {
  const validator = new Validator(structuredClone(TEST_SCHEMA) as object, "2020-12");

  it("takes what test files take, and nothing else", () => {
    const one = {
      name: "a",
      mocks: { shop: { fails: { code: "http_503", times: 2 }, returns: 1 } },
      expect: { calls: { a: 1 } },
    };
    assert.equal(validator.validate({ workflow: "./w.yaml", cases: [one] }).valid, true);
    for (
      const wrong of [{ ...one, expects: {} }, { ...one, mocks: { shop: { return: 1 } } }, {
        ...one,
        signals: [{ at: 5 }],
      }]
    ) {
      assert.equal(validator.validate({ workflow: "./w.yaml", cases: [wrong] }).valid, false, JSON.stringify(wrong));
    }
  });
});
