import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { MaestroError } from "../../src/base/errors.ts";
import { DEFAULT_RETRY } from "../../src/engine/retry.ts";
import { Cluster, holds, stopProcesses, unavailable, waitFor } from "./cluster.ts";
import { broken, define, ok, step, undoable } from "./harness.ts";

afterEach(stopProcesses);

const THREE = define(async (context) => {
  await context.step(undoable("a"));
  await context.step(undoable("b"));
  return (await context.step(step("c"))).output;
});

describe("a run whose process died", () => {
  it("goes on where it was: what had completed is not called again, what was in flight is, with the same key", async () => {
    const cluster = new Cluster(THREE, () => ok("done"));
    const first = cluster.process();
    cluster.respond = (spec) => {
      if (spec.step !== "b") return ok("done");
      cluster.kill(first);
      return ok("done");
    };
    await first.start();
    await waitFor(() => first.isDead);
    cluster.respond = () => ok("done");
    const exit = await cluster.process().claim();
    assert.equal(exit?.kind === "finished" && exit.finished.status, "completed");
    assert.equal(cluster.callsOf("a").length, 1);
    const [before, after, ...more] = cluster.callsOf("b");
    assert.equal(more.length, 0);
    assert.equal(after?.key, before?.key);
    assert.deepEqual([before?.attempt, after?.attempt], [1, 2]);
  });

  it("does not act on an outcome that was never stored", async () => {
    const cluster = new Cluster(THREE);
    const first = cluster.process();
    first.beforeCommit = (request) => {
      if (holds(request, "step_completed", "a")) cluster.kill(first);
    };
    await first.start();
    await waitFor(() => first.isDead);
    assert.equal(cluster.callsOf("b").length, 0);
    await cluster.process().claim();
    assert.equal(cluster.callsOf("a").length, 2);
    assert.equal(cluster.callsOf("b").length, 1);
  });

  it("starts nothing whose turn was stored but not acknowledged twice", async () => {
    const cluster = new Cluster(THREE);
    const first = cluster.process();
    let failures = 2;
    first.afterCommit = (request) => {
      if (holds(request, "step_scheduled", "b") && failures-- > 0) throw unavailable();
    };
    const { exit } = await first.start();
    assert.equal((await exit).kind, "finished");
    assert.equal(cluster.callsOf("b").length, 1);
    const scheduled = (await cluster.entries()).filter((entry) => entry.type === "step_scheduled");
    assert.deepEqual(scheduled.map((entry) => entry.step), ["a", "b", "c"]);
  });

  it("goes on with a rollback: what was undone is not undone again", async () => {
    const fails = define(async (context) => {
      for (const name of ["a", "b", "c"]) await context.step(undoable(name));
      await context.step(step("fails"));
      return null;
    });
    const cluster = new Cluster(fails);
    const first = cluster.process();
    cluster.respond = (spec) => {
      if (spec.step === "fails") return broken("boom");
      if (spec.step === "b/compensate") cluster.kill(first);
      return ok();
    };
    await first.start();
    await waitFor(() => first.isDead);
    cluster.respond = () => ok();
    const exit = await cluster.process().claim();
    assert.deepEqual(exit?.kind === "finished" && exit.finished.rollback.undone, ["c", "b", "a"]);
    const undos = cluster.calls.filter((call) => call.step.endsWith("/compensate"));
    assert.deepEqual(undos.map((call) => call.step), ["c/compensate", "b/compensate", "b/compensate", "a/compensate"]);
    assert.equal(undos[1]!.key, undos[2]!.key);
  });

  it("leaves a step unknown that fails for certain only after the crash", async () => {
    const cluster = new Cluster(define(async (context) => (await context.step(undoable("a"))).output));
    const first = cluster.process();
    cluster.respond = () => {
      cluster.kill(first);
      return ok();
    };
    await first.start();
    await waitFor(() => first.isDead);
    cluster.respond = () => broken("http_400");
    const exit = await cluster.process().claim();
    assert.ok(exit?.kind === "finished");
    assert.equal(exit.finished.status, "compensation_failed");
    assert.deepEqual(exit.finished.rollback.unknown, ["a"]);
  });

  it("does not call an `at_most_once` step again", async () => {
    const cluster = new Cluster(
      define(async (context) =>
        (await context.step(step("a", { atMostOnce: true, retry: { ...DEFAULT_RETRY, attempts: 5 } }))).output
      ),
    );
    const first = cluster.process();
    cluster.respond = () => {
      cluster.kill(first);
      return ok();
    };
    await first.start();
    await waitFor(() => first.isDead);
    const exit = await cluster.process().claim();
    assert.equal(exit?.kind === "finished" && exit.finished.error?.code, "outcome_unknown");
    assert.equal(cluster.callsOf("a").length, 1);
  });

  it("starts a step for the first time that was asked for while its process let go of it", async () => {
    const cluster = new Cluster(define(async (context) => {
      await context.step(step("a"));
      return (await context.step(step("b", { atMostOnce: true }))).output;
    }));
    const first = cluster.process();
    cluster.respond = async (spec) => {
      if (spec.step === "a") void first.worker.suspend();
      await new Promise((resolve) => setTimeout(resolve, 5));
      return ok("well");
    };
    await assert.rejects((await first.start()).exit, /suspended/);
    const exit = await cluster.process().claim();
    assert.equal(exit?.kind === "finished" && exit.finished.output, "well");
    assert.deepEqual(cluster.calls.map((call) => [call.step, call.attempt]), [["a", 1], ["b", 1]]);
  });

  it("is not driven by a process that was told to let go while it waited for the store's answer", async () => {
    const cluster = new Cluster(THREE);
    const first = cluster.process();
    cluster.respond = () => {
      cluster.kill(first);
      return ok();
    };
    await first.start();
    await waitFor(() => first.isDead);
    const claimRuns = cluster.storage.claimRuns.bind(cluster.storage);
    const second = cluster.process();
    cluster.storage.claimRuns = async (request) => {
      const answer = await claimRuns(request);
      await second.worker.suspend();
      return answer;
    };
    await second.worker.claim(["run"]);
    assert.equal(second.worker.live("run"), undefined);
    assert.deepEqual(cluster.calls.map((call) => call.process), [0]);
  });

  it("that only waits is not held to bring processes down", async () => {
    const cluster = new Cluster(define((context) => context.signal("x", "go")));
    let process = cluster.process();
    await process.start();
    for (let round = 0; round < 7; round++) {
      cluster.kill(process);
      process = cluster.process();
      void process.claim();
      await waitFor(() => process.worker.live("run")?.isWaiting === true);
    }
    await cluster.send({ kind: "signal", name: "go", data: 1 });
    await waitFor(async () => (await cluster.find()).status === "completed");
  });

  it("does not send a step again whose own limit has passed meanwhile", async () => {
    const cluster = new Cluster(
      define(async (context) => (await context.step(undoable("a", { timeoutMs: 5_000 }))).output),
    );
    const first = cluster.process();
    cluster.respond = () => {
      cluster.kill(first);
      return ok();
    };
    await first.start();
    await waitFor(() => first.isDead);
    const exit = await cluster.process().claim();
    assert.equal(exit?.kind === "finished" && exit.finished.error?.code, "timeout");
    assert.deepEqual(exit?.kind === "finished" && exit.finished.rollback.unknown, ["a"]);
    assert.equal(cluster.callsOf("a").length, 1);
  });

  it("tries a step once more whose last attempt it was", async () => {
    const retry = { ...DEFAULT_RETRY, attempts: 2, initialMs: 1 };
    const cluster = new Cluster(define(async (context) => (await context.step(step("a", { retry }))).output));
    const first = cluster.process();
    cluster.respond = (_, { attempt }) => {
      if (attempt === 1) return broken("http_503", "transient");
      cluster.kill(first);
      return ok();
    };
    await first.start();
    await waitFor(() => first.isDead);
    cluster.respond = () => ok("late");
    const exit = await cluster.process().claim();
    assert.equal(exit?.kind === "finished" && exit.finished.output, "late");
  });

  it("is paused when it has brought five processes down, and goes on when a person says so", async () => {
    const cluster = new Cluster(THREE);
    let process = cluster.process();
    cluster.respond = () => {
      cluster.kill(process);
      return ok();
    };
    await process.start();
    await waitFor(() => process.isDead);
    for (let round = 0; round < 5; round++) {
      process = cluster.process();
      void process.claim();
      await waitFor(() => process.isDead);
    }
    const exit = await cluster.process().claim();
    assert.equal(exit?.kind === "paused" && exit.pause.reason, "crash_loop");
    assert.equal((await cluster.find()).status, "paused");
    assert.equal((await cluster.process().claim())?.kind, "paused");
    cluster.respond = () => ok("well");
    await cluster.send({ kind: "resume" });
    const end = await cluster.process().claim();
    assert.equal(end?.kind === "finished" && end.finished.output, "well");
  });

  it("is paused, its journal untouched, when its definition asks for other steps", async () => {
    const cluster = new Cluster(THREE);
    const first = cluster.process();
    cluster.respond = (spec) => {
      if (spec.step === "b") cluster.kill(first);
      return ok();
    };
    await first.start();
    await waitFor(() => first.isDead);
    const before = await cluster.entries();
    cluster.definitions.set("test", define(async (context) => (await context.step(step("other"))).output));
    const exit = await cluster.process().claim();
    assert.equal(exit?.kind === "paused" && exit.pause.reason, "non_determinism");
    assert.match(exit?.kind === "paused" ? exit.pause.message : "", /step a svc Do.*step other svc Do/);
    assert.deepEqual(await cluster.entries(), before);
    cluster.definitions.set("test", THREE);
    cluster.respond = () => ok("again");
    await cluster.send({ kind: "resume" });
    const end = await cluster.process().claim();
    assert.equal(end?.kind === "finished" && end.finished.output, "again");
  });
});

