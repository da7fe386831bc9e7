import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ROOT } from "../../scripts/command.ts";
import { ERROR_CODES } from "../../src/base/errors.ts";
import { routes } from "../../src/cli/routes.ts";
import { LIST_MACROS, OPTIONAL_MACROS } from "../../src/expr/macros.ts";
import { FUNCTIONS, METHODS } from "../../src/expr/function_table.ts";
import { OWN_CODES } from "../../src/plan/error_codes.ts";
import { WORKFLOW_SCHEMA } from "../../src/yaml/schema.ts";

/** What JSON Schema itself is made of: described elsewhere. */
const ELSEWHERE = new Set(["json_schema"]);

describe("docs/language.md", () => {
  it("has every key of the language", () => {
    const page = codeOf("docs/language.md");
    assert.deepEqual([...keysOf(WORKFLOW_SCHEMA)].filter((key) => !mentions(page, key)), []);
  });
});

describe("docs/expressions.md", () => {
  it("has every function", () => {
    const page = codeOf("docs/expressions.md");
    const names = [...FUNCTIONS.keys(), ...METHODS.keys(), ...LIST_MACROS, ...OPTIONAL_MACROS, "has", "default"];
    assert.deepEqual(names.filter((name) => !page.some((code) => code.includes(`${name}(`))), []);
  });
});

describe("docs/cli.md", () => {
  it("has every command and flag", () => {
    const page = codeOf("docs/cli.md");
    const wanted = wordsOf(routes);
    assert.ok(wanted.includes("--older-than"));
    assert.ok(wanted.includes("--log-format"));
    assert.deepEqual(wanted.filter((word) => !mentions(page, word)), []);
  });
});

describe("docs/errors.md", () => {
  const page = codeOf("docs/errors.md");

  it("has every error code", () => {
    assert.deepEqual([...Object.keys(ERROR_CODES), ...OWN_CODES].filter((code) => !page.includes(code)), []);
  });

  it("has every validation code that the fixtures break", () => {
    const folder = join(ROOT, "tests/fixtures/yaml/invalid");
    const codes = readdirSync(folder).flatMap((name) =>
      [...readFileSync(join(folder, name), "utf8").matchAll(/^\uFEFF?# expect \d+:\d+ (\w+)/gm)].map(([, code = ""]) =>
        code
      )
    );
    assert.deepEqual([...new Set(codes)].filter((code) => !page.includes(code)), []);
  });
});

/** Names and flags of all commands, those behind `runs` too. */
function wordsOf(map: typeof routes): string[] {
  return map.getAllEntries().flatMap(({ name, target }) => {
    if ("getAllEntries" in target) return [name.original, ...wordsOf(target)];
    const flags = "parameters" in target ? Object.keys(target.parameters.flags ?? {}) : [];
    return [name.original, ...flags.map((flag) => `--${flag.replace(/[A-Z]/g, "-$&").toLowerCase()}`)];
  });
}

/** Everything that a page sets in code, inline or in blocks. */
function codeOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  return [...text.matchAll(/```[^\n]*\n(.*?)```|`([^`\n]+)`/gs)].map(([, block, inline]) => inline ?? block ?? "");
}

function mentions(page: readonly string[], word: string): boolean {
  const pattern = new RegExp(`(?<![\\w-])${word}(?![\\w-])`);
  return page.some((code) => pattern.test(code));
}

/** Names of all properties that a schema describes, at any depth. */
function keysOf(node: unknown, keys: Set<string> = new Set()): Set<string> {
  if (typeof node !== "object" || node === null) return keys;
  for (const [name, value] of Object.entries(node)) {
    if (ELSEWHERE.has(name)) continue;
    if (name === "properties") { for (const key of Object.keys(value as object)) keys.add(key); }
    keysOf(value, keys);
  }
  return keys;
}
