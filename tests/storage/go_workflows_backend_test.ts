/**
 * The promises that go-workflows tests of every backend, under the names that it gives them, kept by both of our stores.
 *
 * Where its ideas are not ours, a name stands for this:
 *
 * - An instance is a run; its queue is the run's.
 * - A workflow task is a claim and the turns that are committed under it: `claimRuns` gets one and locks it, `commitTurn` completes it.
 *   Its lock is the claim's token; a lease that has run out only lets others claim.
 * - History is the journal. Events for an instance are the messages in its inbox; pending ones are those that no turn has taken.
 * - An activity task is an attempt of a step. It is no row that is polled: the process that owns the run makes the attempt once the turn
 *   that asks for it is committed. So these cases run workflows.
 * - A timeout without a task is an empty answer: `claimRuns` never waits, and says when to ask again.
 * - An error for an instance that is not there is `undefined`, or no run deleted; the front-ends turn that into `run_not_found`.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMaestro, createRuntime, type Maestro, type RunRecord, type Storage } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { openSqlite } from "../../src/storage/sqlite/open_sqlite.ts";
import {
  commitRequest,
  createOwned,
  createParked,
  createPending,
  QUEUE,
  readTurns,
  runRecord,
  signal,
  startedEntry,
  turn,
  worker,
} from "../../src/testing/storage_contract/samples.ts";
import { type ScratchStore, withScratch } from "./scratch_store.ts";

/** A store in memory that several users close, each for itself. */
class SharedMemory extends MemoryStorage {
  override [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Opens handles on one store. */
type Open = () => Promise<Storage>;

const STORES: readonly (readonly [name: string, create: (scratch: ScratchStore) => Open])[] = [
  ["MemoryStorage", () => {
    const storage = new SharedMemory();
    return () => Promise.resolve(storage);
  }],
  ["a SQLite file", (scratch) => async () => scratch.keep(await openSqlite(scratch.path()))],
];

const PENDING = { status: "pending" } as const;

function claim(storage: Storage, id: string, queues: readonly string[] = [QUEUE]) {
  return storage.claimRuns({ worker: worker(id), queues, limit: 10 });
}

/** A worker of a queue; its calls of `shop` are in `calls`. */
async function listenTo(open: Open, queue: string, calls: string[]): Promise<Maestro> {
  return createMaestro({
    runtime: await createRuntime(),
    storage: await open(),
    queue,
    functions: {
      shop: {
        Price: (input) => {
          calls.push(`${queue} ${JSON.stringify(input)}`);
          return { price: 3 };
        },
      },
    },
  });
}

/** Waits for a signal, then calls a function. */
const WORKFLOW = `name: order
services: { shop: { type: function, endpoint: local } }
steps:
  - { id: paid, wait_for: { signal: paid } }
  - { id: price, service: shop, method: Price, input: { item: tea }, output: price }
output: "{{ .price.price }}"
`;

/** Starts a run that waits, in a process that then goes away. */
async function startWaiting(open: Open, queue: string): Promise<void> {
  const calls: string[] = [];
  const maestro = await listenTo(open, queue, calls);
  const { workflow, diagnostics } = await maestro.load({ file: "order.yaml", text: WORKFLOW });
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
  await maestro.start(workflow!, { id: "run", input: {} });
  await maestro.close();
  assert.deepEqual(calls, []);
}

/** Resolves when a run has ended. */
async function ended(storage: Storage): Promise<RunRecord> {
  for (let tries = 0; tries < 500; tries++) {
    const run = await storage.findRun({ runId: "run" });
    if (run?.finishedAt != null) return run;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("The run has not ended within 5 s");
}

const CASES: Readonly<Record<string, (open: Open) => Promise<void>>> = {
  "CreateWorkflowInstance_DoesNotError: a run can be created without a worker": async (open) => {
    const storage = await open();
    await createPending(storage, runRecord("a"));
    assert.deepEqual(await storage.findRun({ runId: "a" }), {
      ...runRecord("a", PENDING),
      wakeAt: (await storage.findRun({ runId: "a" }))!.wakeAt,
      ...{ head: 0, owner: null, mail: 0 },
    });
  },
  "CreateWorkflowInstance_SameInstanceIDErrors: a second run of an id is a conflict": async (open) => {
    const storage = await open();
    await createPending(storage, runRecord("a"));
    const second = runRecord("a", { internalId: "other" });
    await assert.rejects(createPending(storage, second), { code: "run_conflict" });
    assert.equal((await storage.findRun({ runId: "a" }))?.internalId, "internal-a");
  },
  "CreateWorkflowInstance_Metadata: what a run is started with comes to whoever claims it": async (open) => {
    const storage = await open();
    const started = { ...startedEntry(), context: { tenant: "acme" }, attributes: { customer: "Ada" } };
    const run = runRecord("a", { ...PENDING, attributes: started.attributes });
    await storage.createRun({ run, definition: "definition of hash-1", first: { started } });
    const { runs: [claimed] } = await claim(storage, "w");
    assert.deepEqual([claimed?.started, claimed?.run.attributes], [started, started.attributes]);
  },
  "RemoveWorkflowInstance_ErrorWhenInstanceInProgress: a run that goes on is not deleted": async (open) => {
    const storage = await open();
    await createOwned(storage, runRecord("a"), worker("w"));
    assert.equal(await storage.deleteRuns({ runId: "a", limit: 1 }), 0);
    assert.equal((await storage.findRun({ runId: "a" }))?.head, 1);
  },
  "RemoveWorkflowInstance_ErrorWhenInstanceDoesNotExist: nothing goes where nothing is": async (open) => {
    assert.equal(await (await open()).deleteRuns({ runId: "nobody", limit: 1 }), 0);
  },
  "GetWorkflowTask_ReturnsNilWhenTimeout: without a due run a claim is empty, and says when to ask again": async (
    open,
  ) => {
    const storage = await open();
    assert.deepEqual({ ...await claim(storage, "w") }, { runs: [], mail: [], nextWakeAt: undefined });
    const wakeAt = Date.now() + 1_000_000;
    await createParked(storage, runRecord("a"), { status: "waiting", wakeAt });
    assert.deepEqual({ ...await claim(storage, "w") }, { runs: [], mail: [], nextWakeAt: wakeAt });
  },
  "GetWorkflowTask_ReturnsTask: a new run is claimed with what it starts with": async (open) => {
    const storage = await open();
    await createPending(storage, runRecord("a"));
    const { runs: [claimed, ...others] } = await claim(storage, "w");
    assert.deepEqual([claimed?.claim, claimed?.head, claimed?.started, others.length], [
      ...[{ runId: "a", token: 1 }, 0, startedEntry(), 0],
    ]);
  },
  "GetWorkflowTask_ReturnsTaskFromGivenQueue: a claim takes from the queues that it names": async (open) => {
    const storage = await open();
    await createPending(storage, runRecord("a", { queue: "left" }));
    await createPending(storage, runRecord("b", { queue: "right" }));
    assert.deepEqual((await claim(storage, "w", ["right"])).runs.map(({ run }) => run.id), ["b"]);
    assert.deepEqual((await claim(storage, "w", ["right"])).runs, []);
    assert.deepEqual((await claim(storage, "w", ["left"])).runs.map(({ run }) => run.id), ["a"]);
  },
  "GetWorkflowTask_LocksTask: a run that is claimed is handed to nobody else": async (open) => {
    const storage = await open();
    await createPending(storage, runRecord("a"));
    assert.equal((await claim(storage, "w")).runs.length, 1);
    assert.deepEqual((await claim(await open(), "v")).runs, []);
    assert.deepEqual((await claim(storage, "w")).runs, []);
  },
  "CompleteWorkflowTask_ReturnsErrorIfNotLocked: a turn needs the newest claim": async (open) => {
    const storage = await open();
    await createPending(storage, runRecord("a"));
    await assert.rejects(storage.commitTurn(commitRequest({ runId: "a", token: 1 }, 0)), { code: "claim_lost" });
    const { runs: [claimed] } = await claim(storage, "w");
    await storage.commitTurn(commitRequest(claimed!.claim, 0, { release: true }));
    await claim(storage, "v");
    await assert.rejects(storage.commitTurn(commitRequest(claimed!.claim, 1)), { code: "claim_lost" });
    assert.equal((await storage.findRun({ runId: "a" }))?.head, 1);
  },
  "CompleteWorkflowTask_AddsNewEventsToHistory: a turn's entries are in the journal": async (open) => {
    const storage = await open();
    await createPending(storage, runRecord("a"));
    const { runs: [claimed] } = await claim(storage, "w");
    await storage.commitTurn(commitRequest(claimed!.claim, 0));
    await storage.commitTurn(commitRequest(claimed!.claim, 1));
    assert.deepEqual(await readTurns(await open(), "a"), [turn(0), turn(1)]);
  },
  "CompleteWorkflowTask_SetsCompletedAtWhenFinished: the turn that ends a run says when": async (open) => {
    const storage = await open();
    const owned = await createOwned(storage, runRecord("a"), worker("w"));
    const change = { status: "completed", output: { total: 3 }, finishedAt: 77 } as const;
    await storage.commitTurn(commitRequest(owned, 1, { change, release: true }));
    const run = await storage.findRun({ runId: "a" });
    assert.deepEqual([run?.status, run?.finishedAt, run?.output, run?.owner], ["completed", 77, { total: 3 }, null]);
    assert.deepEqual((await claim(storage, "v")).runs, []);
  },
  "CompleteWorkflowTask_SendsInstanceEvents: a turn's messages reach the other run with it": async (open) => {
    const storage = await open();
    const owned = await createOwned(storage, runRecord("a"), worker("w"));
    await createParked(storage, runRecord("b"), { status: "waiting", wakeAt: null });
    await storage.commitTurn(commitRequest(owned, 1, { messages: [signal("b", "m", "data")] }));
    const { runs } = await claim(storage, "v");
    assert.deepEqual(runs.map(({ run, messages }) => [run.id, messages]), [["b", [signal("b", "m", "data")]]]);
  },
  "SignalWorkflow_ErrorWhenInstanceDoesNotExist: a signal to nobody is told": async (open) => {
    assert.equal(await (await open()).deliver({ message: signal("nobody", "m") }), undefined);
  },
  "CancelWorkflow_ErrorWhenInstanceDoesNotExist: a cancellation of nobody is told": async (open) => {
    const message = { runId: "nobody", id: "m", time: 1, kind: "cancel" } as const;
    assert.equal(await (await open()).deliver({ message }), undefined);
  },
  "CancelWorkflow_AddsCancelEventToPendingEvents: a cancellation waits for a turn, and wakes the run": async (open) => {
    const storage = await open();
    await createParked(storage, runRecord("a"), { status: "waiting", wakeAt: null });
    const message = { runId: "a", id: "m", time: 1, kind: "cancel" } as const;
    assert.equal((await storage.deliver({ message }))?.isDuplicate, false);
    assert.deepEqual((await claim(storage, "v")).runs.map(({ messages }) => messages), [[message]]);
  },
  "GetActivityTask_ReturnsNilWhenTimeout: a run that waits has nothing attempted": async (open) => {
    await startWaiting(open, "left");
    const calls: string[] = [];
    const maestro = await listenTo(open, "left", calls);
    maestro.listen();
    await maestro.close();
    const run = await (await open()).findRun({ runId: "run" });
    assert.deepEqual([run?.status, run?.owner, calls], ["waiting", null, []]);
  },
  "GetActivityTask_ReturnsTaskFromQueues: steps are attempted by workers of the run's queue": async (open) => {
    await startWaiting(open, "left");
    const calls: string[] = [];
    const [right, left] = [await listenTo(open, "right", calls), await listenTo(open, "left", calls)];
    const storage = await open();
    right.listen();
    await storage.deliver({ message: signal("run", "m") });
    left.listen();
    assert.equal((await ended(storage)).status, "completed");
    assert.deepEqual(calls, ['left {"item":"tea"}']);
    await Promise.all([right.close(), left.close()]);
  },
  "CompleteActivityTask_DeliversResultBackToWorkflowQueue: an outcome is a fact of the run, which goes on": async (
    open,
  ) => {
    await startWaiting(open, "left");
    const maestro = await listenTo(open, "left", []);
    const storage = await open();
    maestro.listen();
    await storage.deliver({ message: signal("run", "m") });
    assert.equal((await ended(storage)).output, 3);
    await maestro.close();
    const entries = (await readTurns(await open(), "run")).flatMap(({ entries }) => entries);
    const outcome = entries.find(({ type }) => type === "step_completed");
    assert.deepEqual(outcome, { type: "step_completed", step: "price", output: { price: 3 }, attempts: 1 });
  },
};

for (const [name, create] of STORES) {
  describe(`go-workflows' backend tests with ${name}`, () => {
    for (const [title, run] of Object.entries(CASES)) it(title, () => withScratch((scratch) => run(create(scratch))));
  });
}

describe("the cases of go-workflows' backend tests", () => {
  it("are nineteen", () => assert.equal(Object.keys(CASES).length, 19));
});
