/**
 * What go-workflows tests of sub-workflows from end to end, under the names that it gives the cases. A sub-workflow is a child run here, its
 * instance id the run's.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  activity,
  CancelledError,
  ChildRunFailedError,
  type Maestro,
  type RunHandle,
  signal,
  StepFailedError,
  workflow,
} from "../../mod.ts";
import { type Lab, STORES, withLab } from "./lab.ts";

const V1 = { version: "1" };
const greeted = signal<string>("greeted");
const go = signal("go");
const double = activity("double", (n: number) => n * 2);
const twice = workflow("twice", V1, (ctx, n: number) => ctx.run(double, n));
const listens = workflow("listens", V1, (ctx) => ctx.receive(greeted));

/** The code of what a child could not be started or ended with. */
function codeOf(thrown: unknown): string | undefined {
  assert.ok(thrown instanceof ChildRunFailedError, String(thrown));
  const { error } = thrown.failure.details as { readonly error: { readonly code: string } };
  return error.code;
}

/** Starts a run whose id is `taken`, and a parent that wants a child of that id. */
async function startTaken(maestro: Maestro): Promise<[taken: RunHandle<string>, parent: RunHandle<unknown>]> {
  const taken = await maestro.start(listens, { id: "taken" });
  const parent = workflow("parent", { ...V1, children: [twice] }, async (ctx) => {
    await ctx.receive(go);
    return await ctx.child(twice, 4, { runId: "taken" }).catch((thrown) => codeOf(thrown));
  });
  return [taken, await maestro.start(parent)];
}

/** Reads a run's journal until an entry of this type is there. */
async function until(run: RunHandle<unknown>, type: string): Promise<void> {
  for await (const { entry } of run.watch()) if (entry.type === type) return;
  throw new Error(`the run has ended without "${type}"`);
}

