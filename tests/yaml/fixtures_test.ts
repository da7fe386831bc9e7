import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Validator } from "@cfworker/json-schema";
import type { Diagnostic } from "../../src/base/diagnostics.ts";
import { compileWorkflow } from "../../src/yaml/compile.ts";
import { parseDocument } from "../../src/yaml/document.ts";
import { WORKFLOW_SCHEMA } from "../../src/yaml/schema.ts";

const FIXTURES = new URL("../fixtures/yaml/", import.meta.url);

/** Codes of problems that the published schema sees as well. */
const STRUCTURAL = new Set([
  "unknown_key",
  "missing_key",
  "wrong_type",
  "bad_value",
  "bad_name",
  "no_kind",
  "several_kinds",
  "not_yet_supported",
]);

interface Fixture {
  readonly name: string;
  readonly text: string;
}

function fixtures(folder: string): Fixture[] {
  const at = new URL(`${folder}/`, FIXTURES);
  const names = readdirSync(at).filter((name) => name.endsWith(".yaml")).sort();
  return names.map((name) => ({ name, text: readFileSync(new URL(name, at), "utf8") }));
}

function expectations(text: string): string[] {
  return [...text.matchAll(/^\uFEFF?# expect (\d+:\d+ \w+)/gm)].map((match) => match[1]!);
}

function fitsPublishedSchema(text: string): boolean {
  const { value } = parseDocument("w.yaml", text);
  // The validator marks the schemas that it is given.
  return new Validator(structuredClone(WORKFLOW_SCHEMA) as object, "2020-12").validate(value ?? null).valid;
}

/** Problems that a schema may or may not see, depending on where they stand. */
function isBeyondSchema(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ code }) => /yaml|template_not_allowed|misplaced_key|document/.test(code));
}

describe("compileWorkflow() on broken workflows", () => {
  for (const { name, text } of fixtures("invalid")) {
    it(`finds each problem of ${name} in its place`, () => {
      const { diagnostics, plan } = compileWorkflow(name, text);
      const found = diagnostics.map(({ line, column, code }) => `${line}:${column} ${code}`);
      assert.deepEqual(found, expectations(text));
      assert.equal(plan === undefined, diagnostics.some(({ severity }) => severity === "error"));
    });
  }
});

describe("compileWorkflow() on sound workflows", () => {
  for (const { name, text } of fixtures("valid")) {
    it(`compiles ${name} without a word`, () => {
      const { diagnostics, plan } = compileWorkflow(name, text);
      assert.deepEqual(diagnostics, []);
      assert.ok(plan !== undefined);
    });
  }
});

describe("WORKFLOW_SCHEMA", () => {
  for (const { name, text } of fixtures("valid")) {
    it(`accepts ${name}`, () => assert.ok(fitsPublishedSchema(text)));
  }

  for (const { name, text } of fixtures("invalid")) {
    const { diagnostics } = compileWorkflow(name, text);
    const isStructural = diagnostics.some(({ code }) => STRUCTURAL.has(code));
    if (isStructural) it(`refuses ${name}`, () => assert.ok(!fitsPublishedSchema(text)));
    else if (!isBeyondSchema(diagnostics)) it(`accepts ${name}`, () => assert.ok(fitsPublishedSchema(text)));
  }

  it("is itself a JSON Schema with a description for every key", () => {
    const keys: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== "object" || node === null) return;
      for (const [key, value] of Object.entries(node)) {
        if (key === "properties" && !path.includes("json_schema")) {
          for (
            const [name, schema] of Object.entries(value as Record<string, { description?: string; $ref?: string }>)
          ) {
            if (schema.description === undefined && schema.$ref === undefined) keys.push(`${path}.${name}`);
          }
        }
        visit(value, `${path}.${key}`);
      }
    };
    visit(WORKFLOW_SCHEMA, "");
    assert.deepEqual(keys, []);
  });
});
