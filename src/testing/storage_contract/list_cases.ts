import type { ListRunsRequest, Storage } from "../../engine/storage.ts";
import type { ContractCase } from "./contract.ts";
import { expectEqual, expectRejection } from "./expect.ts";
import { createOwned, runRecord, worker } from "./samples.ts";

async function list(storage: Storage, request: Omit<ListRunsRequest, "limit">): Promise<string[]> {
  return (await storage.listRuns({ limit: 100, ...request })).runs.map(({ id }) => id);
}

/** Ten runs with something different about each. */
async function fill(storage: Storage): Promise<void> {
  const owner = worker("w");
  const error = { code: "http_404", message: "No such ORDER", step: null, status: 404, details: null };
  const child = { parent: { runId: "r1", step: "s" }, root: "r1" };
  const records = [
    runRecord("r1", { startedAt: 100 }),
    runRecord("r2", { startedAt: 200, status: "completed", finishedAt: 250 }),
    runRecord("r3", { startedAt: 300, status: "failed", finishedAt: 350, error }),
    runRecord("r4", { startedAt: 400, workflow: "Shipping" }),
    runRecord("r5", { startedAt: 500, queue: "slow" }),
    runRecord("r6", { startedAt: 600, ...child }),
    runRecord("r7", { startedAt: 700, ...child, status: "completed", finishedAt: 750 }),
    runRecord("r8", { startedAt: 800, parent: { runId: "r6", step: "s" }, root: "r1" }),
    runRecord("Ünlike-r9", { startedAt: 900, workflow: "Shipping", status: "waiting" }),
    runRecord("r10", { startedAt: 50, status: "paused", pause: { reason: "crash_loop", message: "again" } }),
  ];
  for (const record of records) await createOwned(storage, record, owner);
}

/** What each condition leaves over. */
const CONDITIONS: readonly (readonly [request: Omit<ListRunsRequest, "limit">, ids: readonly string[]])[] = [
  [{}, ["r10", "Ünlike-r9", "r8", "r7", "r6", "r5", "r4", "r3", "r2", "r1"]],
  [{ status: ["completed"] }, ["r7", "r2"]],
  [{ status: ["completed", "paused", "failed"] }, ["r10", "r7", "r3", "r2"]],
  [{ status: [] }, []],
  [{ status: ["cancelled"] }, []],
  [{ workflow: "Shipping" }, ["Ünlike-r9", "r4"]],
  [{ workflow: "shipping" }, []],
  [{ queue: "slow" }, ["r5"]],
  [{ parent: "r1" }, ["r7", "r6"]],
  [{ parent: "r6" }, ["r8"]],
  [{ parent: "r2" }, []],
  [{ parent: "nobody" }, []],
  [{ rootsOnly: true }, ["r10", "Ünlike-r9", "r5", "r4", "r3", "r2", "r1"]],
  [{ startedFrom: 700 }, ["Ünlike-r9", "r8", "r7"]],
  [{ startedBefore: 200 }, ["r10", "r1"]],
  [{ startedFrom: 200, startedBefore: 400 }, ["r3", "r2"]],
  [{ text: "SHIP" }, ["Ünlike-r9", "r4"]],
  [{ text: "ünlike" }, ["Ünlike-r9"]],
  [{ text: "r1" }, ["r10", "r1"]],
  [{ text: "Http_4" }, ["r3"]],
  [{ text: "%" }, []],
  [{ text: "_" }, ["r3"]],
  [{ status: ["completed"], parent: "r1" }, ["r7"]],
  [{ status: ["waiting", "running"], workflow: "Shipping" }, ["Ünlike-r9", "r4"]],
  [{ status: ["running"], workflow: "Shipping", text: "r4", rootsOnly: true, startedFrom: 400 }, ["r4"]],
];

/** What `listRuns` promises. */
export const LIST_CASES: readonly ContractCase[] = [
  {
    name: "lists runs newest first by creation, under conditions joined by and",
    async run(store) {
      const storage = await store.open();
      await fill(storage);
      for (const [request, ids] of CONDITIONS) expectEqual(await list(storage, request), ids, JSON.stringify(request));
    },
  },
  {
    name: "finds texts in messages of errors",
    needs: "findsErrorMessages",
    async run(store) {
      const storage = await store.open();
      await fill(storage);
      expectEqual(await list(storage, { text: "such order" }), ["r3"], "the runs");
    },
  },
  {
    name: "lists in pages, each run once, also when runs are created meanwhile",
    async run(store) {
      const storage = await store.open();
      await fill(storage);
      const pages: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await storage.listRuns({ limit: 4, cursor });
        pages.push(page.runs.map(({ id }) => id));
        cursor = page.cursor;
        await createOwned(storage, runRecord(`new-${pages.length}`), worker("w"));
      } while (cursor !== undefined);
      expectEqual(pages, [["r10", "Ünlike-r9", "r8", "r7"], ["r6", "r5", "r4", "r3"], ["r2", "r1"]], "the pages");
    },
  },
  {
    name: "says that there is no further page when a page is just full",
    async run(store) {
      const storage = await store.open();
      await fill(storage);
      for (const status of ["completed", "failed"] as const) {
        const { runs } = await storage.listRuns({ limit: 10, status: [status] });
        const page = await storage.listRuns({ limit: runs.length, status: [status] });
        expectEqual([page.runs.length, page.cursor], [runs.length, undefined], `the page of ${status} runs`);
      }
    },
  },
  {
    name: "refuses a cursor that is none",
    async run(store) {
      const storage = await store.open();
      await fill(storage);
      await expectRejection(storage.listRuns({ limit: 1, cursor: "; drop table runs" }), "usage", "the listing");
    },
  },
];
