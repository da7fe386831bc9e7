import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeUtf8 } from "../../src/base/decode_utf8.ts";

describe("decodeUtf8()", () => {
  it("gives back any text", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.equal(decodeUtf8(new TextEncoder().encode(text)), text);
    }));
  });

  it("marks the first place that is no UTF-8", () => {
    const bytes = (...parts: (string | number)[]): Uint8Array =>
      new Uint8Array(parts.flatMap((part) => typeof part === "number" ? [part] : [...new TextEncoder().encode(part)]));
    const table: readonly [Uint8Array, number][] = [
      [bytes(0xff), 0],
      [bytes("caf", 0xe9, " au lait"), 3],
      [bytes("é\uFFFD", 0xc3), 2],
      [bytes("a", 0xe2, 0x82), 1],
      [bytes("\u{1F600}", 0x80, "b", 0xff), 2],
    ];
    for (const [input, place] of table) {
      const text = decodeUtf8(input);
      assert.equal(text.search(/\p{Surrogate}/u), place, JSON.stringify(text));
      assert.equal(text.isWellFormed(), false);
    }
  });
});
