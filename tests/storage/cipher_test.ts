import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCipher } from "../../src/storage/cipher.ts";

const KEY = new Uint8Array(32).fill(7);

describe("createCipher()", () => {
  it("opens what any cipher of the same key has sealed", async () => {
    for (const text of ["", "a", "ü\u0000🐙", "x".repeat(100_000)]) {
      const sealed = await (await createCipher(KEY)).seal(text, "here");
      assert.equal(await (await createCipher(KEY)).open(sealed, "here"), text);
    }
  });

  it("never seals a text the same way twice, and leaves nothing of it to be seen", async () => {
    const cipher = await createCipher(KEY);
    const [first, second] = [await cipher.seal("a secret text", "here"), await cipher.seal("a secret text", "here")];
    assert.notDeepEqual(first, second);
    assert.ok(!new TextDecoder("latin1").decode(first).includes("secret"));
  });

  it("refuses another key, another place, and anything that was changed", async () => {
    const cipher = await createCipher(KEY);
    const sealed = await cipher.seal("text", "here");
    const other = await createCipher(new Uint8Array(32).fill(8));
    await assert.rejects(other.open(sealed, "here"), { code: "wrong_key" });
    await assert.rejects(cipher.open(sealed, "there"), { code: "wrong_key" });
    await assert.rejects(cipher.open(new Uint8Array(), "here"), { code: "wrong_key" });
    for (let index = 0; index < sealed.length; index++) {
      const changed = sealed.with(index, sealed[index]! ^ 1);
      await assert.rejects(cipher.open(changed, "here"), { code: "wrong_key" });
      await assert.rejects(cipher.open(sealed.slice(0, index), "here"), { code: "wrong_key" });
    }
  });
});
