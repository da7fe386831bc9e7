import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity } from "../../src/code/activity.ts";
import { ChildRunFailedError } from "../../src/code/errors.ts";
import { signal } from "../../src/code/message.ts";
import { workflow } from "../../src/code/workflow.ts";
import { dag } from "../../src/dag/create_dag.ts";
import { CancelledError } from "../../src/engine/failure.ts";
import { everywhere } from "./everywhere.ts";
import { withLab } from "./lab.ts";
import { playCode } from "./play_code.ts";

const V1 = { version: "1" };
const double = activity("double", (n: number) => n * 2);
const go = signal("go");

const twice = workflow("twice", V1, async (ctx, n: number) => await ctx.run(double, n));
const fails = workflow("fails", V1, async (ctx, why: string) => {
  await ctx.run(double, 1);
  throw Object.assign(new Error(why), { code: "E_CHILD" });
});
const waits = workflow("waits", V1, async (ctx) => {
  await ctx.receive(go);
  return ctx.runId;
});

describe("ctx.child", () => {
  it("gives the child's output, or its error, with a crash at every write", async () => {
    const { output } = await everywhere({
      workflow: workflow("parent", { ...V1, children: [twice, fails] }, async (ctx, n: number) => {
        const outputs = await Promise.all([ctx.child(twice, n), ctx.child(twice, n + 1, { id: "second" })]);
        const error = await ctx.child(fails, "no").catch((thrown) => {
          assert.ok(thrown instanceof ChildRunFailedError);
          return thrown.failure.details;
        });
        return [...outputs, await ctx.child(twice, outputs[0]), error];
      }),
      definitions: [twice, fails],
      input: 3,
    });
    const error = { code: "E_CHILD", message: "no", step: null, status: null, details: null };
    assert.deepEqual(output, [6, 8, 12, { run_id: "r1/fails", status: "failed", error }]);
  });

  it("recurs", async () => {
    const fib = workflow(
      "fib",
      { ...V1, children: () => [] },
      async (ctx, n: number): Promise<number> =>
        n < 2 ? n : (await Promise.all([ctx.child(fib, n - 1), ctx.child(fib, n - 2)])).reduce((a, b) => a + b),
    );
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      assert.equal((await (await maestro.start(fib, { input: 6 })).result()).output, 8);
    });
  });

  it("runs workflows of every kind", async () => {
    const graph = dag("graph", V1).input<{ n: number }>().node("more").action(({ input }) => input.n + 1)
      .output(({ more }) => ({ more })).build();
    await withLab(async (lab) => {
      const { maestro } = await lab.open([], { functions: { shop: { Price: (input) => ({ price: input }) } } });
      const { workflow: document } = await maestro.load({
        file: "shop.yaml",
        text: `name: shop
version: "1"
services: { shop: { type: function, endpoint: local } }
steps: [{ id: price, service: shop, method: Price, input: { n: "{{ .input.n }}" }, output: p }]
output: "{{ .p.price.n * 2 }}"
`,
      });
      assert(document !== undefined);
      const parent = workflow("parent", { ...V1, children: [graph, document] }, async (ctx, n: number) => {
        return [await ctx.child(graph, { n }), await ctx.child(document, { n })];
      });
      const { output, error } = await (await maestro.start(parent, { input: 20 })).result();
      assert.deepEqual([output, error], [[{ more: 21 }, 40], null]);
    });
  });

  it("refuses a workflow that `children` does not name, and an input that its schema does not take", async () => {
    const strict = workflow("strict", { ...V1, input: { type: "object", required: ["n"] } }, (_ctx, _: object) => 1);
    const { error } = await playCode(async (ctx) => await ctx.child(twice, 1));
    assert.match(error!.message, /starts "twice", which is not among its children/);
    const { error: second } = await playCode(async (ctx) => await ctx.child(strict, {}), { children: [strict] });
    assert.equal(second?.code, "invalid_input");
  });
});

