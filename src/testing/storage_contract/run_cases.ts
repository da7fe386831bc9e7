import type { RunRecord } from "../../engine/run.ts";
import type { ContractCase } from "./contract.ts";
import { expectEqual, expectRejection } from "./expect.ts";
import {
  createOwned,
  createPending,
  createRequest,
  LEASE_MS,
  QUEUE,
  readTurns,
  runRecord,
  startedEntry,
  turn,
  worker,
} from "./samples.ts";

const ENDED: Partial<RunRecord> = {
  parent: { runId: "top", step: "ship" },
  root: "top",
  durability: "async",
  status: "compensation_failed",
  cause: "timeout",
  output: { text: 'quotes " and \\, \u0000, \ud800, ümläut, 🐙', numbers: [0.1, -1e300, 9_007_199_254_740_991] },
  error: { code: "http_500", message: "Broken", step: "a/b", status: 500, details: { more: [null, true] } },
  pause: { reason: "past_pivot", message: "Stopped past its pivot" },
  wakeAt: 77,
  finishedAt: 2_000,
};

/** What `createRun`, `findRun`, `readDefinition` and `stats` promise. */
export const RUN_CASES: readonly ContractCase[] = [
  {
    name: "gives a run back as it was created",
    async run(store) {
      const storage = await store.open();
      for (const record of [runRecord("plain"), runRecord("rich", ENDED)]) {
        await createOwned(storage, record, worker("w"));
        const found = await storage.findRun({ runId: record.id });
        expectEqual(found, { ...record, head: 1, owner: "w", mail: 0 }, `run "${record.id}"`);
      }
    },
  },
  {
    name: "knows no run that was not created",
    async run(store) {
      const storage = await store.open();
      expectEqual(await storage.findRun({ runId: "nobody" }), undefined, "the run");
      expectEqual(await storage.readJournal({ runId: "nobody" }), { from: 0, turns: [] }, "its journal");
      expectEqual(await storage.readDefinition({ hash: "none" }), undefined, "a definition");
    },
  },
  {
    name: "gives a claim to the worker that creates a run, and none without one",
    async run(store) {
      const storage = await store.open();
      expectEqual(await createOwned(storage, runRecord("a"), worker("w")), { runId: "a", token: 1 }, "the claim");
      expectEqual(await storage.createRun(createRequest(runRecord("b"))), undefined, "without a worker");
      expectEqual((await storage.findRun({ runId: "b" }))?.owner, null, "its owner");
    },
  },
  {
    name: "refuses an id that is taken, and changes nothing",
    async run(store) {
      const storage = await store.open();
      await createOwned(storage, runRecord("a"), worker("w"));
      const before = await storage.findRun({ runId: "a" });
      const other = runRecord("a", { internalId: "other", workflow: "other", definition: "hash-2" });
      await expectRejection(storage.createRun(createRequest(other, worker("v"))), "run_conflict", "the second run");
      expectEqual(await storage.findRun({ runId: "a" }), before, "the first run");
      expectEqual(await storage.readDefinition({ hash: "hash-2" }), undefined, "the second run's definition");
    },
  },
  {
    name: "answers the same run that is sent again as it did the first time",
    async run(store) {
      const storage = await store.open();
      const request = createRequest(runRecord("a"), worker("w"));
      expectEqual(await storage.createRun(request), await storage.createRun(request), "the second answer");
      expectEqual((await readTurns(storage, "a")).length, 1, "turns in the journal");
      expectEqual((await storage.stats()).runs, { running: 1 }, "the counts");
    },
  },
  {
    name: "refuses the same run that is sent again when somebody has taken it over",
    async run(store) {
      const storage = await store.open();
      const request = createRequest(runRecord("a"), worker("w"));
      await storage.createRun(request);
      await store.advance(LEASE_MS + 1);
      await storage.claimRuns({ worker: worker("v"), queues: [], runIds: ["a"], limit: 1 });
      await expectRejection(storage.createRun(request), "claim_lost", "the second answer");
      expectEqual((await storage.findRun({ runId: "a" }))?.owner, "v", "the owner");
    },
  },
  {
    name: "makes a run without a worker due at once, or when it says",
    async run(store) {
      const storage = await store.open();
      await createPending(storage, runRecord("now"));
      await createPending(storage, runRecord("later", { wakeAt: store.now() + 500 }));
      const claimed = await storage.claimRuns({ worker: worker("w"), queues: [QUEUE], limit: 10 });
      expectEqual(claimed.runs.map(({ run }) => run.id), ["now"], "runs that are due");
      expectEqual(claimed.nextWakeAt, store.now() + 500, "the next time");
    },
  },
  {
    name: "keeps what a run is to start with until its first turn",
    async run(store) {
      const storage = await store.open();
      await createPending(storage, runRecord("a"));
      const claim = async (id: string): Promise<unknown> => {
        const { runs: [claimed] } = await storage.claimRuns({ worker: worker(id), queues: [QUEUE], limit: 1 });
        expectEqual(claimed?.head, 0, "the head");
        expectEqual(claimed?.started, startedEntry(), "what it starts with");
        return claimed?.claim;
      };
      expectEqual(await claim("u"), { runId: "a", token: 1 }, "the first claim");
      await store.advance(LEASE_MS + 1);
      expectEqual(await claim("w"), { runId: "a", token: 2 }, "the second claim");
      await storage.commitTurn({ claim: { runId: "a", token: 2 }, head: 0, turnId: "t", turn: turn(0), change: {} });
      await store.advance(LEASE_MS + 1);
      const { runs: [third] } = await storage.claimRuns({ worker: worker("v"), queues: [QUEUE], limit: 1 });
      expectEqual([third?.head, third?.started], [1, undefined], "head and start after the first turn");
    },
  },
  {
    name: "keeps a definition once for all runs that pin it",
    async run(store) {
      const storage = await store.open();
      await createOwned(storage, runRecord("a"), worker("w"));
      await createOwned(storage, runRecord("b"), worker("w"));
      await createOwned(storage, runRecord("c", { definition: "hash-2" }), worker("w"));
      expectEqual(await storage.readDefinition({ hash: "hash-1" }), "definition of hash-1", "the definition");
      expectEqual((await storage.stats()).definitions, 2, "how many there are");
    },
  },
  {
    name: "counts its runs by status",
    async run(store) {
      const storage = await store.open();
      expectEqual((await storage.stats()).runs, {}, "an empty store");
      await createOwned(storage, runRecord("a"), worker("w"));
      await createOwned(storage, runRecord("b"), worker("w"));
      await createPending(storage, runRecord("c"));
      expectEqual((await storage.stats()).runs, { running: 2, pending: 1 }, "three runs");
    },
  },
  {
    name: "can be brought to its form again, and at the same time",
    async run(store) {
      const storage = await store.open();
      await createOwned(storage, runRecord("a"), worker("w"));
      await Promise.all([storage.migrate(), storage.migrate(), (await store.open()).migrate()]);
      expectEqual((await storage.findRun({ runId: "a" }))?.head, 1, "the run's head");
    },
  },
];
