import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMaestro, createRuntime, dag, MaestroError } from "../../mod.ts";
import { untilAborted } from "../dag/run_dag.ts";
import { withMaestro } from "./run_workflow.ts";

const V1 = { version: "1" };

describe("createMaestro({ maxConcurrentSteps })", () => {
  it("bounds the attempts of all runs together, first come first served", async () => {
    let running = 0;
    let most = 0;
    const begun: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      begun.push(name);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
    };
    const wide = (name: string) =>
      dag(name, V1).nodes([1, 2, 3, 4].map((n) => ({ name: `n${n}`, action: work(`${name}${n}`) }))).build();
    const calls: string[] = [];
    const statuses = await withMaestro({
      maxConcurrentSteps: 3,
      middleware: [(call, next) => {
        calls.push(call.step);
        return next();
      }],
    }, async (maestro) => {
      const runs = [];
      for (const name of ["a", "b", "c"]) runs.push(await maestro.start(wide(name), { input: {} }));
      return await Promise.all(runs.map(async (run) => (await run.result()).status));
    });
    assert.deepEqual([statuses, most, calls.length], [Array(3).fill("completed"), 3, 12]);
    assert.deepEqual(begun, ["a", "b", "c"].flatMap((name) => [1, 2, 3, 4].map((n) => `${name}${n}`)));
  });

  it("begins an attempt's time when it has a place", async () => {
    const slow = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));
    const queued = dag("queued", V1)
      .nodes(["a", "b", "c", "d"].map((name) => ({ name, action: slow, attemptTimeout: "70ms" }))).build();
    const { status } = await withMaestro(
      { maxConcurrentSteps: 1 },
      async (maestro) => await (await maestro.start(queued, { input: {} })).result(),
    );
    assert.equal(status, "completed");
  });

  it("lets go of those that wait when their run is cancelled: they were not sent", async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const calls: string[] = [];
    const stuck = dag("stuck", V1).nodes(["a", "b"].map((name) => ({
      name,
      action: (_given, { signal }) => {
        calls.push(name);
        begin();
        return untilAborted(signal);
      },
    }))).build();
    await withMaestro({ maxConcurrentSteps: 1 }, async (maestro) => {
      const run = await maestro.start(stuck, { input: {} });
      await begun;
      run.cancel();
      const { status, steps } = await run.result();
      assert.deepEqual([status, calls], ["cancelled", ["a"]]);
      assert.equal(steps.find(({ id }) => id === "dag/b")?.status, "cancelled");
      const after = dag("after", V1).node("x").action(() => 1).build();
      assert.equal((await (await maestro.start(after, { input: {} })).result()).status, "completed");
    });
  });

  it("refuses a number that is none", async () => {
    const runtime = await createRuntime();
    for (const maxConcurrentSteps of [0, 1.5, -1, Number.NaN]) {
      assert.throws(() => createMaestro({ runtime, maxConcurrentSteps }), (error) => MaestroError.is(error, "usage"));
    }
  });
});
