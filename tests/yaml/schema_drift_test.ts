import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import type { DocumentPath } from "../../src/base/diagnostics.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/base/json.ts";
import { parseDocument } from "../../src/yaml/document.ts";
import { WORKFLOW_SCHEMA } from "../../src/yaml/schema.ts";
import { checkStructure } from "../../src/yaml/structure.ts";

/** What the language asks for beyond its schema. */
const BEYOND = new Set(["template_not_allowed"]);

const text = readFileSync(new URL("../fixtures/yaml/valid/everything.yaml", import.meta.url), "utf8");
const document = parseDocument("everything.yaml", text).value as JsonObject;
const validator = new Validator(structuredClone(WORKFLOW_SCHEMA) as object, "2020-12");

const paths: DocumentPath[] = [];
collectPaths(document, []);

function collectPaths(value: JsonValue, path: DocumentPath): void {
  paths.push(path);
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    collectPaths(item, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

function change(
  value: JsonValue,
  path: DocumentPath,
  edit: (old: JsonValue) => JsonValue | undefined,
): JsonValue | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return edit(value);
  if (Array.isArray(value)) {
    return value.flatMap((item: JsonValue, index) =>
      index === key ? change(item, rest, edit) ?? [] : [item]
    ) as JsonValue;
  }
  assert.ok(isJsonObject(value));
  const members = Object.entries(value).flatMap(([name, item]): [string, JsonValue][] => {
    const changed = name === key ? change(item, rest, edit) : item;
    return changed === undefined ? [] : [[name, changed]];
  });
  return Object.fromEntries(members);
}

const values: fc.Arbitrary<JsonValue | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom<JsonValue>(
    null,
    true,
    false,
    0,
    5,
    1.5,
    -1,
    "",
    "30s",
    "name",
    "a b",
    "continue",
    "GET /",
    "{{ .x }}",
  ),
  fc.constantFrom<JsonValue>([], {}, ["a"], [1], [{ log: "a" }], { attempts: 2 }, { when: "x", steps: [{ log: "a" }] }),
);

const keys = fc.constantFrom(
  "retry",
  "when",
  "steps",
  "timeout",
  "collect",
  "x-a",
  "extra",
  "headers",
  "parallel",
  "max",
);

function agree(changed: JsonValue | undefined): void {
  if (!isJsonObject(changed)) return;
  const issues = checkStructure(changed);
  if (issues.some(({ code }) => BEYOND.has(code))) return;
  const { valid } = validator.validate(changed);
  assert.equal(issues.length === 0, valid, JSON.stringify(issues));
}

describe("checkStructure() and WORKFLOW_SCHEMA", () => {
  it("agree on every document with one value changed", () => {
    fc.assert(
      fc.property(fc.constantFrom(...paths), values, (path, value) => agree(change(document, path, () => value))),
      { numRuns: 60 },
    );
  });

  it("agree on every document with one key added", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        keys,
        values,
        (path, key, value) =>
          agree(
            change(document, path, (old) => isJsonObject(old) && value !== undefined ? { ...old, [key]: value } : old),
          ),
      ),
      { numRuns: 40 },
    );
  });
});
