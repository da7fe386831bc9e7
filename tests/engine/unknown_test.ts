import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { StepSpec } from "../../src/engine/context.ts";
import { DEFAULT_RETRY } from "../../src/engine/retry.ts";
import type { AttemptResult } from "../../src/engine/service.ts";
import { Cluster, stopProcesses, waitFor } from "./cluster.ts";
import { broken, define, ok, step, undoable } from "./harness.ts";

afterEach(stopProcesses);

/** A step that its service can be asked about: it says what `has` says. */
function asked(path: string, more: Partial<StepSpec> = {}): StepSpec {
  return undoable(path, {
    reconcile: {
      prepare: (question) => step(question),
      judge: (answer) => answer === null ? { isDone: false } : { isDone: true, output: answer },
    },
    ...more,
  });
}

const RETRY = { ...DEFAULT_RETRY, attempts: 3, initialMs: 1 };

describe("reconcile", () => {
  it("is asked before a step of unknown outcome is tried again: done is done", async () => {
    const cluster = new Cluster(define(async (context) => (await context.step(asked("a", { retry: RETRY }))).output));
    cluster.respond = (spec) => spec.step === "a" ? broken("timeout", "unknown") : ok("found");
    const end = await (await cluster.process().start()).exit;
    assert.equal(end.kind === "finished" && end.finished.output, "found");
    assert.deepEqual(cluster.calls.map((call) => call.step), ["a", "a/reconcile"]);
  });

  it("lets the step be tried again where it was not done", async () => {
    const cluster = new Cluster(define(async (context) => (await context.step(asked("a", { retry: RETRY }))).output));
    cluster.respond = (spec, { attempt }) =>
      spec.step !== "a" ? broken("NOT_FOUND") : attempt === 1 ? broken("timeout", "unknown") : ok("second");
    const end = await (await cluster.process().start()).exit;
    assert.equal(end.kind === "finished" && end.finished.output, "second");
    assert.deepEqual(cluster.calls.map((call) => call.step), ["a", "a/reconcile", "a"]);
  });

  it("is asked after a crash, before the step is called again", async () => {
    const cluster = new Cluster(define(async (context) => (await context.step(asked("a"))).output));
    const first = cluster.process();
    cluster.respond = () => {
      cluster.kill(first);
      return ok();
    };
    await first.start();
    await waitFor(() => first.isDead);
    cluster.respond = () => ok("it was");
    const end = await cluster.process().claim();
    assert.equal(end?.kind === "finished" && end.finished.output, "it was");
    assert.deepEqual(cluster.calls.map((call) => call.step), ["a", "a/reconcile"]);
  });

  it("that gets no answer leaves the step unknown; it is asked again before the undo", async () => {
    let questions = 0;
    const answer = (found: AttemptResult) => (spec: StepSpec) => {
      if (spec.step === "a") return broken("timeout", "unknown");
      if (spec.step.startsWith("a/reconcile")) return questions++ === 0 ? broken("http_500", "unknown") : found;
      return ok();
    };
    const definition = define(async (context) => (await context.step(asked("a"))).output);
    const done = new Cluster(definition, answer(ok("it was")));
    const end = await (await done.process().start()).exit;
    assert.equal(end.kind === "finished" && end.finished.status, "compensated");
    assert.deepEqual(done.calls.map((call) => call.step), ["a", "a/reconcile", "a/reconcile", "a/compensate"]);
    questions = 0;
    const not = new Cluster(definition, answer(broken("http_404")));
    const other = await (await not.process().start()).exit;
    assert.equal(other.kind === "finished" && other.finished.status, "failed");
    assert.equal(not.callsOf("a/compensate").length, 0);
  });
});

const PAST_PIVOT = define(async (context) => {
  await context.step(undoable("before"));
  await context.step(step("pivot", { isPivot: true }));
  await context.step(undoable("after"));
  return (await context.step(step("last"))).output;
});

