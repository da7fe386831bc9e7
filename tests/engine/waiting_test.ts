import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import { CancelledError } from "../../src/engine/failure.ts";
import type { RunExit } from "../../src/engine/run_exit.ts";
import { Cluster, stopProcesses, waitFor } from "./cluster.ts";
import { define, ok, step } from "./harness.ts";

afterEach(stopProcesses);

function outputOf(exit: RunExit | undefined): JsonValue {
  assert.equal(exit?.kind, "finished");
  return exit.kind === "finished" ? exit.finished.output : null;
}

const TWO_SIGNALS = define(async (context) => {
  const first = await context.signal("one", "go");
  await context.step(step("between"));
  return [first, await context.signal("two", "go")];
});

describe("signals", () => {
  it("that come early are kept, and each is taken once, oldest first", async () => {
    const cluster = new Cluster(TWO_SIGNALS);
    const process = cluster.process();
    const { exit } = await process.start();
    await cluster.send({ kind: "signal", name: "other", data: 0 });
    await cluster.send({ kind: "signal", name: "go", data: 1 });
    await cluster.send({ kind: "signal", name: "go", data: 2 });
    assert.deepEqual(outputOf(await exit), [1, 2]);
  });

  it("with an id that was used before are dropped, also after they were taken and after a crash", async () => {
    const cluster = new Cluster(TWO_SIGNALS);
    const first = cluster.process();
    await first.start();
    await cluster.send({ kind: "signal", name: "go", data: 1 }, { id: "same" });
    await waitFor(async () => (await cluster.entries()).some((entry) => entry.type === "signal_received"));
    await cluster.send({ kind: "signal", name: "go", data: 1 }, { id: "same" });
    cluster.kill(first);
    await cluster.send({ kind: "signal", name: "go", data: 1 }, { id: "same" });
    await cluster.send({ kind: "signal", name: "go", data: 2 });
    assert.deepEqual(outputOf(await cluster.process().claim()), [1, 2]);
  });

  it("go to the step that has waited longest", async () => {
    const cluster = new Cluster(define(async (context) =>
      await Promise.all([
        context.signal("x", "go"),
        context.signal("y", "go"),
      ])
    ));
    const { exit } = await cluster.process().start();
    await cluster.send({ kind: "signal", name: "go", data: "first" });
    await cluster.send({ kind: "signal", name: "go", data: "second" });
    assert.deepEqual(outputOf(await exit), ["first", "second"]);
  });

  it("that do not fit are dropped, and the wait goes on", async () => {
    const refuse = (data: JsonValue): string | undefined => typeof data === "number" ? undefined : "not a number";
    const cluster = new Cluster(define((context) => context.signal("x", "go", refuse)));
    const { exit } = await cluster.process().start();
    await cluster.send({ kind: "signal", name: "go", data: "text" });
    await cluster.send({ kind: "signal", name: "go", data: 4 });
    assert.equal(outputOf(await exit), 4);
    const refused = (await cluster.entries()).filter((entry) => entry.type === "signal_refused");
    assert.deepEqual(refused, [{ type: "signal_refused", step: "x", signal: "go", reason: "not a number" }]);
  });

  it("do not hold up a cancellation", async () => {
    const cluster = new Cluster(define(async (context) => {
      await context.signal("x", "never").catch((error) => assert.ok(error instanceof CancelledError));
      return null;
    }));
    const { exit } = await cluster.process().start();
    await cluster.send({ kind: "cancel" });
    const end = await exit;
    assert.equal(end.kind === "finished" && end.finished.status, "cancelled");
  });

  it("reach a run that waits in the store", async () => {
    const cluster = new Cluster(TWO_SIGNALS);
    const process = cluster.process({ queues: ["q"], maxWaiting: 0 });
    process.worker.listen();
    const { exit } = await process.start(null, { queue: "q" });
    assert.equal((await exit).kind, "parked");
    assert.equal((await cluster.find()).owner, null);
    await cluster.send({ kind: "signal", name: "go", data: 1 });
    await cluster.send({ kind: "signal", name: "go", data: 2 });
    await waitFor(async () => (await cluster.find()).status === "completed");
    assert.equal(cluster.callsOf("between").length, 1);
  });
});

const SLEEPS = define(async (context) => {
  await context.sleep("nap", 60_000);
  return (await context.step(step("after"))).output;
});

describe("sleep", () => {
  it("keeps its time over a crash, and goes on at once where that has passed", async () => {
    const cluster = new Cluster(SLEEPS, () => ok("awake"));
    const first = cluster.process();
    await first.start();
    assert.equal((await cluster.find()).status, "waiting");
    const due = (await cluster.find()).wakeAt!;
    cluster.kill(first);
    const second = cluster.process();
    void second.claim();
    await waitFor(() => second.worker.live("run")?.isWaiting === true);
    assert.equal((await cluster.find()).wakeAt, due);
    cluster.kill(second);
    cluster.pass(60_000);
    assert.equal(outputOf(await cluster.process().claim()), "awake");
  });

  it("of a run that waits in the store ends when it is due, in whichever process listens", async () => {
    const short = define(async (context) => {
      await context.sleep("nap", 40);
      return (await context.step(step("after"))).output;
    });
    const cluster = new Cluster(short, () => ok("awake"));
    const first = cluster.process();
    const { exit } = await first.start(null, { queue: "q" });
    await first.worker.live("run")!.park();
    assert.equal((await exit).kind, "parked");
    cluster.process({ queues: ["q"] }).worker.listen();
    await waitFor(async () => (await cluster.find()).status === "completed");
    assert.deepEqual(cluster.calls.map((call) => [call.step, call.process]), [["after", 1]]);
  });

  it("of many runs keeps no more of them in memory than allowed", async () => {
    const cluster = new Cluster(define(async (context) => {
      await context.sleep("nap", 400);
      return null;
    }));
    const process = cluster.process({ queues: ["q"], maxWaiting: 10 });
    process.worker.listen();
    let most = 0;
    for (let count = 0; count < 100; count++) {
      await process.start(null, { id: `run ${count}`, queue: "q" });
      const live = Array.from({ length: 100 }, (_, index) => process.worker.live(`run ${index}`)).filter(Boolean);
      most = Math.max(most, live.length);
    }
    assert.ok(most <= 12, `${most} runs were live`);
    await waitFor(async () => (await cluster.storage.stats()).runs.completed === 100);
  });
});
