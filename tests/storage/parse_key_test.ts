import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeBase64 } from "../../src/base/base64.ts";
import { MaestroError } from "../../src/base/errors.ts";
import { parseKey } from "../../src/storage/parse_key.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe("parseKey()", () => {
  const hex = [...KEY].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = encodeBase64(KEY);

  it("reads raw bytes, hexadecimal digits and base64, with white space around the text", () => {
    const texts = [hex, hex.toUpperCase(), `${hex}\n`, base64, `  ${base64}\r\n`, base64.replace(/=+$/, "")];
    const forUrls = base64.replaceAll("+", "-").replaceAll("/", "_");
    assert.deepEqual(parseKey(KEY), KEY);
    for (const text of [...texts, forUrls]) assert.deepEqual(parseKey(bytes(text)), KEY, text);
  });

  const REFUSED: readonly (readonly [name: string, content: Uint8Array, message: string])[] = [
    ["nothing", new Uint8Array(), '"key.txt" is empty'],
    ["white space", bytes(" \n"), '"key.txt" is empty'],
    ["too many bytes", new Uint8Array(33).fill(200), '"key.txt" has 33 bytes instead of 32'],
    ["base64 of fewer bytes", bytes("c2VjcmV0"), '"key.txt" has 6 bytes in base64 instead of 32'],
    ["too few digits", bytes(hex.slice(2)), '"key.txt" has 46 bytes in base64 instead of 32'],
    ["half a group of base64", bytes("abcde"), '"key.txt" has no whole number of bytes in base64 instead of 32'],
    [
      "a sentence",
      bytes("this is my key"),
      '"key.txt" has 14 bytes that are neither a key nor hexadecimal digits nor base64',
    ],
  ];

  for (const [name, content, message] of REFUSED) {
    it(`refuses ${name}, and shows nothing of it`, () => {
      assert.throws(() => parseKey(content, '"key.txt"'), (error) => {
        assert.ok(MaestroError.is(error, "usage"));
        assert.equal(error.message, message);
        return true;
      });
    });
  }
});
