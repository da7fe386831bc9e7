import type { Attributes } from "../../engine/attributes.ts";
import type { ListRunsRequest, Storage } from "../../engine/storage.ts";
import type { ContractCase } from "./contract.ts";
import { expectEqual } from "./expect.ts";
import { commitRequest, createOwned, createParked, createRequest, QUEUE, runRecord, worker } from "./samples.ts";

async function list(storage: Storage, request: Omit<ListRunsRequest, "limit">): Promise<string[]> {
  return (await storage.listRuns({ limit: 100, ...request })).runs.map(({ id }) => id);
}

const RUNS: readonly (readonly [id: string, attributes: Attributes])[] = [
  ["r1", { customer: "Ünal", total: 12.5, urgent: true }],
  ["r2", { customer: "Ünal", total: 3 }],
  ["r3", { customer: "ünal", urgent: false }],
  ["r4", { customer: "" }],
  ["r5", { total: "3", urgent: "true", other: "customer" }],
  ["r6", {}],
  ["r7", { "a.b-c_D": 'quotes " and \\ and = and \u0000', huge: -1e300, tiny: 0.1, zero: 0 }],
];

async function fill(storage: Storage): Promise<void> {
  for (const [id, attributes] of RUNS) await createOwned(storage, runRecord(id, { attributes }), worker("w"));
}

/** What each condition leaves over. */
const CONDITIONS: readonly (readonly [request: Omit<ListRunsRequest, "limit">, ids: readonly string[]])[] = [
  [{ attributes: {} }, ["r7", "r6", "r5", "r4", "r3", "r2", "r1"]],
  [{ attributes: { customer: "Ünal" } }, ["r2", "r1"]],
  [{ attributes: { customer: "Ünal", total: 3 } }, ["r2"]],
  [{ attributes: { total: 3, customer: "Ünal" } }, ["r2"]],
  [{ attributes: { customer: "Ünal", total: 4 } }, []],
  [{ attributes: { customer: "" } }, ["r4"]],
  [{ attributes: { customer: "Ün" } }, []],
  [{ attributes: { total: "3" } }, ["r5"]],
  [{ attributes: { urgent: true } }, ["r1"]],
  [{ attributes: { urgent: false } }, ["r3"]],
  [{ attributes: { urgent: "true" } }, ["r5"]],
  [{ attributes: { urgent: 1 } }, []],
  [{ attributes: { nothing: "x" } }, []],
  [{ attributes: { toString: "x" } }, []],
  [{ attributes: { "a.b-c_D": 'quotes " and \\ and = and \u0000', tiny: 0.1, huge: -1e300, zero: 0 } }, ["r7"]],
  [{ attributes: { customer: "Ünal" }, workflow: "other" }, []],
  [{ attributes: { customer: "Ünal" }, status: ["running", "completed"], rootsOnly: true }, ["r2", "r1"]],
  [{ attributes: { customer: "Ünal" }, text: "R1" }, ["r1"]],
  [{ text: "ÜNAL" }, ["r3", "r2", "r1"]],
  [{ text: "12.5" }, ["r1"]],
  [{ text: "customer" }, ["r5"]],
  [{ text: "fals" }, ["r3"]],
  [{ text: '" and \\' }, ["r7"]],
  [{ idPrefix: "r" }, ["r7", "r6", "r5", "r4", "r3", "r2", "r1"]],
  [{ idPrefix: "r3" }, ["r3"]],
  [{ idPrefix: "R3" }, []],
  [{ idPrefix: "3" }, []],
  [{ idPrefix: "r", attributes: { customer: "Ünal" }, status: ["running"] }, ["r2", "r1"]],
  [{ idPrefix: "r1", workflow: "orders", status: ["running", "failed"] }, ["r1"]],
];

