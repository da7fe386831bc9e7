import type { Claim, ClaimedRuns, ClaimRunsRequest, Storage } from "../../engine/storage.ts";
import type { RunStatus } from "../../engine/run.ts";
import type { ContractCase } from "./contract.ts";
import { expectEqual, expectRejection } from "./expect.ts";
import {
  commitRequest,
  createOwned,
  createParked,
  createPending,
  LEASE_MS,
  QUEUE,
  runRecord,
  signal,
  worker,
} from "./samples.ts";

function claimAs(storage: Storage, id: string, more: Partial<ClaimRunsRequest> = {}): Promise<ClaimedRuns> {
  return storage.claimRuns({ worker: worker(id), queues: [QUEUE], limit: 100, ...more });
}

async function claimedIds(storage: Storage, id: string, more: Partial<ClaimRunsRequest> = {}): Promise<string[]> {
  return (await claimAs(storage, id, more)).runs.map(({ run }) => run.id);
}

/** What `claimRuns` and `renewWorker` promise. */
export const CLAIM_CASES: readonly ContractCase[] = [
  {
    name: "hands out due runs, those first that have been due for longest, and tells when the next one is",
    async run(store) {
      const storage = await store.open();
      const now = store.now();
      for (const [id, wakeAt] of [["c", 30], ["a", 10], ["b", 20], ["later", 5_000]] as const) {
        await createParked(storage, runRecord(id), { status: "waiting", wakeAt: now + wakeAt });
      }
      await createParked(storage, runRecord("never"), { status: "waiting", wakeAt: null });
      expectEqual(await claimAs(storage, "w"), { runs: [], mail: [], nextWakeAt: now + 10 }, "before any is due");
      await store.advance(100);
      const first = await claimAs(storage, "w", { limit: 2 });
      expectEqual(first.runs.map(({ run }) => run.id), ["a", "b"], "the first two");
      expectEqual(first.nextWakeAt, now + 30, "the next after them");
      const second = await claimAs(storage, "w");
      expectEqual([second.runs.map(({ run }) => run.id), second.nextWakeAt], [["c"], now + 5_000], "the rest");
    },
  },
  {
    name: "hands out runs of the queues that are asked for only, and then tells their times only",
    async run(store) {
      const storage = await store.open();
      await createPending(storage, runRecord("a", { queue: "one" }));
      await createPending(storage, runRecord("b", { queue: "two" }));
      await createPending(storage, runRecord("c", { queue: "three", wakeAt: store.now() + 50 }));
      expectEqual(await claimAs(storage, "w", { queues: [] }), { runs: [], mail: [] }, "without a queue");
      const both = await claimAs(storage, "w", { queues: ["one", "three"] });
      expectEqual([both.runs.map(({ run }) => run.id), both.nextWakeAt], [["a"], store.now() + 50], "of two queues");
    },
  },
  {
    name: "hands out runs that are asked for by id, whatever their queue, time and status, unless another owns them",
    async run(store) {
      const storage = await store.open();
      const ended = { status: "completed", wakeAt: null, finishedAt: 9 } as const;
      const paused = { status: "paused", pause: { reason: "crash_loop", message: "again" } } as const;
      await createParked(storage, runRecord("ended"), ended);
      await createParked(storage, runRecord("paused"), paused);
      await createParked(storage, runRecord("waiting", { queue: "local" }), { status: "waiting", wakeAt: 9e15 });
      await createOwned(storage, runRecord("owned"), worker("v"));
      const runIds = ["waiting", "owned", "paused", "nobody", "ended"];
      expectEqual(
        await claimedIds(storage, "w", { queues: [], runIds, limit: 2 }),
        ["waiting", "paused"],
        "two of them",
      );
      expectEqual(await claimedIds(storage, "u", { queues: [], runIds }), ["ended"], "the rest");
    },
  },
  {
    name: "leaves the runs of some definitions to others, unless they are asked for by id",
    async run(store) {
      const storage = await store.open();
      await createPending(storage, runRecord("known", { definition: "k" }));
      await createPending(storage, runRecord("strange", { definition: "s" }));
      await createPending(storage, runRecord("later", { definition: "k", wakeAt: store.now() + 60_000 }));
      const except = ["s", "never seen"];
      const mine = await claimAs(storage, "w", { except });
      expectEqual([mine.runs.map(({ run }) => run.id), mine.nextWakeAt], [["known"], store.now() + 60_000], "by queue");
      expectEqual(await claimedIds(storage, "v", { except, runIds: ["strange"] }), ["strange"], "by id");
      await createPending(storage, runRecord("stranger", { definition: "s" }));
      expectEqual(await claimedIds(storage, "w", { except }), [], "not even once");
      expectEqual(await claimedIds(storage, "v"), ["stranger"], "by who knows it");
    },
  },
  {
    name: "gives a worker again what it owns without knowing, and the mail of what it drives",
    async run(store) {
      const storage = await store.open();
      await createOwned(storage, runRecord("driven"), worker("w"));
      await createOwned(storage, runRecord("lost"), worker("w"));
      await createOwned(storage, runRecord("other"), worker("v"));
      for (const runId of ["driven", "lost", "other"]) {
        await storage.deliver({ message: signal(runId, `for ${runId}`) });
      }
      await claimAs(storage, "w", { queues: [] });
      const request = { queues: [], runIds: ["lost"], limit: 1, drives: ["driven"] };
      const { runs, mail } = await claimAs(storage, "w", request);
      expectEqual(runs.map(({ claim }) => claim), [{ runId: "lost", token: 2 }], "what it did not know of");
      expectEqual(runs[0]?.messages, [signal("lost", "for lost")], "the messages of that");
      expectEqual(mail, [signal("driven", "for driven")], "the mail of the rest");
      expectEqual(await claimAs(storage, "w", { queues: [] }), { runs: [], mail: [] }, "afterwards");
    },
  },
  {
    name: "gives each claim a larger token, and tells all that a worker has to know",
    async run(store) {
      const storage = await store.open();
      const record = runRecord("a", { definition: "hash-2", status: "waiting", wakeAt: store.now() });
      await createParked(storage, record, {});
      await storage.deliver({ message: signal("a", "m1", "one") });
      await storage.deliver({ message: signal("a", "m2", "two") });
      const { runs } = await claimAs(storage, "w");
      expectEqual(runs, [{
        run: { ...record, wakeAt: runs[0]?.run.wakeAt },
        claim: { runId: "a", token: 2 },
        head: 2,
        crashes: 0,
        messages: [signal("a", "m1", "one"), signal("a", "m2", "two")],
      }], "the claimed run");
      expectEqual((await storage.findRun({ runId: "a" }))?.owner, "w", "the owner");
    },
  },
  {
    name: "never hands a run to two workers",
    async run(store) {
      const handles = [await store.open(), await store.open(), await store.open()];
      const ids = Array.from({ length: 30 }, (_, index) => `r${index}`);
      for (const id of ids) await createPending(handles[0]!, runRecord(id));
      const claims = await Promise.all(
        Array.from({ length: 12 }, (_, index) => claimedIds(handles[index % 3]!, `w${index % 3}`, { limit: 4 })),
      );
      expectEqual(claims.flat().sort(), [...ids].sort(), "the claimed runs");
    },
  },
  {
    name: "counts the claims since a turn was committed",
    async run(store) {
      const storage = await store.open();
      await createPending(storage, runRecord("a"));
      let workers = 0;
      const crash = async (): Promise<number | undefined> => {
        const { runs } = await claimAs(storage, `w${workers++}`);
        await store.advance(LEASE_MS + 1);
        return runs[0]?.crashes;
      };
      expectEqual([await crash(), await crash(), await crash()], [0, 1, 2], "the counts");
      const { runs: [claimed] } = await claimAs(storage, "w");
      await storage.commitTurn(commitRequest(claimed!.claim, 0));
      await store.advance(LEASE_MS + 1);
      expectEqual([await crash(), await crash()], [0, 1], "the counts after a commit");
    },
  },
  {
    name: "takes the runs of a worker whose lease has run out: those at once that were not waiting",
    async run(store) {
      const storage = await store.open();
      const wakeAt = store.now() + 10 * LEASE_MS;
      const statuses: readonly RunStatus[] = [
        ...(["pending", "running", "compensating", "waiting", "paused", "completed", "cancelled"] as const),
      ];
      for (const status of statuses) await createOwned(storage, runRecord(status, { status, wakeAt }), worker("dead"));
      for (const id of ["answered", "signalled"]) {
        await createOwned(storage, runRecord(id, { status: "waiting", wakeAt }), worker("dead"));
      }
      await createOwned(storage, runRecord("told", { status: "paused", wakeAt: null }), worker("dead"));
      for (const id of ["signalled", "told"]) await storage.deliver({ message: signal(id, "m") });
      expectEqual(await claimedIds(storage, "w"), [], "while the lease lasts");
      await store.advance(LEASE_MS + 1);
      expectEqual((await storage.findRun({ runId: "running" }))?.owner, null, "the owner of one");
      const ids = await claimedIds(storage, "w");
      expectEqual(ids.sort(), ["compensating", "pending", "running", "signalled"], "once it is over");
      expectEqual((await storage.findRun({ runId: "answered" }))?.wakeAt, wakeAt, "the time of one that waits");
    },
  },
  {
    name: "keeps a worker's runs for it while it renews its lease, by whatever it does",
    async run(store) {
      const storage = await store.open();
      const owner = worker("w");
      await createOwned(storage, runRecord("a"), owner);
      for (let times = 0; times < 3; times++) {
        await store.advance(LEASE_MS - 10);
        if (times === 0) expectEqual(await storage.renewWorker({ worker: owner }), true, "the renewal");
        if (times === 1) await createOwned(storage, runRecord("b"), owner);
        if (times === 2) await claimAs(storage, "w", { queues: [] });
        expectEqual(await claimedIds(storage, "v"), [], "what another worker gets");
      }
    },
  },
  {
    name: "tells a worker that it does not know any more",
    async run(store) {
      const storage = await store.open();
      expectEqual(await storage.renewWorker({ worker: worker("stranger") }), false, "a stranger's renewal");
      await createOwned(storage, runRecord("a"), worker("w"));
      await store.advance(LEASE_MS + 1);
      expectEqual(await storage.renewWorker({ worker: worker("w") }), true, "a late renewal, nobody having taken over");
      await store.advance(LEASE_MS + 1);
      expectEqual(await claimedIds(storage, "v"), ["a"], "what another worker gets");
      expectEqual(await storage.renewWorker({ worker: worker("w") }), false, "the renewal after that");
    },
  },
  {
    name: "lets an owner commit after its lease has run out, until somebody else has the run",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      await store.advance(LEASE_MS + 1);
      await storage.commitTurn(commitRequest(claim, 1));
      const { runs: [taken] } = await claimAs(storage, "v");
      expectEqual([taken?.claim.token, taken?.head], [2, 2], "token and head of the next claim");
      await expectRejection(storage.commitTurn(commitRequest(claim, 2)), "claim_lost", "the first owner's next turn");
    },
  },
  {
    name: "lets others take a run whose owner commits after its lease has run out",
    async run(store) {
      const storage = await store.open();
      const wakeAt = store.now() + 10 * LEASE_MS;
      const claims: Claim[] = [];
      for (const id of ["running", "waiting", "parked"]) {
        claims.push(await createOwned(storage, runRecord(id, { status: "waiting", wakeAt }), worker("w")));
      }
      await store.advance(LEASE_MS + 1);
      expectEqual(await claimedIds(storage, "v"), [], "what is due before");
      await storage.commitTurn(commitRequest(claims[0]!, 1, { change: { status: "running", wakeAt: null } }));
      await storage.commitTurn(commitRequest(claims[1]!, 1, { change: { wakeAt: store.now() + 50 } }));
      await storage.commitTurn(commitRequest(claims[2]!, 1, { change: { wakeAt: null } }));
      expectEqual(await claimedIds(storage, "v"), ["running"], "what is due at once");
      await store.advance(50);
      expectEqual(await claimedIds(storage, "v"), ["waiting"], "what is due in time");
      await expectRejection(
        storage.commitTurn(commitRequest(claims[0]!, 2)),
        "claim_lost",
        "the first owner's next turn",
      );
    },
  },
  {
    name: "gives a run back when its claim is released: due at once where it was in the middle of something",
    async run(store) {
      const storage = await store.open();
      const wakeAt = store.now() + 5_000;
      await createParked(storage, runRecord("running"), {});
      await createParked(storage, runRecord("waiting"), { status: "waiting", wakeAt });
      await createParked(storage, runRecord("paused"), { status: "paused" });
      await createParked(storage, runRecord("ended"), { status: "completed", finishedAt: 9 });
      expectEqual((await storage.findRun({ runId: "running" }))?.owner, null, "the owner");
      const { runs, nextWakeAt } = await claimAs(storage, "w");
      expectEqual([runs.map(({ run }) => run.id), nextWakeAt], [["running"], wakeAt], "what is due, and next");
    },
  },
  {
    name: "releases the claims of a handle that is closed, and what was not waiting is due at once",
    needs: "hasHandles",
    async run(store) {
      const [closing, other] = [await store.open(), await store.open()];
      const wakeAt = store.now() + 5_000;
      await createOwned(closing, runRecord("running"), worker("gone"));
      await createOwned(closing, runRecord("waiting", { status: "waiting", wakeAt }), worker("gone"));
      await createOwned(other, runRecord("kept"), worker("w"));
      await closing[Symbol.asyncDispose]();
      await closing[Symbol.asyncDispose]();
      expectEqual((await other.findRun({ runId: "waiting" }))?.owner, null, "the owner of the waiting run");
      const { runs, nextWakeAt } = await claimAs(other, "w");
      expectEqual([runs.map(({ run }) => run.id), nextWakeAt], [["running"], wakeAt], "what is due, and next");
      await expectRejection(closing.findRun({ runId: "kept" }), "store_unavailable", "what the closed handle answers");
    },
  },
];
