import type { CommitTurnRequest } from "../../engine/storage.ts";
import type { ContractCase } from "./contract.ts";
import { expectEqual, expectRejection } from "./expect.ts";
import {
  commitRequest,
  createOwned,
  createRequest,
  QUEUE,
  readTurns,
  runRecord,
  signal,
  startedEntry,
  turn,
  worker,
} from "./samples.ts";

/** What `commitTurn` and `readJournal` promise. */
export const COMMIT_CASES: readonly ContractCase[] = [
  {
    name: "appends turns and reads them back in order, whole or in pages",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      for (let head = 1; head < 20; head++) await storage.commitTurn(commitRequest(claim, head));
      const all = Array.from({ length: 20 }, (_, number) => turn(number));
      expectEqual(await storage.readJournal({ runId: "a" }), { from: 0, turns: all }, "the journal");
      expectEqual(await storage.readJournal({ runId: "a", from: 18 }), { from: 18, turns: all.slice(18) }, "its end");
      for (const [from, limit] of [[0, 1], [5, 3], [15, 3], [18, 9], [20, 1], [99, 1], [3, 0]] as const) {
        const page = await storage.readJournal({ runId: "a", from, limit });
        expectEqual(page, { from, turns: all.slice(from, from + limit) }, `the page from ${from} of ${limit}`);
      }
      await storage.commitTurn(commitRequest(claim, 20));
      expectEqual(
        await storage.readJournal({ runId: "a", from: 4, limit: 2 }),
        { from: 4, turns: all.slice(4, 6) },
        "a page after a commit",
      );
      expectEqual((await storage.findRun({ runId: "a" }))?.head, 21, "the head");
    },
  },
  {
    name: "keeps turns of any size and any text",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      const texts = ["", "\u0000\ud800\u2028🐙", "x".repeat(70_000), "ü".repeat(400_000), "short again"];
      for (const [index, text] of texts.entries()) {
        await storage.commitTurn(commitRequest(claim, index + 1, { turn: turn(index + 1, text) }));
      }
      const journal = await readTurns(storage, "a");
      expectEqual(journal.slice(1), texts.map((text, index) => turn(index + 1, text)), "the journal");
    },
  },
  {
    name: "refuses a turn for another place of the journal, and changes nothing",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      await storage.commitTurn(commitRequest(claim, 1));
      const before = await storage.findRun({ runId: "a" });
      for (const head of [0, 1, 3]) {
        const late = commitRequest(claim, head, {
          turnId: `other-${head}`,
          change: { status: "failed" },
          children: [createRequest(runRecord("child"), worker("w"))],
          messages: [signal("a", "m")],
          release: true,
        });
        await expectRejection(storage.commitTurn(late), "claim_lost", `a turn after ${head} others`);
        await expectRejection(storage.commitTurn({ ...late, turn: undefined }), "claim_lost", `no turn after ${head}`);
      }
      expectEqual(await storage.findRun({ runId: "a" }), before, "the run");
      expectEqual(await storage.findRun({ runId: "child" }), undefined, "the child");
    },
  },
  {
    name: "refuses a turn under an older claim, and one of a run that it does not know",
    async run(store) {
      const storage = await store.open();
      const old = await createOwned(storage, runRecord("a"), worker("w"));
      await storage.commitTurn(commitRequest(old, 1, { release: true }));
      await storage.claimRuns({ worker: worker("v"), queues: [QUEUE], limit: 1 });
      await expectRejection(storage.commitTurn(commitRequest(old, 2)), "claim_lost", "the old claim's turn");
      await expectRejection(storage.commitTurn(commitRequest(old, 1)), "claim_lost", "the old claim's last turn again");
      await storage.commitTurn(commitRequest({ runId: "a", token: 2 }, 2));
      const nobody = { runId: "nobody", token: 1 };
      await expectRejection(storage.commitTurn(commitRequest(nobody, 0)), "claim_lost", "a run that is not there");
    },
  },
  {
    name: "answers the same turn that is sent again as it did the first time",
    async run(store) {
      const storage = await store.open();
      await createOwned(storage, runRecord("other"), worker("v"));
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      const request = commitRequest(claim, 1, {
        change: { status: "waiting" },
        children: [createRequest(runRecord("child"), worker("w"))],
        messages: [signal("other", "m")],
      });
      for (let times = 0; times < 3; times++) await storage.commitTurn(request);
      expectEqual((await readTurns(storage, "a")).length, 2, "turns in the journal");
      expectEqual((await storage.findRun({ runId: "other" }))?.mail, 1, "messages to the other run");
      await storage.commitTurn(commitRequest(claim, 2));
      await expectRejection(storage.commitTurn(request), "claim_lost", "the turn before the last one");
    },
  },
  {
    name: "changes what a turn changes in the record, and nothing else",
    async run(store) {
      const storage = await store.open();
      const record = runRecord("a");
      const claim = await createOwned(storage, record, worker("w"));
      const changes: CommitTurnRequest["change"][] = [
        { status: "waiting", wakeAt: 12_345 },
        { status: "paused", pause: { reason: "missing_secret", message: "No TOKEN" }, wakeAt: null },
        {
          pause: {
            reason: "non_determinism",
            message: "It does not fit",
            difference: { expected: ["step a"], came: ["step b", "timer c"] },
          },
        },
        { status: "running", pause: null },
        { status: "failed", cause: "error", error: { code: "x", message: "y", step: "s", status: 1, details: [] } },
        { output: { total: 3 }, finishedAt: 99 },
        { output: null, error: null, cause: null, finishedAt: null, status: "running" },
        {},
      ];
      let expected = record;
      for (const [index, change] of changes.entries()) {
        expected = { ...expected, ...change };
        await storage.commitTurn(commitRequest(claim, index + 1, { change }));
        const seen = await storage.findRun({ runId: "a" });
        expectEqual(seen, { ...expected, head: index + 2, owner: "w", mail: 0 }, `after ${JSON.stringify(change)}`);
      }
    },
  },
  {
    name: "changes a record without a turn",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      const more = { turn: undefined, change: { status: "waiting", wakeAt: 5 } } as const;
      await storage.commitTurn(commitRequest(claim, 1, more));
      await storage.commitTurn(commitRequest(claim, 1, { turnId: "next" }));
      const run = await storage.findRun({ runId: "a" });
      expectEqual([run?.status, run?.wakeAt, run?.head, run?.owner], ["waiting", 5, 2, "w"], "the run");
    },
  },
  {
    name: "starts the children of a turn with its commit, owned by the same worker",
    async run(store) {
      const storage = await store.open();
      const owner = worker("w");
      const claim = await createOwned(storage, runRecord("a"), owner);
      const child = runRecord("a/ship", { parent: { runId: "a", step: "ship" }, root: "a", status: "pending" });
      const request = {
        run: child,
        definition: "definition of hash-1",
        worker: owner,
        first: { started: startedEntry() },
      };
      await storage.commitTurn(commitRequest(claim, 1, { children: [request] }));
      const found = await storage.findRun({ runId: "a/ship" });
      expectEqual(found, { ...child, head: 0, owner: "w", mail: 0 }, "the child");
      await storage.commitTurn(commitRequest({ runId: "a/ship", token: 1 }, 0));
      expectEqual((await storage.findRun({ runId: "a/ship" }))?.head, 1, "the child's head after its first turn");
    },
  },
  {
    name: "leaves a child alone that exists already",
    async run(store) {
      const storage = await store.open();
      const owner = worker("w");
      const claim = await createOwned(storage, runRecord("a"), owner);
      await createOwned(storage, runRecord("child", { workflow: "first" }), owner);
      const before = await storage.findRun({ runId: "child" });
      const again = createRequest(runRecord("child", { workflow: "second", internalId: "other" }), owner);
      await storage.commitTurn(commitRequest(claim, 1, { children: [again] }));
      expectEqual(await storage.findRun({ runId: "child" }), before, "the child");
    },
  },
  {
    name: "moves a run to another definition, and forgets one that nobody pins",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      await createOwned(storage, runRecord("b"), worker("w"));
      const move = { change: { definition: "hash-2" }, definition: "second" };
      await storage.commitTurn(commitRequest(claim, 1, move));
      expectEqual((await storage.findRun({ runId: "a" }))?.definition, "hash-2", "the definition's hash");
      expectEqual(await storage.readDefinition({ hash: "hash-2" }), "second", "the definition");
      expectEqual(await storage.readDefinition({ hash: "hash-1" }), "definition of hash-1", "one that is still pinned");
      await storage.commitTurn(commitRequest({ runId: "b", token: 1 }, 1, move));
      expectEqual(await storage.readDefinition({ hash: "hash-1" }), undefined, "one that is pinned no more");
      expectEqual((await storage.stats()).definitions, 1, "how many there are");
    },
  },
  {
    name: "commits turns of many runs at a time, and a refused one fails no other",
    async run(store) {
      const storage = await store.open();
      const ids = Array.from({ length: 50 }, (_, index) => `r${index}`);
      const claims = await Promise.all(ids.map((id) => createOwned(storage, runRecord(id), worker("w"))));
      const requests = claims.map((claim, index) => commitRequest(claim, index % 5 === 3 ? 7 : 1));
      const answers = await Promise.allSettled([
        ...requests.map((request) => storage.commitTurn(request)),
        storage.createRun(createRequest(runRecord("r1", { internalId: "other" }))),
        storage.createRun(createRequest(runRecord("fresh"))),
      ]);
      const expected = ids.map((_, index) => index % 5 === 3 ? "rejected" : "fulfilled");
      expectEqual(answers.map(({ status }) => status), [...expected, "rejected", "fulfilled"], "the answers");
      for (const [index, id] of ids.entries()) {
        expectEqual((await readTurns(storage, id)).length, index % 5 === 3 ? 1 : 2, `turns of "${id}"`);
      }
    },
  },
];
