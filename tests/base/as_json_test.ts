import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asJson, NotJsonError } from "../../src/base/as_json.ts";

class Money {
  readonly amount: number;
  readonly #cents: number;

  constructor(amount: number) {
    this.amount = amount;
    this.#cents = amount * 100;
  }

  get cents(): number {
    return this.#cents;
  }
}

const SAME_AS_JSON: Readonly<Record<string, unknown>> = {
  "a tree": { list: [1, "two", false, null, [{}]], deep: { er: { a: 1 } } },
  "undefined, functions and symbols": {
    a: undefined,
    b: () => 1,
    c: Symbol("c"),
    list: [undefined, () => 1, Symbol("d")],
  },
  "numbers that JSON does not know": [NaN, Infinity, -Infinity, -0, 1e300],
  "dates": { at: new Date(0), never: new Date(NaN) },
  "toJSON with its key": { outer: { toJSON: (key: string) => ({ key, again: { toJSON: () => 1 } }) } },
  "instances of classes": new Money(3),
  "boxed values": [Object("text"), Object(1), Object(true)],
  "a member named __proto__": JSON.parse('{"__proto__": {"a": 1}, "b": 2}'),
  "objects without a prototype": Object.assign(Object.create(null), { a: 1 }),
  "lists with holes": Object.assign([1], { 2: 3 }),
  "errors, which have no members of their own": [new Error("lost")],
  "bytes": new Uint8Array([1, 2]),
};

describe("asJson", () => {
  for (const [what, value] of Object.entries(SAME_AS_JSON)) {
    it(`gives for ${what} what JSON gives`, () => {
      assert.deepEqual(asJson(value), JSON.parse(JSON.stringify(value)));
    });
  }

  it("gives null for what JSON leaves out", () => {
    assert.deepEqual([undefined, null, () => 1, Symbol("s"), NaN].map(asJson), [null, null, null, null, null]);
  });

  it("copies: what is changed later was kept as it was", () => {
    const value = { list: [1] };
    const kept = asJson(value);
    value.list.push(2);
    assert.deepEqual(kept, { list: [1] });
  });

  it("refuses what JSON would lose, and tells where it is", () => {
    const cycle: Record<string, unknown> = { name: "a" };
    cycle["self"] = cycle;
    const refused: [unknown, string][] = [
      [10n, "JSON cannot keep a BigInt"],
      [{ order: { items: [1, { total: 10n }] } }, 'JSON cannot keep a BigInt, at "order.items.1.total"'],
      [{ seen: new Map([[1, 2]]) }, 'JSON cannot keep a Map, at "seen"'],
      [[new Set([1])], 'JSON cannot keep a Set, at "0"'],
      [{ a: Promise.resolve(1) }, 'JSON cannot keep a promise, at "a"'],
      [cycle, 'JSON cannot keep what contains itself, or is nested more than 500 levels deep, at "self"'],
    ];
    for (const [value, message] of refused) {
      assert.throws(() => asJson(value), (thrown) => {
        assert.ok(thrown instanceof NotJsonError);
        assert.equal(thrown.message, message);
        return true;
      });
    }
  });

  it("lets through what a toJSON throws", () => {
    assert.throws(() => asJson({ toJSON: () => assert.fail("mine") }), /mine/);
  });
});
