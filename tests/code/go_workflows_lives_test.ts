// The counterparts of go-workflows' end-to-end cases about how runs begin anew, are found and removed. Each is named as there.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { signal, workflow } from "../../mod.ts";
import type { Storage } from "../../src/engine/storage.ts";
import { STORES } from "./lab.ts";
import { eventually, lateBy, withStore } from "./shared_store.ts";

const V1 = { version: "1" };
const MINUTE_MS = 60_000;
const go = signal<string>("go");
const keepFor = signal<number>("keep_for");

const echo = workflow("echo", V1, (_ctx, text: string) => text);
const patient = workflow("patient", V1, async (ctx) => await ctx.receive(go));
const countdown = workflow("countdown", V1, async (ctx, left: number): Promise<string> => {
  const text = await ctx.step("say", () => `${left} left`);
  return left === 0 ? text : ctx.continueAsNew(left - 1);
});

/** Deletes runs that ended so long ago, again and again; a signal changes how long. `maestro runs prune` does it once. */
function expiration(storage: Storage, removed: number[]) {
  return workflow("expiration", V1, async (ctx, keepMs: number): Promise<void> => {
    await ctx.step("prune", async () => {
      removed.push(await storage.deleteRuns({ endedBefore: Date.now() - keepMs, limit: 100 }));
    });
    const changed = ctx.receive(keepFor);
    ctx.continueAsNew(await Promise.race([changed, ctx.sleep(10)]) ?? keepMs);
  });
}

