import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseJson } from "../../src/base/parse_json.ts";

describe("parseJson()", () => {
  it("keeps whole numbers beyond 2^53 as text, and other numbers as they are", () => {
    assert.deepEqual(parseJson('[9007199254740993, 9007199254740991, 1.5, 1e400, "12345678901234567890"]'), [
      "9007199254740993",
      9007199254740991,
      1.5,
      "1e400",
      "12345678901234567890",
    ]);
  });

  it("refuses what is nested too deeply, in lists and maps alike", () => {
    const lists = (levels: number): string => "[".repeat(levels) + " ".repeat(1_000) + "]".repeat(levels);
    const maps = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    assert.doesNotThrow(() => parseJson(lists(500)));
    assert.doesNotThrow(() => parseJson(maps(500)));
    assert.throws(() => parseJson(lists(501)), /nested more than 500 levels/);
    assert.throws(() => parseJson(maps(100_000)), /nested more than 500 levels/);
  });

  it("does not take brackets in texts for nesting", () => {
    const text = JSON.stringify(`${"[".repeat(2_000)}\\"${"{".repeat(2_000)}`);
    assert.equal(typeof parseJson(text), "string");
  });
});