/** What the store promises of attributes, and of finding runs by how their ids begin. */
export const ATTRIBUTE_CASES: readonly ContractCase[] = [
  {
    name: "finds runs by their attributes and by how their ids begin",
    async run(store) {
      const storage = await store.open();
      await fill(storage);
      for (const [request, ids] of CONDITIONS) expectEqual(await list(storage, request), ids, JSON.stringify(request));
    },
  },
  {
    name: "gives attributes back as they were, to whoever finds, lists, claims and tells a run",
    async run(store) {
      const storage = await store.open();
      for (const [id, attributes] of RUNS) {
        await createParked(storage, runRecord(id, { attributes }), {});
        expectEqual((await storage.findRun({ runId: id }))?.attributes, attributes, `those of "${id}"`);
      }
      const expected = new Map(RUNS);
      const { runs } = await storage.listRuns({ limit: 100 });
      for (const { id, attributes } of runs) expectEqual(attributes, expected.get(id), `those of "${id}" in a list`);
      const claimed = await storage.claimRuns({ worker: worker("v"), queues: [QUEUE], limit: 100 });
      for (const { run } of claimed.runs) expectEqual(run.attributes, expected.get(run.id), `those of "${run.id}"`);
      const message = { runId: "r1", id: "m", time: 1, kind: "cancel" } as const;
      expectEqual((await storage.deliver({ message }))?.run.attributes, expected.get("r1"), "those that a sender sees");
    },
  },
  {
    name: "changes attributes with a turn, and without one: what is left out is gone",
    async run(store) {
      const storage = await store.open();
      await createOwned(storage, runRecord("other", { attributes: { a: 1, b: "x" } }), worker("w"));
      const claim = await createOwned(storage, runRecord("run", { attributes: { a: 1, b: "x" } }), worker("w"));
      const changes: readonly Attributes[] = [{ a: 2, b: "x" }, { b: "x", c: true }, {}, { a: 2 }, { a: 2 }];
      let before: Attributes = { a: 1, b: "x" };
      for (const [index, attributes] of changes.entries()) {
        const more = index === 1 ? { turn: undefined } : {};
        const head = index < 2 ? index + 1 : index;
        const turnId = `change-${index}`;
        await storage.commitTurn(commitRequest(claim, head, { ...more, turnId, change: { attributes } }));
        expectEqual((await storage.findRun({ runId: "run" }))?.attributes, attributes, `after change ${index}`);
        for (const [name, value] of Object.entries({ ...before, ...attributes })) {
          const ids = (await list(storage, { attributes: { [name]: value } })).filter((id) => id === "run");
          const isSet = attributes[name] === value;
          expectEqual(ids, isSet ? ["run"] : [], `found by ${name}=${value} after change ${index}`);
        }
        before = attributes;
      }
      expectEqual(await list(storage, { attributes: { a: 1, b: "x" } }), ["other"], "the other run");
    },
  },
  {
    name: "leaves attributes as they are where a commit is refused or does not name them",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a", { attributes: { key: "old" } }), worker("w"));
      const change = { attributes: { key: "new" } };
      for (const turn of [{}, { turn: undefined }]) {
        await storage.commitTurn(commitRequest(claim, 9, { ...turn, change })).catch(() => undefined);
      }
      await storage.commitTurn(commitRequest(claim, 1, { change: { status: "waiting" } }));
      expectEqual(await list(storage, { attributes: { key: "old" } }), ["a"], "the runs of the old value");
      expectEqual(await list(storage, { attributes: { key: "new" } }), [], "the runs of the new value");
    },
  },
  {
    name: "keeps the attributes of children that start with a turn",
    async run(store) {
      const storage = await store.open();
      const owner = worker("w");
      const claim = await createOwned(storage, runRecord("a"), owner);
      const child = runRecord("a/b", { parent: { runId: "a", step: "b" }, root: "a", attributes: { key: 1 } });
      await storage.commitTurn(commitRequest(claim, 1, { children: [createRequest(child, owner)] }));
      expectEqual(await list(storage, { attributes: { key: 1 }, parent: "a" }), ["a/b"], "the children");
    },
  },
  {
    name: "forgets the attributes of runs that are deleted",
    async run(store) {
      const storage = await store.open();
      const ended = { status: "completed", finishedAt: 9 } as const;
      await createParked(storage, runRecord("a", { attributes: { key: 1, more: "x" } }), ended);
      await createParked(storage, runRecord("b", { attributes: { key: 1 } }), ended);
      expectEqual(await storage.deleteRuns({ runId: "a", limit: 1 }), 1, "how many went");
      expectEqual(await list(storage, { attributes: { key: 1 } }), ["b"], "the runs of one value");
      expectEqual(await list(storage, { attributes: { more: "x" } }), [], "the runs of another");
      await createOwned(storage, runRecord("a", { internalId: "again" }), worker("w"));
      expectEqual(await list(storage, { attributes: { key: 1 } }), ["b"], "the runs of the first after that");
    },
  },
  {
    name: "lists runs of an attribute in pages, newest first",
    async run(store) {
      const storage = await store.open();
      for (let index = 0; index < 30; index++) {
        const attributes = index % 3 === 0 ? { third: true } : {};
        await createOwned(storage, runRecord(`r${index}`, { attributes }), worker("w"));
      }
      const pages: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await storage.listRuns({ attributes: { third: true }, limit: 4, cursor });
        pages.push(page.runs.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expectEqual(pages, [["r27", "r24", "r21", "r18"], ["r15", "r12", "r9", "r6"], ["r3", "r0"]], "the pages");
    },
  },
];
