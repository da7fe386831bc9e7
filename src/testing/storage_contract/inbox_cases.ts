import { failure } from "../../engine/failure.ts";
import { type ChildEnd, isFinal, type RunStatus } from "../../engine/run.ts";
import { type Message, type PendingTurn, wakesRun } from "../../engine/storage.ts";
import type { ContractCase } from "./contract.ts";
import { expectEqual, expectSoon } from "./expect.ts";
import {
  commitRequest,
  createOwned,
  createParked,
  createPending,
  QUEUE,
  runRecord,
  signal,
  startedEntry,
  worker,
} from "./samples.ts";

const STATUSES: readonly RunStatus[] = [
  ...(["pending", "running", "waiting", "compensating", "paused"] as const),
  ...(["completed", "failed", "compensated", "compensation_failed", "cancelled"] as const),
];

/** One message of each kind. */
function messagesTo(runId: string): readonly Message[] {
  const child: ChildEnd = { runId: "child", status: "completed", output: [1], error: null, isUndoable: true };
  return [
    { runId, id: "1", time: 1, kind: "signal", name: "paid", data: { amount: 3, by: "Ü\u0000" } },
    { runId, id: "2", time: 2, kind: "cancel" },
    {
      runId,
      id: "3",
      time: 3,
      kind: "compensate",
      error: failure("x", "y"),
      replyTo: { runId: "parent", step: "step" },
    },
    { runId, id: "4", time: 4, kind: "resume" },
    { runId, id: "5", time: 5, kind: "child_finished", step: "ship", child },
    { runId, id: "6", time: 6, kind: "update", name: "address", data: ["Ü", null, { street: 3 }] },
    { runId, id: "7", time: 7, kind: "terminate" },
  ];
}

