import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DueQueue } from "../../src/storage/memory/due_queue.ts";

describe("DueQueue", () => {
  it("gives what is due first, and of the same time what came first", () => {
    const actions = fc.array(fc.oneof(fc.nat(9), fc.constant("drop" as const)), { maxLength: 200 });
    fc.assert(fc.property(actions, (actions) => {
      const queue = new DueQueue<number>();
      let expected: { readonly item: number; readonly due: number }[] = [];
      for (const [item, action] of actions.entries()) {
        if (action === "drop") {
          queue.drop();
          expected = expected.slice(1);
        } else {
          queue.add(item, action);
          expected = [...expected, { item, due: action }].sort((a, b) => a.due - b.due || a.item - b.item);
        }
        assert.deepEqual([queue.peek()?.item, queue.peek()?.due], [expected[0]?.item, expected[0]?.due]);
      }
    }));
  });
});
