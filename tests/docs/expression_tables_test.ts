import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ROOT } from "../../scripts/command.ts";
import { toError } from "../../src/base/errors.ts";
import type { JsonValue } from "../../src/base/json.ts";
import { ABSENT, compileTemplate, objectScope, preparePatterns } from "../../src/expr/mod.ts";
import { readBlocks } from "./blocks.ts";

await preparePatterns("matches");

const PAGE = readFileSync(join(ROOT, "docs/expressions.md"), "utf8");
/** The names that the page's examples see; `skipped` is the output of a step that was skipped. */
const NAMES: Readonly<Record<string, JsonValue>> = JSON.parse(
  readBlocks(PAGE).find(({ file }) => file === "scope.json")?.text ?? "{}",
);
const SCOPE = objectScope({ ...NAMES, skipped: ABSENT }, { now: () => Date.UTC(2026, 0, 31, 12), random: () => 0.5 });

describe("the expression tables of docs/expressions.md", () => {
  for (const [expression, value] of rowsOf(PAGE)) {
    it(`gives ${value} for ${expression}`, () => {
      const found = evaluate(expression);
      if (value.startsWith("error:")) assert.equal(found, value);
      else assert.deepEqual(found, JSON.parse(value));
    });
  }
});

/** Rows of the tables whose first columns are "expression" (or "template") and "value", which is JSON or `error: message`. */
function rowsOf(markdown: string): [expression: string, value: string][] {
  let isTable = false;
  return markdown.split("\n").flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|"));
    if (cells.length === 0) isTable = false;
    if (/^(expression|template)$/.test(cells[0] ?? "") && cells[1] === "value") isTable = true;
    const [expression, value] = cells.slice(0, 2).map((cell) => /^`+ ?(.*?) ?`+$/.exec(cell)?.[1]);
    return isTable && expression !== undefined && value !== undefined ? [[expression, value] as const] : [];
  }).map(([expression, value]) => [expression, value]);
}

function evaluate(expression: string): JsonValue {
  const { template, issues } = compileTemplate(expression.includes("{{") ? expression : `{{ ${expression} }}`);
  const [issue] = issues;
  if (issue !== undefined) return `error: ${issue.message}`;
  try {
    return template.evaluate(SCOPE);
  } catch (thrown) {
    return `error: ${toError(thrown).message}`;
  }
}
