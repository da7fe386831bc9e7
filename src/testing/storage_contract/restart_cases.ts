import type { JournalTurn } from "../../engine/journal.ts";
import type { Claim, CommitTurnRequest, Storage } from "../../engine/storage.ts";
import type { ContractCase } from "./contract.ts";
import { expectEqual, expectRejection } from "./expect.ts";
import {
  commitRequest,
  createOwned,
  LEASE_MS,
  QUEUE,
  readTurns,
  runRecord,
  signal,
  startedEntry,
  turn,
  worker,
} from "./samples.ts";

/** Large enough for any store to keep it elsewhere than other turns. */
const LARGE = "x".repeat(300_000);

/** A commit with which the journal begins anew. */
function restartRequest(claim: Claim, head: number, more: Partial<CommitTurnRequest> = {}): CommitTurnRequest {
  return commitRequest(claim, head, { restart: true, ...more });
}

/** Creates a run with a journal of five turns, the third of them a large one. */
async function createLong(storage: Storage, id: string): Promise<Claim> {
  const claim = await createOwned(storage, runRecord(id), worker("w"));
  for (let head = 1; head < 5; head++) {
    await storage.commitTurn(commitRequest(claim, head, head === 2 ? { turn: turn(2, LARGE) } : {}));
  }
  return claim;
}

function turns(from: number, to: number): readonly JournalTurn[] {
  return Array.from({ length: to - from }, (_, index) => turn(from + index));
}

/** What `commitTurn` and `readJournal` promise of journals that begin anew. */
export const RESTART_CASES: readonly ContractCase[] = [
  {
    name: "begins a journal anew with a turn, and goes on counting",
    async run(store) {
      const storage = await store.open();
      const claim = await createLong(storage, "a");
      await createLong(storage, "b");
      await storage.commitTurn(restartRequest(claim, 5));
      expectEqual(await storage.readJournal({ runId: "a" }), { from: 5, turns: [turn(5)] }, "the journal");
      expectEqual((await storage.findRun({ runId: "a" }))?.head, 6, "the head");
      expectEqual((await readTurns(storage, "b")).length, 5, "turns of another run");
      await storage.commitTurn(commitRequest(claim, 6));
      await store.advance(LEASE_MS + 1);
      const { runs } = await storage.claimRuns({ worker: worker("v"), queues: [QUEUE], runIds: ["a"], limit: 1 });
      expectEqual([runs[0]?.head, runs[0]?.started], [7, undefined], "what the next owner is told");
    },
  },
  {
    name: "reads a journal that began anew in pages, from any position",
    async run(store) {
      const storage = await store.open();
      const claim = await createLong(storage, "a");
      await storage.commitTurn(restartRequest(claim, 5));
      for (let head = 6; head < 12; head++) await storage.commitTurn(commitRequest(claim, head));
      const pages = [
        [0, 99, 5, 12],
        [0, 2, 5, 7],
        [4, 2, 5, 7],
        [5, 1, 5, 6],
        [6, 3, 6, 9],
        [10, 9, 10, 12],
        [12, 5, 12, 12],
        [99, 5, 99, 99],
        [2, 0, 5, 5],
      ] as const;
      for (const [from, limit, first, end] of pages) {
        const page = await storage.readJournal({ runId: "a", from, limit });
        expectEqual(page, { from: first, turns: turns(first, end) }, `the page from ${from} of ${limit}`);
      }
    },
  },
  {
    name: "begins a journal anew as often as it is asked to, also with its first turn and with a large one",
    async run(store) {
      const storage = await store.open();
      const first = { started: startedEntry() };
      const request = { run: runRecord("a"), definition: "definition of hash-1", worker: worker("w"), first };
      const claim = (await storage.createRun(request))!;
      await storage.commitTurn(restartRequest(claim, 0));
      for (let head = 1; head < 10; head++) {
        const last = head % 3 === 0 ? turn(head, LARGE) : turn(head);
        await storage.commitTurn(restartRequest(claim, head, { turn: last }));
        expectEqual(await storage.readJournal({ runId: "a" }), { from: head, turns: [last] }, `after ${head} turns`);
      }
    },
  },
  {
    name: "answers a turn that begins the journal anew and is sent again as it did the first time",
    async run(store) {
      const storage = await store.open();
      const claim = await createLong(storage, "a");
      const request = restartRequest(claim, 5, { turn: turn(5, LARGE), messages: [signal("a", "m")] });
      for (let times = 0; times < 3; times++) await storage.commitTurn(request);
      const expected = { from: 5, turns: [turn(5, LARGE)] };
      expectEqual(await storage.readJournal({ runId: "a" }), expected, "the journal");
      await storage.commitTurn(commitRequest(claim, 6));
      await expectRejection(storage.commitTurn(request), "claim_lost", "the turn once another has followed");
      expectEqual((await storage.readJournal({ runId: "a" })).turns.length, 2, "turns after that");
    },
  },
  {
    name: "refuses to begin a journal anew under an older claim or at another place, and changes nothing",
    async run(store) {
      const storage = await store.open();
      const old = await createLong(storage, "a");
      const expected = await storage.readJournal({ runId: "a" });
      for (const head of [0, 4, 6]) {
        await expectRejection(
          storage.commitTurn(restartRequest(old, head, { turnId: `at-${head}` })),
          "claim_lost",
          `after ${head} turns`,
        );
      }
      await storage.commitTurn(commitRequest(old, 5, { turn: undefined, release: true }));
      await storage.claimRuns({ worker: worker("v"), queues: [], runIds: ["a"], limit: 1 });
      await expectRejection(storage.commitTurn(restartRequest(old, 5)), "claim_lost", "the old claim's turn");
      expectEqual(await storage.readJournal({ runId: "a" }), expected, "the journal");
      await storage.commitTurn(restartRequest({ runId: "a", token: 2 }, 5));
      await expectRejection(storage.commitTurn(commitRequest(old, 6)), "claim_lost", "the old claim's next turn");
      await expectRejection(
        storage.commitTurn(restartRequest({ runId: "nobody", token: 1 }, 0)),
        "claim_lost",
        "nobody's",
      );
    },
  },
  {
    name: "keeps mail and what a run has heard when its journal begins anew",
    async run(store) {
      const storage = await store.open();
      const claim = await createLong(storage, "a");
      for (const id of ["taken", "waiting"]) await storage.deliver({ message: signal("a", id) });
      await storage.commitTurn(restartRequest(claim, 5, { taken: ["taken"] }));
      expectEqual((await storage.findRun({ runId: "a" }))?.mail, 1, "messages that wait");
      expectEqual((await storage.deliver({ message: signal("a", "taken") }))?.isDuplicate, true, "one that it has had");
    },
  },
  {
    name: "deletes a run whose journal began anew, with the whole of it",
    async run(store) {
      const storage = await store.open();
      const claim = await createLong(storage, "a");
      await storage.commitTurn(restartRequest(claim, 5));
      const change = { status: "completed", finishedAt: 9 } as const;
      await storage.commitTurn(commitRequest(claim, 6, { turn: turn(6, LARGE), change, release: true }));
      expectEqual(await storage.deleteRuns({ limit: 1 }), 1, "how many went");
      expectEqual(await storage.readJournal({ runId: "a" }), { from: 0, turns: [] }, "the journal");
      await createOwned(storage, runRecord("a", { internalId: "again" }), worker("w"));
      expectEqual(await storage.readJournal({ runId: "a" }), { from: 0, turns: [turn(0)] }, "that of a new run");
    },
  },
];