describe("ctx.startChild", () => {
  it("gives a child that can be signalled, with an id of its own", async () => {
    const { output } = await everywhere({
      workflow: workflow("parent", { ...V1, children: [waits] }, async (ctx) => {
        const child = ctx.startChild(waits, undefined, { runId: "kid" });
        await child.signal(go);
        return [child.runId, await child.result];
      }),
      definitions: [waits],
      input: undefined,
    });
    assert.deepEqual(output, ["kid", "kid"]);
  });

  it("cancels it alone, and with the run", async () => {
    const cancelled = await playCode(async (ctx) => {
      const child = ctx.startChild(waits, undefined);
      child.cancel();
      return await child.result.catch((error) => [error instanceof CancelledError, ctx.signal.aborted]);
    }, { children: [waits] });
    assert.deepEqual(cancelled.output, [true, false]);
    await withLab(async (lab) => {
      const { maestro } = await lab.open([waits]);
      const parent = workflow("parent", { ...V1, children: [waits] }, async (ctx) => await ctx.child(waits, undefined));
      const run = await maestro.start(parent, { id: "r1" });
      run.cancel();
      assert.equal((await run.result()).status, "cancelled");
      assert.equal((await maestro.find("r1/waits"))?.status, "cancelled");
    });
  });

  it("lets the run not end before the child, which is cancelled when it is left", async () => {
    await withLab(async (lab) => {
      const { maestro } = await lab.open([waits]);
      const parent = workflow("parent", { ...V1, children: [waits] }, (ctx) => {
        ctx.startChild(waits, undefined);
        return "left";
      });
      const run = await maestro.start(parent, { id: "r1" });
      assert.deepEqual((await run.result()).output, "left");
      assert.equal((await maestro.find("r1/waits"))?.status, "cancelled");
    });
  });

  it("fails where another run has the id, in progress or ended, with a crash at every write", async () => {
    for (const isEnded of [false, true]) {
      const { output } = await everywhere({
        workflow: workflow("parent", { ...V1, children: [waits] }, async (ctx) => {
          await ctx.receive(go);
          return await ctx.child(waits, undefined, { runId: "taken" }).catch((error) => [
            error instanceof ChildRunFailedError,
            error.failure.details.error.code,
          ]);
        }),
        definitions: [waits],
        input: undefined,
        act: async (maestro, runId) => {
          await maestro.start(waits, { id: "taken" });
          if (isEnded) {
            await maestro.signal("taken", { name: "go", data: null, id: "go" }).catch(() => undefined);
            await (await maestro.resume("taken")).result();
          }
          await maestro.signal(runId, { name: "go", data: null, id: "go" }).catch(() => undefined);
        },
      });
      assert.deepEqual(output, [true, "run_conflict"]);
    }
  });

  it("puts it into another queue, where that is wanted", async () => {
    await withLab(async (lab) => {
      const parent = workflow("parent", { ...V1, children: [twice] }, async (ctx) => {
        return await ctx.child(twice, 4, { queue: "elsewhere" });
      });
      const { maestro } = await lab.open([], { queue: "here" });
      const elsewhere = await lab.open([twice], { queue: "elsewhere" });
      elsewhere.maestro.listen();
      const run = await maestro.start(parent, { id: "r1" });
      const { output } = await run.result();
      assert.equal(output, 8);
      assert.equal((await maestro.find("r1/twice"))?.queue, "elsewhere");
    });
  });
});

describe("what was propagated to a run", () => {
  it("reaches its activities, its children and theirs, after a crash too", async () => {
    const seen: unknown[] = [];
    const see = activity("see", (_: void, { context }) => void seen.push(context));
    const child = workflow("child", V1, async (ctx) => {
      await ctx.run(see);
      return ctx.context;
    });
    const parent = workflow("parent", { ...V1, children: [child] }, async (ctx) => {
      await ctx.run(see);
      await ctx.receive(go);
      return [ctx.context, await ctx.child(child, undefined)];
    });
    await withLab(async (lab) => {
      const first = await lab.open();
      await first.maestro.start(parent, { id: "r1", context: { user: "ada" } });
      await first.crash();
      const second = await lab.open([parent]);
      const run = await second.maestro.resume("r1");
      await run.signal(go);
      assert.deepEqual((await run.result()).output, [{ user: "ada" }, { user: "ada" }]);
      assert.ok(seen.length >= 2);
      for (const context of seen) assert.deepEqual(context, { user: "ada" });
    });
  });
});
