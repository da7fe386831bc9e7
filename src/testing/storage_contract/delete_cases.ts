import type { RunRecord } from "../../engine/run.ts";
import type { Storage } from "../../engine/storage.ts";
import type { ContractCase } from "./contract.ts";
import { expectEqual } from "./expect.ts";
import { createOwned, createParked, readTurns, runRecord, signal, worker } from "./samples.ts";

function createEnded(storage: Storage, id: string, finishedAt: number, more: Partial<RunRecord> = {}): Promise<void> {
  const { status = "completed", ...record } = more;
  return createParked(storage, runRecord(id, record), { status, finishedAt });
}

function childOf(root: string, parent = root): Partial<RunRecord> {
  return { parent: { runId: parent, step: "s" }, root };
}

async function ids(storage: Storage): Promise<string[]> {
  return (await storage.listRuns({ limit: 100 })).runs.map(({ id }) => id).sort();
}

/** What `deleteRuns` promises. */
export const DELETE_CASES: readonly ContractCase[] = [
  {
    name: "deletes runs that ended before a time, with all that belongs to them",
    async run(store) {
      const storage = await store.open();
      await createEnded(storage, "old", 100, { definition: "hash-old" });
      await createEnded(storage, "new", 200);
      await createOwned(storage, runRecord("running"), worker("w"));
      await storage.deliver({ message: signal("old", "m") });
      expectEqual(await storage.deleteRuns({ endedBefore: 200, limit: 10 }), 1, "how many went");
      expectEqual(await ids(storage), ["new", "running"], "those that stay");
      expectEqual(await readTurns(storage, "old"), [], "the journal");
      expectEqual(await storage.readDefinition({ hash: "hash-old" }), undefined, "the definition");
      expectEqual(await storage.deliver({ message: signal("old", "m") }), undefined, "a message to it");
      await createOwned(storage, runRecord("old", { internalId: "again" }), worker("w"));
      const again = await storage.findRun({ runId: "old" });
      expectEqual([again?.head, again?.mail], [1, 0], "head and mail of a new run of the same id");
      expectEqual((await storage.deliver({ message: signal("old", "m") }))?.isDuplicate, false, "its first message");
    },
  },
  {
    name: "deletes those that ended first, and no more trees than it is asked to",
    async run(store) {
      const storage = await store.open();
      for (const [id, finishedAt] of [["c", 30], ["a", 10], ["b", 20]] as const) {
        await createEnded(storage, id, finishedAt);
      }
      expectEqual(await storage.deleteRuns({ endedBefore: 100, limit: 2 }), 2, "how many went");
      expectEqual(await ids(storage), ["c"], "those that stay");
      expectEqual(await storage.deleteRuns({ endedBefore: 100, limit: 2 }), 1, "how many went then");
      expectEqual(await storage.deleteRuns({ endedBefore: 100, limit: 2 }), 0, "how many went at last");
    },
  },
  {
    name: "deletes only roots of the statuses that it is asked for",
    async run(store) {
      const storage = await store.open();
      for (const status of ["completed", "failed", "cancelled"] as const) {
        await createEnded(storage, status, 1, { status });
      }
      const count = await storage.deleteRuns({ endedBefore: 100, status: ["failed", "running"], limit: 9 });
      expectEqual([count, await ids(storage)], [1, ["cancelled", "completed"]], "how many went, and those that stay");
    },
  },
  {
    name: "deletes a run with its children and theirs, once their root has ended",
    async run(store) {
      const storage = await store.open();
      await createEnded(storage, "root", 100);
      await createEnded(storage, "child", 50, childOf("root"));
      await createEnded(storage, "grandchild", 500, childOf("root", "child"));
      await createOwned(storage, runRecord("live"), worker("w"));
      await createEnded(storage, "its-child", 50, childOf("live"));
      expectEqual(await storage.deleteRuns({ endedBefore: 200, limit: 1 }), 3, "how many went");
      expectEqual(await ids(storage), ["its-child", "live"], "those that stay");
    },
  },
  {
    name: "deletes the tree of one root that is named, and nothing for any other id",
    async run(store) {
      const storage = await store.open();
      await createEnded(storage, "root", 100);
      await createEnded(storage, "child", 50, childOf("root"));
      await createEnded(storage, "other", 10);
      await createOwned(storage, runRecord("live"), worker("w"));
      await createEnded(storage, "open", 100);
      await createParked(storage, runRecord("its-child", childOf("open")), { status: "waiting", wakeAt: 9e15 });
      for (const runId of ["child", "live", "open", "nobody"]) {
        expectEqual(await storage.deleteRuns({ runId, limit: 9 }), 0, `how many went for "${runId}"`);
      }
      expectEqual(
        await storage.deleteRuns({ runId: "root", endedBefore: 100, limit: 9 }),
        0,
        "how many went too early",
      );
      expectEqual(await storage.deleteRuns({ runId: "root", status: ["failed"], limit: 9 }), 0, "of another status");
      expectEqual(await storage.deleteRuns({ runId: "root", limit: 9 }), 2, "how many went");
      expectEqual(await ids(storage), ["its-child", "live", "open", "other"], "those that stay");
    },
  },
  {
    name: "leaves a tree alone of which a run has not ended, and deletes others beside it",
    async run(store) {
      const storage = await store.open();
      await createEnded(storage, "root", 100);
      await createParked(storage, runRecord("child", childOf("root")), { status: "paused" });
      await createEnded(storage, "other", 150);
      expectEqual(await storage.deleteRuns({ endedBefore: 200, limit: 1 }), 1, "how many went");
      expectEqual(await ids(storage), ["child", "root"], "those that stay");
    },
  },
];