for (const kind of STORES) {
  describe(`go-workflows end to end, lives of runs, ${kind}`, () => {
    it("ContinueAsNew/RestartsWorkflowInstance: begins anew with another input and keeps the run's id", () =>
      withStore(kind, async (store) => {
        const maestro = await store.maestro();
        const run = await maestro.start(countdown, { input: 2, id: "r1" });
        const { runId, status, output } = await run.result();
        assert.deepEqual([runId, status, output], ["r1", "completed", "0 left"]);
        const [first] = (await store.turns("r1"))[0]!.entries;
        assert(first?.type === "run_started");
        assert.deepEqual([first.input, first.generation], [0, 2]);
      }));

    it("ContinueAsNew/Subworkflow: the parent sees only the final result", () =>
      withStore(kind, async (store) => {
        const parent = workflow("parent", { ...V1, children: [countdown] }, async (ctx) => {
          return await ctx.child(countdown, 3, { runId: "kid" });
        });
        const maestro = await store.maestro();
        assert.equal((await (await maestro.start(parent, { id: "r1" })).result()).output, "0 left");
        const types = await store.types("r1");
        assert.equal(types.filter((type) => type === "child_scheduled").length, 1);
        assert.equal(types.filter((type) => type === "child_finished").length, 1);
        const [first] = (await store.turns("kid"))[0]!.entries;
        assert(first?.type === "run_started");
        assert.equal(first.generation, 3);
        assert.equal((await maestro.find("kid"))?.parent?.runId, "r1");
      }));

    it("ContinueAsNew/OldInstancesAreRemoved: always, because the journal begins anew in place", () =>
      withStore(kind, async (store) => {
        const maestro = await store.maestro();
        await (await maestro.start(countdown, { input: 4, id: "r1" })).result();
        const { runs } = await store.storage.listRuns({ limit: 10 });
        assert.deepEqual(runs.map(({ id }) => id), ["r1"]);
        const { from, turns } = await store.storage.readJournal({ runId: "r1" });
        assert(from > 0, "what was before is gone");
        assert.equal(turns.length, runs[0]!.head - from);
        assert.equal((await store.types("r1")).filter((type) => type === "run_started").length, 1);
      }));

    it("Diag/Paging: listRuns gives pages with cursors, and list() goes through them", () =>
      withStore(kind, async (store) => {
        const client = await store.client();
        const ids = ["a", "b", "c", "d", "e"];
        for (const id of ids) await client.start(echo, { input: id, id });
        const pages: string[][] = [];
        let cursor: string | undefined;
        do {
          const page = await store.storage.listRuns({ cursor, limit: 2 });
          pages.push(page.runs.map(({ id }) => id));
          cursor = page.cursor;
          // Whoever reads on is not confused by what is new.
          if (pages.length === 1) await client.start(echo, { input: "f", id: "f" });
        } while (cursor !== undefined);
        assert.deepEqual(pages, [["e", "d"], ["c", "b"], ["a"]]);
        const listed: string[] = [];
        for await (const { id } of client.list({ workflow: "echo" })) listed.push(id);
        assert.deepEqual(listed, ["f", "e", "d", "c", "b", "a"]);
      }));

    it("Diag/GetWorkflowInstance_ReturnsQueue: find() and list() tell the queue of a run, also after its end", () =>
      withStore(kind, async (store) => {
        const client = await store.client();
        const run = await client.start(echo, { input: "x", id: "r1", queue: "side" });
        await client.start(echo, { input: "y", id: "r2" });
        assert.equal((await client.find("r1"))?.queue, "side");
        assert.equal((await client.find("r2"))?.queue, "default");
        await store.worker([echo], { queues: ["side"] });
        await run.result();
        assert.equal((await client.find("r1"))?.queue, "side");
        const listed: string[] = [];
        for await (const { id } of client.list({ queue: "side" })) listed.push(id);
        assert.deepEqual(listed, ["r1"]);
      }));

    it("Queues/OnlyPullsWorkflowsFromGivenQueues: a worker leaves runs of other queues alone", () =>
      withStore(kind, async (store) => {
        const client = await store.client();
        const left = await client.start(echo, { input: "left", id: "left", queue: "left" });
        const right = await client.start(echo, { input: "right", id: "right", queue: "right" });
        await store.worker([echo], { queues: ["right"] });
        assert.equal((await right.result()).output, "right");
        const found = await client.find("left");
        assert.deepEqual([found?.status, found?.head, found?.owner], ["pending", 0, null]);
        await store.worker([echo], { queues: ["other", "left"] });
        assert.equal((await left.result()).output, "left");
      }));

    it("RemoveWorkflowInstances/Removes: deleteRuns takes those that ended before a time, with all that they left", () =>
      withStore(kind, async (store) => {
        const late = await store.maestro({ clock: lateBy(10 * MINUTE_MS) });
        for (const id of ["a", "b", "c"]) await (await late.start(echo, { input: id, id })).result();
        const maestro = await store.maestro();
        await (await maestro.start(echo, { input: "new", id: "new" })).result();
        await maestro.start(patient, { id: "open" });
        await eventually(async () => (await maestro.find("open"))?.status === "waiting");
        const endedBefore = Date.now() - 5 * MINUTE_MS;
        assert.equal(await store.storage.deleteRuns({ endedBefore, limit: 2 }), 2, "no more than it was told");
        assert.equal(await store.storage.deleteRuns({ endedBefore, limit: 2 }), 1);
        assert.equal(await store.storage.deleteRuns({ endedBefore, limit: 2 }), 0);
        for (const id of ["a", "b", "c"]) {
          assert.equal(await maestro.find(id), undefined);
          assert.deepEqual(await store.turns(id), [], "its journal goes, too");
        }
        const rest: string[] = [];
        for await (const { id } of maestro.list()) rest.push(id);
        assert.deepEqual(rest, ["open", "new"]);
      }));

    it("AutoExpiration/StartsWorkflowAndRemoves: a workflow of one's own that prunes and begins anew", () =>
      withStore(kind, async (store) => {
        const late = await store.maestro({ clock: lateBy(10 * MINUTE_MS) });
        await (await late.start(echo, { input: "x", id: "old" })).result();
        const maestro = await store.maestro();
        const removed: number[] = [];
        const expire = expiration(store.storage, removed);
        await (await maestro.start(echo, { input: "x", id: "new" })).result();
        const run = await maestro.start(expire, { input: 5 * MINUTE_MS, id: "expire" });
        await eventually(() => removed.length > 2);
        assert.deepEqual(removed.slice(0, 3), [1, 0, 0]);
        assert.equal(await maestro.find("old"), undefined);
        assert.equal((await maestro.find("new"))?.status, "completed");
        run.cancel();
        assert.equal((await run.result()).status, "cancelled");
      }));

    it("AutoExpiration/UpdateDelay: a signal gives it another time, here from an hour to five minutes", () =>
      withStore(kind, async (store) => {
        const late = await store.maestro({ clock: lateBy(10 * MINUTE_MS) });
        await (await late.start(echo, { input: "x", id: "old" })).result();
        const maestro = await store.maestro();
        const removed: number[] = [];
        const expire = expiration(store.storage, removed);
        const run = await maestro.start(expire, { input: 60 * MINUTE_MS, id: "expire" });
        await eventually(() => removed.length > 1);
        assert.equal((await maestro.find("old"))?.status, "completed");
        await run.signal(keepFor, 5 * MINUTE_MS);
        await eventually(async () => (await maestro.find("old")) === undefined);
        await eventually(() => removed.includes(1));
        run.cancel();
        assert.equal((await run.result()).status, "cancelled");
        assert.equal(removed.reduce((sum, count) => sum + count), 1);
      }));

    it("Stats/ActiveInstance: stats() counts runs by status, those that wait among them", () =>
      withStore(kind, async (store) => {
        const client = await store.client();
        assert.deepEqual((await store.storage.stats()).runs, {});
        const run = await client.start(patient, { id: "r1" });
        assert.deepEqual((await store.storage.stats()).runs, { pending: 1 });
        await store.worker([patient]);
        await eventually(async () => (await store.storage.stats()).runs.waiting === 1);
        assert.deepEqual((await store.storage.stats()).runs, { waiting: 1 });
        await run.signal(go, "on");
        assert.equal((await run.result()).output, "on");
        assert.deepEqual((await store.storage.stats()).runs, { completed: 1 });
      }));
  });
}