describe("a run past its pivot", () => {
  it("is paused when it fails, and a person lets it try the step again: nothing else is called again", async () => {
    const cluster = new Cluster(PAST_PIVOT, (spec) => spec.step === "last" ? broken("boom") : ok());
    const end = await (await cluster.process().start()).exit;
    assert.equal(end.kind === "paused" && end.pause.reason, "past_pivot");
    assert.equal((await cluster.find()).status, "paused");
    await cluster.send({ kind: "resume" });
    const again = await cluster.process().claim();
    assert.equal(again?.kind === "paused" && again.pause.reason, "past_pivot");
    cluster.respond = () => ok("at last");
    await cluster.send({ kind: "resume" });
    const last = await cluster.process().claim();
    assert.equal(last?.kind === "finished" && last.finished.output, "at last");
    assert.deepEqual(cluster.calls.map((call) => call.step), ["before", "pivot", "after", "last", "last", "last"]);
    assert.equal(new Set(cluster.callsOf("last").map((call) => call.key)).size, 1);
  });

  it("goes on after a crash that follows its being resumed", async () => {
    const cluster = new Cluster(PAST_PIVOT, (spec) => spec.step === "last" ? broken("boom") : ok());
    await (await cluster.process().start()).exit;
    const second = cluster.process();
    cluster.respond = () => {
      cluster.kill(second);
      return ok();
    };
    await cluster.send({ kind: "resume" });
    void second.claim();
    await waitFor(() => second.isDead);
    cluster.respond = () => ok("at last");
    const last = await cluster.process().claim();
    assert.equal(last?.kind === "finished" && last.finished.output, "at last");
  });

  it("keeps what had completed beside the step that failed", async () => {
    const cluster = new Cluster(define(async (context) => {
      await context.step(step("pivot", { isPivot: true }));
      const [left, right] = await Promise.all([context.step(step("left")), context.step(undoable("right"))]);
      return [left.output, right.output];
    }));
    let release: () => void = () => undefined;
    cluster.respond = async (spec) => {
      if (spec.step === "right") await new Promise<void>((resolve) => release = resolve);
      if (spec.step === "left") setTimeout(() => release(), 5);
      return spec.step === "left" && cluster.callsOf("left").length === 1 ? broken("boom") : ok(spec.step);
    };
    await (await cluster.process().start()).exit;
    await cluster.send({ kind: "resume" });
    const last = await cluster.process().claim();
    assert.deepEqual(last?.kind === "finished" && last.finished.output, ["left", "right"]);
    assert.equal(cluster.callsOf("right").length, 1);
  });

  it("of a child makes its parent wait for a person too, and both go on together", async () => {
    const child = { ...PAST_PIVOT, name: "child" };
    const parent = define(async (context) => {
      const spec = { step: "kid", workflow: "child", version: "1", definition: "child", bundle: "child", input: 1 };
      return (await context.child(spec)).output;
    });
    const cluster = new Cluster(parent, (spec) => spec.step === "last" ? broken("boom") : ok(), [child]);
    const end = await (await cluster.process().start()).exit;
    assert.equal(end.kind === "paused" && end.pause.reason, "past_pivot");
    assert.match(end.kind === "paused" ? end.pause.message : "", /child run "run\/kid" is paused/);
    cluster.respond = () => ok("well");
    await cluster.send({ kind: "resume" }, { runId: "run/kid" });
    await cluster.send({ kind: "resume" });
    const last = await cluster.process().claim();
    assert.equal(last?.kind === "finished" && last.finished.output, "well");
  });

  it("starts another child in the place of one that failed", async () => {
    const child = define(async (context) => (await context.step(step("x"))).output, { name: "child" });
    const parent = define(async (context) => {
      await context.step(step("pivot", { isPivot: true }));
      const spec = { step: "kid", workflow: "child", version: "1", definition: "child", bundle: "child", input: 1 };
      return (await context.child(spec)).output;
    });
    const cluster = new Cluster(parent, (spec) => spec.step === "x" ? broken("boom") : ok(), [child]);
    const end = await (await cluster.process().start()).exit;
    assert.equal(end.kind === "paused" && end.pause.reason, "past_pivot");
    await cluster.send({ kind: "resume" });
    assert.equal((await cluster.process().claim())?.kind, "paused");
    cluster.respond = () => ok("well");
    await cluster.send({ kind: "resume" });
    const last = await cluster.process().claim();
    assert.equal(last?.kind === "finished" && last.finished.output, "well");
    assert.deepEqual(cluster.callsOf("x").map((call) => call.run), ["run/kid", "run/kid~2", "run/kid~3"]);
  });

  it("ends failed when it is cancelled, nothing undone", async () => {
    const cluster = new Cluster(PAST_PIVOT, (spec) => spec.step === "last" ? broken("boom") : ok());
    await (await cluster.process().start()).exit;
    await cluster.send({ kind: "cancel" });
    const end = await cluster.process().claim();
    assert.equal(end?.kind === "finished" && end.finished.status, "failed");
    assert.equal(cluster.calls.some((call) => call.step.endsWith("compensate")), false);
  });

  it("has passed it also when nobody knows whether the pivot took effect", async () => {
    const cluster = new Cluster(PAST_PIVOT, (spec) => spec.step === "pivot" ? broken("timeout", "unknown") : ok());
    const end = await (await cluster.process().start()).exit;
    assert.equal(end.kind === "paused" && end.pause.reason, "past_pivot");
  });

  it("has its whole time again when it is resumed after its limit", async () => {
    const cluster = new Cluster(PAST_PIVOT, () => ok("done"));
    cluster.definitions.set("test", { ...PAST_PIVOT, timeoutMs: 30 });
    cluster.respond = (spec, { signal }) =>
      spec.step !== "last" || cluster.callsOf("last").length > 1
        ? ok("done")
        : new Promise((resolve) => signal.addEventListener("abort", () => resolve(broken("timeout", "unknown"))));
    const end = await (await cluster.process().start()).exit;
    assert.equal(end.kind === "paused" && end.pause.reason, "past_pivot");
    await cluster.send({ kind: "resume" });
    const last = await cluster.process().claim();
    assert.equal(last?.kind === "finished" && last.finished.output, "done");
  });
});

describe("a rollback that failed", () => {
  it("is tried again by a person: what was left, with the keys of the first time", async () => {
    const cluster = new Cluster(define(async (context) => {
      for (const name of ["a", "b", "c"]) await context.step(undoable(name));
      throw new Error("no more");
    }));
    cluster.respond = (spec) => spec.step === "b/compensate" ? broken("boom") : ok();
    const end = await (await cluster.process().start()).exit;
    assert.equal(end.kind === "finished" && end.finished.status, "compensation_failed");
    await cluster.send({ kind: "compensate", error: null });
    const still = await cluster.process().claim();
    assert.equal(still?.kind === "finished" && still.finished.status, "compensated");
    assert.deepEqual(still?.kind === "finished" && still.finished.rollback.undone, ["c", "a", "b"]);
    const again = cluster.callsOf("b/compensate!2");
    assert.equal(again.length, 1);
    assert.equal(again[0]!.key, cluster.callsOf("b/compensate")[0]!.key);
    assert.equal((await cluster.find()).status, "compensated");
  });
});