const CASES: Readonly<Record<string, (lab: Lab) => Promise<void>>> = {
  "Simple: gives the parent the child's output, and the two know each other": async (lab) => {
    const { maestro } = await lab.open();
    const parent = workflow("parent", { ...V1, children: [twice] }, async (ctx) => {
      return await ctx.child(twice, 20) + await ctx.child(twice, 1);
    });
    const run = await maestro.start(parent, { id: "r1" });
    assert.equal((await run.result()).output, 42);
    const child = await maestro.find("r1/twice");
    assert.deepEqual([child?.status, child?.output, child?.root], ["completed", 40, "r1"]);
    assert.deepEqual(child?.parent, { runId: "r1", step: "twice" });
    assert.equal((await maestro.find("r1/twice[1]"))?.output, 2);
  },

  "DuplicateActiveInstanceID: a child with the id of a run in progress fails with run_conflict": async (lab) => {
    const { maestro } = await lab.open();
    const [taken, parent] = await startTaken(maestro);
    await parent.signal(go);
    assert.equal((await parent.result()).output, "run_conflict");
    await taken.signal(greeted, "still there");
    assert.equal((await taken.result()).output, "still there");
  },

  "DuplicateInactiveInstanceID: an id stays its run's after the end too, and is free once that is deleted": async (
    lab,
  ) => {
    const { maestro } = await lab.open();
    const [taken, refused] = await startTaken(maestro);
    await taken.signal(greeted, "done");
    await taken.result();
    await refused.signal(go);
    assert.equal((await refused.result()).output, "run_conflict");
    assert.equal((await maestro.find("taken"))?.output, "done");
    await maestro.delete("taken");
    const reuses = workflow("reuses", { ...V1, children: [twice] }, (ctx) => ctx.child(twice, 4, { runId: "taken" }));
    assert.equal((await (await maestro.start(reuses)).result()).output, 8);
    assert.equal((await maestro.find("taken"))?.workflow, "twice");
  },

  "PropagateCancellation: cancelling the parent cancels the child, its child and the activity in flight": async (
    lab,
  ) => {
    const { maestro } = await lab.open();
    const begun = Promise.withResolvers<void>();
    let isAborted = false;
    const hang = activity("hang", async (_: void, { signal }) => {
      begun.resolve();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      isAborted = signal.aborted;
    });
    const lowest = workflow("lowest", V1, (ctx) => ctx.run(hang));
    const middle = workflow("middle", { ...V1, children: [lowest] }, (ctx) => ctx.child(lowest, undefined));
    const seen: unknown[] = [];
    const parent = workflow("parent", { ...V1, children: [middle] }, async (ctx) => {
      await ctx.child(middle, undefined).catch((thrown) => {
        seen.push(thrown instanceof CancelledError);
        throw thrown;
      });
    });
    const run = await maestro.start(parent, { id: "r1" });
    await begun.promise;
    run.cancel();
    assert.equal((await run.result()).status, "cancelled");
    for (const id of ["r1/middle", "r1/middle/lowest"]) assert.equal((await maestro.find(id))?.status, "cancelled", id);
    assert.deepEqual([isAborted, seen], [true, [true]]);
  },

  "CancelBeforeStarting: a run or scope that is cancelled starts no child": async (lab) => {
    const { maestro } = await lab.open();
    const seen: unknown[] = [];
    const parent = workflow("parent", { ...V1, children: [twice] }, async (ctx) => {
      const outcome = await ctx.scope((inner, scope) => {
        scope.cancel();
        return inner.child(twice, 1, { runId: "of_scope" });
      }).catch((thrown) => thrown);
      await ctx.receive(go).catch(() => undefined);
      seen.push(outcome, await ctx.child(twice, 2, { runId: "of_run" }).catch((thrown) => thrown));
    });
    const run = await maestro.start(parent, { id: "r1" });
    await until(run, "signal_awaited");
    run.cancel();
    assert.equal((await run.result()).status, "cancelled");
    assert.equal(seen.length, 2);
    for (const thrown of seen) assert.ok(thrown instanceof CancelledError, String(thrown));
    assert.equal(await maestro.find("of_scope"), undefined);
    assert.equal(await maestro.find("of_run"), undefined);
  },

  "Signal: a parent signals its child": async (lab) => {
    const { maestro } = await lab.open();
    const parent = workflow("parent", { ...V1, children: [listens] }, async (ctx) => {
      const child = ctx.startChild(listens, undefined);
      await ctx.receive(go);
      await child.signal(greeted, "hello");
      return await child.result;
    });
    const run = await maestro.start(parent, { id: "r1" });
    await until(await maestro.follow("r1/listens"), "signal_awaited");
    await run.signal(go);
    assert.equal((await run.result()).output, "hello");
  },

  "DifferentQueue: a worker of that queue runs the child, and the parent gets its output": async (lab) => {
    const places: string[] = [];
    const inPlace = (place: string) =>
      workflow("placed", V1, (ctx) => ctx.step("place", () => places.push(place)).then(() => place));
    const wanted = inPlace("near");
    const parent = workflow("parent", { ...V1, children: [wanted] }, async (ctx) => [
      await ctx.child(wanted, undefined, { queue: "afar", id: "first" }),
      await ctx.child(wanted, undefined, { id: "second" }),
    ]);
    const near = await lab.open([parent], { queue: "near" });
    const afar = await lab.open([inPlace("afar")], { queue: "afar" });
    afar.maestro.listen();
    const run = await near.maestro.start(parent, { id: "r1" });
    assert.deepEqual((await run.result()).output, ["afar", "near"]);
    assert.deepEqual(places, ["afar", "near"]);
    assert.equal((await near.maestro.find("r1/first"))?.queue, "afar");
    assert.equal((await near.maestro.find("r1/second"))?.queue, "near");
  },

  "Signal_BeforeStarting: no run is there to signal; once it is asked for, a signal waits for it": async (lab) => {
    const { maestro } = await lab.open();
    const parent = workflow("parent", { ...V1, children: [listens] }, async (ctx) => {
      const missing = await ctx.signalRun("kid", greeted, "too early").catch((thrown) => {
        assert.ok(thrown instanceof StepFailedError);
        return thrown.failure.code;
      });
      const child = ctx.startChild(listens, undefined, { runId: "kid" });
      await child.signal(greeted, "hello");
      return [missing, await child.result];
    });
    const { output } = await (await maestro.start(parent)).result();
    assert.deepEqual(output, ["run_not_found", "hello"]);
  },
};

for (const kind of STORES) {
  describe(`go-workflows' cases of sub-workflows, with the store ${kind}`, () => {
    for (const [title, run] of Object.entries(CASES)) it(`SubWorkflow/${title}`, () => withLab(run, kind));
  });
}
