import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity, type Middleware, TerminalError, workflow } from "../../mod.ts";
import { withMaestro } from "./run_workflow.ts";

describe("workflows in code", () => {
  it("have their activities and compensations surrounded, and errors that say what they mean", async () => {
    const seen: unknown[] = [];
    const watch: Middleware = async (
      { workflow: name, step, service, method, input, isCompensation, context },
      next,
    ) => {
      seen.push([name, step, service, method, input, isCompensation, context]);
      return await next();
    };
    let calls = 0;
    const reserve = activity("reserve", (item: string) => `${item} 1`, { compensate: () => null });
    const pay = activity("pay", (_reserved: string) => {
      calls++;
      throw new TerminalError("No money", { code: "NO_MONEY" });
    }, { retry: 3 });
    const order = workflow("order", { version: "1" }, async (ctx, { item }: { item: string }) => {
      await ctx.run(pay, await ctx.run(reserve, item));
    });
    const { status, error, rollback } = await withMaestro({ middleware: [watch] }, async (maestro) => {
      const run = await maestro.start(order, { input: { item: "tea" }, context: { tenant: "t1" } });
      return await run.result();
    });
    assert.deepEqual([status, error?.code, calls, rollback.undone], ["compensated", "NO_MONEY", 1, ["reserve"]]);
    const context = { tenant: "t1" };
    assert.deepEqual(seen.slice(0, 2), [
      ["order", "reserve", "order", "reserve", "tea", false, context],
      ["order", "pay", "order", "pay", "tea 1", false, context],
    ]);
    assert.deepEqual((seen[2] as unknown[]).slice(0, 4), [
      "order",
      "reserve/compensate",
      "order",
      "reserve.compensate",
    ]);
    assert.equal((seen[2] as unknown[])[5], true);
  });

  it("hear the heartbeats of the attempt before, and fail without any", async () => {
    const heard: unknown[] = [];
    const copy = activity("copy", async (_rows: number, { attempt, lastHeartbeat, heartbeat }) => {
      heard.push(lastHeartbeat);
      heartbeat(attempt * 10);
      if (attempt < 3) return await new Promise<string>(() => undefined);
      return "copied";
    }, { retry: { attempts: 3, initial: "1ms" }, heartbeatTimeout: "3ms" });
    const job = workflow("job", { version: "1" }, async (ctx) => await ctx.run(copy, 5));
    const output = await withMaestro({}, async (maestro) => {
      return (await (await maestro.start(job)).result()).output;
    });
    assert.deepEqual([output, heard], ["copied", [undefined, 10, 20]]);
  });
});
