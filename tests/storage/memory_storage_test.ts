import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunRecord } from "../../src/engine/run.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";

function endedRun(id: string, definition: string): RunRecord {
  return {
    id,
    internalId: id,
    workflow: "test",
    version: "1",
    definition,
    status: "completed",
    cause: null,
    output: null,
    error: null,
    queue: "local",
    parent: null,
    root: id,
    durability: "sync",
    pause: null,
    wakeAt: null,
    startedAt: 0,
    finishedAt: 1,
    attributes: {},
  };
}

describe("MemoryStorage", () => {
  it("forgets the oldest ended runs, and a definition with the last run that pins it", async () => {
    const storage = new MemoryStorage({ keepEnded: 2 });
    const create = (id: string, definition: string): Promise<unknown> =>
      storage.createRun({
        run: endedRun(id, definition),
        definition: `text of ${definition}`,
        first: { turn: { time: 0, entries: [] }, turnId: id },
      });
    await create("1", "a");
    await create("2", "a");
    await create("3", "b");
    assert.equal(await storage.findRun({ runId: "1" }), undefined);
    assert.equal(await storage.readDefinition({ hash: "a" }), "text of a");
    await create("4", "b");
    assert.equal(await storage.readDefinition({ hash: "a" }), undefined);
    assert.equal(await storage.readDefinition({ hash: "b" }), "text of b");
  });
});
