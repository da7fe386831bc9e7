import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkAttributes } from "../../src/engine/attributes.ts";

function refusal(attributes: Record<string, unknown>): string {
  try {
    checkAttributes(attributes);
  } catch (error) {
    assert.equal((error as { code?: string }).code, "invalid_input");
    return (error as Error).message;
  }
  return "accepted";
}

describe("checkAttributes()", () => {
  it("gives a copy of what keeps the limits", () => {
    const attributes = { customer: "Ünal", total: -12.5, "a.b-c_D9": true, _: "", __proto: "x".repeat(256) };
    const checked = checkAttributes(attributes);
    assert.deepEqual(checked, attributes);
    assert.notEqual(checked, attributes);
    assert.deepEqual(checkAttributes({}), {});
  });

  it("keeps names apart from what objects bring along", () => {
    const checked = checkAttributes(JSON.parse('{"__proto__": "x", "constructor": 1}'));
    assert.deepEqual(Object.entries(checked), [["__proto__", "x"], ["constructor", 1]]);
    assert.equal(Object.getPrototypeOf(checked), Object.prototype);
  });

  it("refuses names that are none", () => {
    for (const name of ["", "9a", "a b", "a=b", "é", "-a", ".a", "a\n", "x".repeat(65)]) {
      assert.equal(refusal({ [name]: 1 }), `"${name}" is no name of an attribute`);
    }
    assert.equal(refusal({ ["x".repeat(64)]: 1 }), "accepted");
  });

  it("refuses values that are none", () => {
    for (const value of [null, undefined, [], {}, 1n, () => 1, new Date()]) {
      assert.equal(refusal({ a: value }), 'Attribute "a" is neither text nor a number nor true or false');
    }
    for (const value of [NaN, Infinity, -Infinity]) {
      assert.equal(refusal({ a: value }), `Attribute "a" is ${value}: only finite numbers can be kept`);
    }
    assert.equal(
      refusal({ a: "x".repeat(257) }),
      'Attribute "a" has 257 characters, and at most 256 are allowed',
    );
  });

  it("refuses more than 64", () => {
    const named = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, index]));
    assert.equal(refusal(named(64)), "accepted");
    assert.equal(refusal(named(65)), "A run has at most 64 attributes, and these are 65");
  });
});
