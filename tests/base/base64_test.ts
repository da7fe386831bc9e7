import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeBase64, textToBase64 } from "../../src/base/base64.ts";

describe("base64", () => {
  it("encodeBase64() writes every byte, however many there are", () => {
    const bytes = Uint8Array.from({ length: 300_001 }, (_, index) => index % 256);
    const latin1 = atob(encodeBase64(bytes));
    assert.equal(latin1.length, bytes.length);
    assert(bytes.every((byte, index) => latin1.charCodeAt(index) === byte));
    assert.equal(encodeBase64(new Uint8Array()), "");
  });

  it("textToBase64() writes UTF-8", () => {
    assert.equal(textToBase64("pä"), "cMOk");
  });
});