describe("two processes", () => {
  it("never write one run: the one that wakes up late is refused", async () => {
    const cluster = new Cluster(THREE);
    const { promise: asleep, resolve: wake } = Promise.withResolvers<void>();
    cluster.respond = async (spec) => {
      if (spec.step === "b" && cluster.callsOf("b").length === 1) await asleep;
      return ok();
    };
    const first = cluster.process();
    const { exit } = await first.start();
    await waitFor(() => cluster.callsOf("b").length === 1);
    cluster.pass(20_000);
    const second = await cluster.process().claim();
    assert.equal(second?.kind, "finished");
    const length = (await cluster.entries()).length;
    wake();
    await assert.rejects(exit, (error) => MaestroError.is(error, "claim_lost"));
    assert.equal((await cluster.entries()).length, length);
  });

  it("do not take a run from one another while both are alive", async () => {
    const cluster = new Cluster(THREE, () => new Promise(() => undefined));
    await cluster.process().start();
    assert.equal(await cluster.process().claim(), undefined);
  });

  it("start no attempt while the last sign of life is older than half the lease", async () => {
    const cluster = new Cluster(define(async (context) => {
      await context.step(step("a"));
      return (await context.step(step("b"))).output;
    }));
    const first = cluster.process();
    const renewals: number[] = [];
    const renew = cluster.storage.renewWorker.bind(cluster.storage);
    cluster.storage.renewWorker = (request) => {
      renewals.push(cluster.callsOf("b").length);
      return renew(request);
    };
    cluster.respond = (spec) => {
      if (spec.step === "a") cluster.pass(6_000);
      return ok();
    };
    const { exit } = await first.start();
    assert.equal((await exit).kind, "finished");
    assert.deepEqual(renewals, [0]);
  });
});
