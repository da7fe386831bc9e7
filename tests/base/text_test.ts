import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closest } from "../../src/base/text.ts";

describe("closest()", () => {
  it("finds the word that was meant", () => {
    const cases = [
      ["endpiont", "endpoint"],
      ["sevrice", "service"],
      ["GTE", "GET"],
      ["raet", "rate"],
      ["sett", "set"],
      ["usr", "user"],
    ];
    for (const [word, meant] of cases) assert.equal(closest(word!, ["other", meant!]), meant);
  });

  it("does not guess from next to nothing", () => {
    const cases = [["x", "s"], ["wat", "set"], ["a", "an"], ["se", "set"], ["abc", "ab"], ["ship", "pays"]];
    for (const [word, other] of cases) assert.equal(closest(word!, [other!]), undefined);
  });
});
