import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { findCycle } from "../../src/plan/check_dag.ts";

describe("findCycle()", () => {
  it("finds nothing where all dependencies point backwards", () => {
    const acyclic = fc.array(fc.array(fc.nat({ max: 99 }), { maxLength: 4 }), { maxLength: 100 })
      .map((lists) => lists.map((list, index) => list.filter((target) => target < index)));
    fc.assert(fc.property(acyclic, (dependencies) => assert.equal(findCycle(dependencies), undefined)));
  });

  it("gives positions each of which depends on the next, and the last on the first", () => {
    const any = fc.integer({ min: 1, max: 12 }).chain((size) =>
      fc.array(fc.array(fc.nat({ max: size - 1 }), { maxLength: 3 }), { minLength: size, maxLength: size })
    );
    fc.assert(fc.property(any, (dependencies) => {
      const ring = findCycle(dependencies);
      if (ring === undefined) return;
      ring.forEach((node, index) => assert.ok(dependencies[node]!.includes(ring[(index + 1) % ring.length]!)));
    }));
  });

  it("follows a chain of a hundred thousand steps", () => {
    const chain = Array.from({ length: 100_000 }, (_, index) => index === 0 ? [] : [index - 1]);
    assert.equal(findCycle(chain), undefined);
    chain[0] = [99_999];
    assert.equal(findCycle(chain)?.length, 100_000);
  });
});
