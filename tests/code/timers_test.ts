import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity } from "../../src/code/activity.ts";
import { CancelledError } from "../../src/engine/failure.ts";
import { workflow } from "../../src/code/workflow.ts";
import { everywhere } from "./everywhere.ts";
import { withLab } from "./lab.ts";
import { playCode } from "./play_code.ts";

const V1 = { version: "1" };
const double = activity("double", (n: number) => n * 2);

describe("ctx.sleep and ctx.sleepUntil", () => {
  it("wait in turns of their own, with a crash at every write", async () => {
    const { output } = await everywhere({
      workflow: workflow("sleeps", V1, async (ctx) => {
        const start = ctx.now();
        await Promise.all([ctx.sleep("5ms"), ctx.sleep(1), ctx.sleepUntil(start + 3)]);
        await ctx.sleepUntil(new Date(start - 1000));
        await ctx.sleep(0);
        return ctx.now() - start >= 5;
      }),
      input: undefined,
    });
    assert.equal(output, true);
  });

  it("race with what else goes on", async () => {
    const { output } = await everywhere({
      workflow: workflow("races", V1, async (ctx) => {
        const first = await Promise.race([ctx.sleep("1h").then(() => "time"), ctx.run(double, 2)]);
        return [first, await Promise.race([ctx.sleep(1).then(() => "time"), new Promise<string>(() => undefined)])];
      }),
      input: undefined,
    });
    assert.deepEqual(output, [4, "time"]);
  });

  it("are kept while no process has the run", async () => {
    await withLab(async (lab) => {
      const sleeper = workflow("sleeper", V1, async (ctx) => {
        await ctx.sleep("30s");
        return "awake";
      });
      const first = await lab.open();
      await first.maestro.start(sleeper, { id: "r1" });
      assert.equal((await first.maestro.find("r1"))?.status, "waiting");
      // A crash lets a minute pass.
      await first.crash();
      const second = await lab.open([sleeper]);
      assert.equal((await (await second.maestro.resume("r1")).result()).output, "awake");
      assert.equal((await lab.journal("r1")).filter(({ type }) => type === "timer_set").length, 1);
    });
  });

  it("end when the run is cancelled", async () => {
    const seen: unknown[] = [];
    const { status } = await playCode(async (ctx) => {
      await ctx.sleep("1h").catch((error) => {
        seen.push(error instanceof CancelledError, ctx.signal.aborted);
        throw error;
      });
    }, { act: (run) => run.cancel() });
    assert.equal(status, "cancelled");
    assert.deepEqual(seen, [true, true]);
  });

  it("refuse what is no time", async () => {
    for (const time of ["soon", NaN, "", Infinity]) {
      const { status, error } = await playCode(async (ctx) => await ctx.sleep(time));
      assert.deepEqual([status, /no length of time/.test(error!.message)], ["failed", true], String(time));
    }
    for (const time of [NaN, new Date("never"), Infinity]) {
      const { status, error } = await playCode(async (ctx) => await ctx.sleepUntil(time));
      assert.deepEqual([status, /no time to sleep until/.test(error!.message)], ["failed", true], String(time));
    }
  });

  it("limit the run, too", async () => {
    const { status, cause, error } = await playCode(async (ctx) => await ctx.sleep("1h"), { timeout: 10 });
    assert.deepEqual([status, cause, error?.code], ["failed", "timeout", "timeout"]);
  });
});
