import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { WorkflowContext, WorkflowDefinition } from "../../src/engine/context.ts";
import { StepFailedError } from "../../src/engine/failure.ts";
import { Cluster, stopProcesses, waitFor } from "./cluster.ts";
import { broken, define, ok, step, undoable } from "./harness.ts";

afterEach(stopProcesses);

function child(context: WorkflowContext, path: string) {
  return context.child({ step: path, workflow: "child", version: "1", definition: "child", bundle: "child", input: 1 });
}

function childOf(run: WorkflowDefinition["instantiate"]): WorkflowDefinition {
  return define(() => Promise.resolve(null), { name: "child", instantiate: run });
}

const CHILD = childOf(() => ({
  async run(context) {
    await context.step(undoable("x"));
    return (await context.step(undoable("y"))).output;
  },
}));

const PARENT = define(async (context) => {
  await context.step(undoable("before"));
  const { output } = await child(context, "kid");
  await context.step(step("after"));
  return output;
});

function steps(cluster: Cluster): string[] {
  return cluster.calls.map(({ step, run }) => run === "run" ? step : `${run.slice(4)}:${step}`);
}

describe("a child run", () => {
  it("gives its output to its parent", async () => {
    const cluster = new Cluster(PARENT, (spec) => ok(spec.step), [CHILD]);
    const { exit } = await cluster.process().start();
    const end = await exit;
    assert.equal(end.kind === "finished" && end.finished.output, "y");
    assert.deepEqual(steps(cluster), ["before", "kid:x", "kid:y", "after"]);
    assert.deepEqual((await cluster.find("run/kid")).parent, { runId: "run", step: "kid" });
  });

  it("that fails has undone itself, and fails its parent's step", async () => {
    let seen: unknown;
    const catching = define(async (context) => {
      await child(context, "kid").catch((error) => seen = error);
      return "went on";
    });
    const cluster = new Cluster(catching, (spec) => spec.step === "y" ? broken("boom") : ok(), [CHILD]);
    const { exit } = await cluster.process().start();
    const end = await exit;
    assert.equal(end.kind === "finished" && end.finished.output, "went on");
    assert.ok(seen instanceof StepFailedError);
    assert.equal(seen.failure.code, "child_failed");
    const { error: _, ...details } = seen.failure.details as Record<string, unknown>;
    assert.deepEqual(details, { run_id: "run/kid", status: "compensated" });
    assert.deepEqual(steps(cluster), ["kid:x", "kid:y", "kid:x/compensate"]);
  });

  it("that has completed is undone as one step when its parent fails", async () => {
    const cluster = new Cluster(PARENT, (spec) => spec.step === "after" ? broken("boom") : ok(), [CHILD]);
    const { exit } = await cluster.process().start();
    const end = await exit;
    assert.equal(end.kind === "finished" && end.finished.status, "compensated");
    assert.deepEqual(end.kind === "finished" && end.finished.rollback.undone, ["kid", "before"]);
    const undos = steps(cluster).filter((path) => path.endsWith("compensate"));
    assert.deepEqual(undos, ["kid:y/compensate", "kid:x/compensate", "before/compensate"]);
    assert.equal((await cluster.find("run/kid")).status, "compensated");
  });

  it("that cannot undo itself leaves its parent with something to look at", async () => {
    const respond = ({ step: path }: { step: string }) =>
      path === "after" || path === "y/compensate" ? broken("boom") : ok();
    const cluster = new Cluster(PARENT, respond, [CHILD]);
    const { exit } = await cluster.process().start();
    const end = await exit;
    assert.equal(end.kind === "finished" && end.finished.status, "compensation_failed");
    assert.deepEqual(end.kind === "finished" && end.finished.rollback.notUndone, ["kid"]);
    assert.equal((await cluster.find("run/kid")).status, "compensation_failed");
  });

  it("is cancelled with its parent, and rolled back before it", async () => {
    const cluster = new Cluster(PARENT, (spec) => spec.step === "y" ? new Promise(() => undefined) : ok(), [CHILD]);
    const process = cluster.process();
    cluster.respond = (spec, { signal }) =>
      spec.step !== "y"
        ? ok()
        : new Promise((resolve) => signal.addEventListener("abort", () => resolve(broken("cancelled", "transient"))));
    const waiting = define(async (context) => (await child(context, "kid")).output);
    const hanging = childOf(() => ({
      async run(context) {
        await context.step(undoable("x"));
        return (await context.step(step("y"))).output;
      },
    }));
    cluster.definitions.set("test", waiting);
    cluster.definitions.set("child", hanging);
    const { exit } = await process.start();
    await waitFor(() => cluster.callsOf("y").length === 1);
    await cluster.send({ kind: "cancel" });
    const end = await exit;
    assert.equal(end.kind === "finished" && end.finished.status, "cancelled");
    assert.equal((await cluster.find("run/kid")).status, "compensated");
    assert.equal((await cluster.find("run/kid")).cause, "cancelled");
  });

  it("and its parent go on after a crash of the process that drove both, nothing called twice that had completed", async () => {
    const cluster = new Cluster(PARENT, () => ok(), [CHILD]);
    const first = cluster.process();
    cluster.respond = (spec) => {
      if (spec.step === "y") cluster.kill(first);
      return ok();
    };
    await first.start();
    await waitFor(() => first.isDead);
    cluster.respond = () => ok("y");
    const end = await cluster.process().claim();
    assert.equal(end?.kind === "finished" && end.finished.output, "y");
    assert.deepEqual(steps(cluster), ["before", "kid:x", "kid:y", "kid:y", "after"]);
  });

  it("that ends while its parent waits in the store wakes it", async () => {
    const cluster = new Cluster(PARENT, () => ok("done"), [CHILD]);
    const process = cluster.process();
    let release: () => void = () => undefined;
    cluster.respond = async (spec) => {
      if (spec.step === "y") await new Promise<void>((resolve) => release = resolve);
      return ok("done");
    };
    await process.start();
    await waitFor(() => cluster.callsOf("y").length === 1);
    await process.worker.live("run")!.park();
    assert.equal(process.worker.live("run"), undefined);
    release();
    await waitFor(async () => (await cluster.find()).status === "completed");
  });
});