/** What `deliver`, the messages of turns, and `onWakeup` promise. */
export const INBOX_CASES: readonly ContractCase[] = [
  {
    name: "keeps messages of every kind until a turn has taken them, in the order in which they came",
    async run(store) {
      const storage = await store.open();
      const messages = messagesTo("a");
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      for (const message of messages) await storage.deliver({ message });
      expectEqual((await storage.findRun({ runId: "a" }))?.mail, messages.length, "messages that wait");
      const { mail } = await storage.claimRuns({ worker: worker("w"), queues: [], limit: 1 });
      expectEqual(mail, messages, "the owner's mail");
      await storage.commitTurn(commitRequest(claim, 1, { taken: ["2", "4", "unknown"], release: true }));
      expectEqual(
        (await storage.findRun({ runId: "a" }))?.mail,
        messages.length - 2,
        "messages that wait after a turn",
      );
      const { runs } = await storage.claimRuns({ worker: worker("w"), queues: [QUEUE], limit: 1 });
      const rest = messages.filter(({ id }) => !["2", "4"].includes(id));
      expectEqual(runs[0]?.messages, rest, "what the next owner gets");
    },
  },
  {
    name: "shows what the next turn of a run will be made of, and takes nothing",
    async run(store) {
      const storage = await store.open();
      expectEqual(await storage.readPending({ runId: "nobody" }), undefined, "where there is no run");
      await createPending(storage, runRecord("a"));
      const pending = (): Promise<PendingTurn | undefined> => storage.readPending({ runId: "a" });
      expectEqual(await pending(), { started: startedEntry(), messages: [] }, "of a run that nobody has begun");
      const messages = messagesTo("a");
      for (const message of messages) await storage.deliver({ message });
      expectEqual(await pending(), { started: startedEntry(), messages }, "with its mail");
      const { runs } = await storage.claimRuns({ worker: worker("w"), queues: [QUEUE], limit: 1 });
      expectEqual(runs[0]?.messages, messages, "what its owner gets");
      expectEqual(await pending(), { started: startedEntry(), messages }, "once it is claimed");
      await storage.commitTurn(commitRequest(runs[0]!.claim, 0, { taken: messages.slice(1).map(({ id }) => id) }));
      expectEqual(await pending(), { messages: messages.slice(0, 1) }, "after a turn");
    },
  },
  {
    name: "drops a message that a run has had before, also after it was taken",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      await createOwned(storage, runRecord("b"), worker("w"));
      const deliver = async (runId: string): Promise<boolean | undefined> =>
        (await storage.deliver({ message: signal(runId, "same", `data ${runId}`) }))?.isDuplicate;
      expectEqual([await deliver("a"), await deliver("a"), await deliver("b")], [false, true, false], "duplicates");
      await storage.commitTurn(commitRequest(claim, 1, { taken: ["same"] }));
      expectEqual(await deliver("a"), true, "a duplicate after it was taken");
      expectEqual((await storage.findRun({ runId: "a" }))?.mail, 0, "messages that wait");
    },
  },
  {
    name: "tells how a run was when a message came, or that there is none",
    async run(store) {
      const storage = await store.open();
      await createParked(storage, runRecord("a"), { status: "waiting", wakeAt: 9e15 });
      const before = await storage.findRun({ runId: "a" });
      const message = signal("a", "m");
      expectEqual(await storage.deliver({ message }), { run: before, isDuplicate: false }, "the answer");
      expectEqual(await storage.deliver({ message: signal("nobody", "m") }), undefined, "the answer for nobody");
    },
  },
  {
    name: "wakes a run that nobody owns for the messages that move it on, and for no other",
    async run(store) {
      const storage = await store.open();
      for (const status of STATUSES) {
        for (const message of messagesTo("x")) {
          const id = `${status} ${message.kind}`;
          const finishedAt = isFinal(status) ? 9 : null;
          await createParked(storage, runRecord(id), { status, wakeAt: 9e15, finishedAt });
          if (["pending", "running", "compensating"].includes(status)) continue;
          await storage.deliver({ message: { ...message, runId: id } });
          const isDue = (await storage.findRun({ runId: id }))!.wakeAt! <= store.now();
          expectEqual(isDue, wakesRun(message.kind, status), `whether ${message.kind} wakes a run that is ${status}`);
        }
      }
    },
  },
  {
    name: "makes a run due when it is released with mail that moves it on",
    async run(store) {
      const storage = await store.open();
      for (const status of ["waiting", "paused", "completed"] as const) {
        for (const message of messagesTo("x")) {
          const id = `${status} ${message.kind}`;
          const claim = await createOwned(storage, runRecord(id), worker("w"));
          await storage.deliver({ message: { ...message, runId: id } });
          const finishedAt = isFinal(status) ? 9 : null;
          const change = { status, wakeAt: 9e15, finishedAt };
          await storage.commitTurn(commitRequest(claim, 1, { change, release: true }));
          const isDue = (await storage.findRun({ runId: id }))!.wakeAt! <= store.now();
          expectEqual(isDue, wakesRun(message.kind, status), `whether ${message.kind} wakes a run that is ${status}`);
        }
      }
      const taken = await createOwned(storage, runRecord("taken"), worker("w"));
      await storage.deliver({ message: signal("taken", "m") });
      const change = { status: "waiting", wakeAt: 9e15 } as const;
      await storage.commitTurn(commitRequest(taken, 1, { change, taken: ["m"], release: true }));
      expectEqual((await storage.findRun({ runId: "taken" }))?.wakeAt, 9e15, "the time of a run whose mail was taken");
    },
  },
  {
    name: "sends the messages of a turn with its commit; those to nobody are dropped",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      await createOwned(storage, runRecord("theirs"), worker("v"));
      await createParked(storage, runRecord("free"), { status: "waiting", wakeAt: null });
      const messages = [signal("theirs", "1"), signal("nobody", "1"), signal("free", "1"), signal("free", "1")];
      await storage.commitTurn(commitRequest(claim, 1, { messages }));
      const { mail } = await storage.claimRuns({ worker: worker("v"), queues: [], limit: 1 });
      expectEqual(mail, [signal("theirs", "1")], "the other worker's mail");
      const { runs } = await storage.claimRuns({ worker: worker("v"), queues: [QUEUE], limit: 9 });
      expectEqual(
        runs.map(({ run, messages }) => [run.id, messages]),
        [["free", [signal("free", "1")]]],
        "what is due",
      );
    },
  },
  {
    name: "does not tell a worker of messages that its own runs send to its own runs",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      const mine = await createOwned(storage, runRecord("mine"), worker("w"));
      await storage.commitTurn(commitRequest(claim, 1, { messages: [signal("mine", "1")] }));
      const { mail } = await storage.claimRuns({ worker: worker("w"), queues: [], limit: 1 });
      expectEqual(mail, [], "the mail");
      expectEqual((await storage.findRun({ runId: "mine" }))?.mail, 1, "messages that wait");
      await storage.commitTurn(commitRequest(mine, 1, { taken: ["1"] }));
      expectEqual((await storage.findRun({ runId: "mine" }))?.mail, 0, "messages that wait after a turn");
    },
  },
  {
    name: "tells mail once, and only to the owner",
    async run(store) {
      const storage = await store.open();
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      const mail = async (id: string): Promise<readonly Message[]> =>
        (await storage.claimRuns({ worker: worker(id), queues: [], limit: 1 })).mail;
      await storage.deliver({ message: signal("a", "1") });
      expectEqual([await mail("v"), await mail("w"), await mail("w")], [[], [signal("a", "1")], []], "the mail");
      await storage.commitTurn(commitRequest(claim, 1, { taken: ["1"] }));
      await storage.deliver({ message: signal("a", "2") });
      expectEqual(await mail("w"), [signal("a", "2")], "the mail after that");
    },
  },
  {
    name: "wakes a worker up for mail and for due runs, until it listens no more",
    async run(store) {
      const [listening, sending] = [await store.open(), await store.open()];
      if (listening.onWakeup === undefined) return;
      await createOwned(listening, runRecord("a"), worker("w"));
      await createParked(sending, runRecord("b"), { status: "waiting", wakeAt: null });
      let calls = 0;
      const stop = listening.onWakeup(worker("w"), () => calls++);
      const wakes = async (action: () => Promise<unknown>, what: string): Promise<void> => {
        const before = calls;
        await action();
        await expectSoon(() => calls > before, what);
      };
      await wakes(() => sending.deliver({ message: signal("a", "1") }), "a call for mail");
      await wakes(() => sending.deliver({ message: signal("b", "1") }), "a call for a run that was woken up");
      await wakes(() => createParked(sending, runRecord("c"), {}), "a call for a run that was given back");
      await wakes(() => createPending(sending, runRecord("d")), "a call for a run that nobody has begun");
      await wakes(() => createPending(listening, runRecord("e")), "a call for one of its own process");
      stop();
      const before = calls;
      await sending.deliver({ message: signal("a", "2") });
      expectEqual(calls, before, "calls after that");
    },
  },
];
