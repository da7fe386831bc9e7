import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MaestroError } from "../../src/base/errors.ts";
import { RunStore, type StoredRun } from "../../src/run_store.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { journal, STARTED, started, storedRun } from "./journals.ts";

async function storeWith(...runs: readonly Partial<StoredRun>[]): Promise<RunStore> {
  const storage = new MemoryStorage();
  for (const change of runs) {
    const { head: _head, owner: _owner, mail: _mail, ...run } = storedRun(change);
    const [turn] = journal([0, started]);
    await storage.createRun({ run, definition: '{"format":1}', first: { turn: turn!, turnId: run.id } });
  }
  return new RunStore(storage);
}

function refuses(code: MaestroError["code"], message: RegExp): (error: unknown) => boolean {
  return (error) => MaestroError.is(error, code) && message.test(error.message);
}

describe("RunStore", () => {
  it("find() takes the beginning of an id where only one run has it", async () => {
    const store = await storeWith({ id: "0195-aaaa" }, { id: "0195-aabb" }, { id: "other" });
    assert.equal((await store.find("0195-aaa")).id, "0195-aaaa");
    assert.equal((await store.find("other")).id, "other");
    await assert.rejects(store.find("0195-aa"), refuses("usage", /begin with "0195-aa": 0195-aabb, 0195-aaaa$/));
    await assert.rejects(store.find("othe"), refuses("run_not_found", /no run "othe"/));
    await assert.rejects(store.find("0195-ac"), refuses("run_not_found", /no run/));
  });

  it("find() takes a run for its children, which begin with its id", async () => {
    const store = await storeWith(
      { id: "0195-aaaa" },
      { id: "0195-aaaa/pay", parent: { runId: "0195-aaaa", step: "pay" } },
      { id: "0195-aaaa/pay/card", parent: { runId: "0195-aaaa/pay", step: "card" } },
    );
    assert.equal((await store.find("0195-a")).id, "0195-aaaa");
    assert.equal((await store.find("0195-aaaa/p")).id, "0195-aaaa/pay");
    assert.equal((await store.find("0195-aaaa/pay/c")).id, "0195-aaaa/pay/card");
  });

  it("find() is not misled by ids, workflows and errors that only contain it", async () => {
    const store = await storeWith({ id: "x-0195-aaaa", workflow: "0195-aaaa" }, { id: "0195-aaaa-1" });
    assert.equal((await store.find("0195-aaaa")).id, "0195-aaaa-1");
  });

  it("prune() deletes as many runs as countPrunable() tells", async () => {
    const old = { status: "completed", finishedAt: STARTED } as const;
    const store = await storeWith(
      { id: "a", ...old },
      { id: "a/child", root: "a", parent: { runId: "a", step: "x" }, ...old },
      { id: "b", ...old, status: "failed" },
      { id: "c", ...old, finishedAt: STARTED + 10 },
      { id: "d", ...old },
      { id: "d/child", root: "d", parent: { runId: "d", step: "x" }, status: "waiting" },
      { id: "e", status: "running" },
    );
    const query = { endedBefore: STARTED + 5 };
    assert.equal(await store.countPrunable({ ...query, status: ["failed"] }), 1);
    assert.equal(await store.countPrunable(query), 3);
    assert.equal(await store.prune(query), 3);
    assert.equal(await store.countPrunable(query), 0);
    assert.deepEqual((await store.list({ limit: 10 })).runs.map(({ id }) => id).sort(), ["c", "d", "d/child", "e"]);
  });

  it("details() tells what a run was started with that nobody has begun", async () => {
    const store = await storeWith();
    const { head: _head, owner: _owner, mail: _mail, ...run } = storedRun({ id: "a", status: "pending" });
    await store.storage.createRun({ run, definition: '{"format":1}', first: { started } });
    const { run: found, input, steps } = await store.details(await store.find("a"));
    assert.deepEqual([found.status, input, steps], ["pending", { order: "A1" }, []]);
    const { journal: turns, pending } = await store.export(found);
    assert.deepEqual([turns, pending], [[], { started, messages: [] }]);
  });

  it("export() gives record, definition, journal and mail", async () => {
    const store = await storeWith({ id: "a" });
    const message = { runId: "a", id: "m", time: 1, kind: "signal", name: "paid", data: null } as const;
    await store.storage.deliver({ message });
    const { run, definition, journal: turns, pending } = await store.export(await store.find("a"));
    assert.deepEqual(pending.messages, [message]);
    assert.equal(run.id, "a");
    assert.deepEqual(definition, { format: 1 });
    assert.deepEqual(turns, journal([0, started]));
  });
});
