import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { workflow } from "../../src/code/workflow.ts";
import type { WorkflowContext } from "../../src/code/workflow_context.ts";
import { withLab } from "./lab.ts";

const V1 = { version: "1" };

/** Runs it once as it stands, then, after the program was mended, resumes the run in another process. */
async function pausesAndGoesOn(
  broken: (ctx: WorkflowContext) => Promise<unknown>,
  mended: (ctx: WorkflowContext) => Promise<unknown>,
): Promise<void> {
  await withLab(async (lab) => {
    const first = await lab.open();
    const run = await first.maestro.start(workflow("foreign", V1, (ctx) => broken(ctx)), { id: "r1" });
    const { status, pause } = await run.result();
    assert.deepEqual([status, pause?.reason], ["paused", "foreign_await"]);
    assert.match(pause!.message, /^"foreign" awaits something that is not durable/);
    assert.match(pause!.message, /ctx\.step/);
    assert.match(pause!.message, /ctx\.sleep/);
    await first.close();
    const second = await lab.open([workflow("foreign", V1, (ctx) => mended(ctx))]);
    const { status: then, output } = await (await second.maestro.resume("r1")).result();
    assert.deepEqual([then, output], ["completed", "done"]);
  });
}

describe("a workflow that awaits what is not durable", () => {
  it("is paused at its first timer, and goes on once that is a ctx.sleep", async () => {
    await pausesAndGoesOn(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return "done";
      },
      async (ctx) => {
        await ctx.sleep(5);
        return "done";
      },
    );
  });

  it("is paused at its first fetch, and goes on once that is in a ctx.step", async () => {
    const server = createServer((_request, response) => response.end("done"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const get = async (): Promise<string> => {
      const { port } = server.address() as AddressInfo;
      return await (await fetch(`http://127.0.0.1:${port}/`)).text();
    };
    try {
      await pausesAndGoesOn(get, async (ctx) => await ctx.step("get", get));
    } finally {
      server.closeAllConnections?.();
      server.close();
    }
  });

  it("is paused when it asks for something after such a wait, in the middle of a run too", async () => {
    const before = (ctx: WorkflowContext) => ctx.step("first", () => 1);
    await pausesAndGoesOn(
      async (ctx) => {
        await before(ctx);
        await Promise.all([ctx.sleep("1h"), new Promise((resolve) => setTimeout(resolve, 5)).then(() => ctx.sleep(1))]);
        return "never";
      },
      async (ctx) => {
        await before(ctx);
        await ctx.sleep(5);
        return "done";
      },
    );
  });

  it("keeps nothing of the turn in which that happened", async () => {
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      let calls = 0;
      const run = await maestro.start(
        workflow("half", V1, async (ctx) => {
          await ctx.step("first", () => ++calls);
          void ctx.step("second", () => ++calls).then(async () => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            void ctx.step("third", () => ++calls);
          }).catch(() => undefined);
          await ctx.sleep("1h");
        }),
        { id: "r1" },
      );
      assert.equal((await run.result()).pause?.reason, "foreign_await");
      const scheduled = (await lab.journal("r1")).filter(({ type }) => type === "step_scheduled");
      assert.equal(scheduled.length, 2);
      assert.equal(calls, 2);
    });
  });

  it("is not taken for one when it awaits promises of its own", async () => {
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(
        workflow("own", V1, async (ctx) => {
          await Promise.resolve();
          const { promise, resolve } = Promise.withResolvers<number>();
          const waits = (async () => (await promise) + 1)();
          resolve(await ctx.step("one", () => 1));
          return await waits;
        }),
        {},
      );
      assert.equal((await run.result()).output, 2);
    });
  });
});
