import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity } from "../../src/code/activity.ts";
import { query, signal, update } from "../../src/code/message.ts";
import { workflow } from "../../src/code/workflow.ts";
import type { WorkflowContext } from "../../src/code/workflow_context.ts";
import { everywhere } from "./everywhere.ts";
import { withLab } from "./lab.ts";

const V1 = { version: "1" };
const double = activity("double", (n: number) => n * 2);
const added = signal<number>("added");

interface Count {
  readonly left: number;
  readonly sum: number;
}

const counting = workflow("counting", V1, async (ctx, { left, sum }: Count): Promise<number> => {
  const more = await ctx.run(double, left);
  if (left > 1) ctx.continueAsNew({ left: left - 1, sum: sum + more });
  return sum + more;
});

describe("ctx.continueAsNew", () => {
  it("begins anew with another input, with a crash at every write", async () => {
    const { output, runId } = await everywhere({ workflow: counting, input: { left: 4, sum: 0 } });
    assert.deepEqual([output, runId], [20, "r1"]);
  });

  it("keeps the journal short over many generations", async () => {
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(counting, { input: { left: 200, sum: 0 }, id: "r1" });
      assert.equal((await run.result()).output, 40_200);
      assert.ok((await lab.journal("r1")).length < 10);
    }, "sqlite");
  });

  it("carries over signals that were not taken, attributes and answers to updates, but no key", async () => {
    const bump = update<number>("bump");
    const keys = new Set<string>();
    const key = activity("key", (_: void, { idempotencyKey }) => void keys.add(idempotencyKey));
    const { output } = await everywhere({
      workflow: workflow("carries", V1, async (ctx, seen: readonly number[]): Promise<readonly number[]> => {
        if (seen.length === 0) ctx.setAttributes({ color: "red" });
        ctx.onUpdate(bump, () => seen.length);
        await ctx.run(key);
        const next = [...seen, await ctx.receive(added)];
        assert.equal(ctx.attributes["color"], "red");
        if (next.length < 3) return ctx.continueAsNew(next);
        return next;
      }),
      input: [],
      reset: () => keys.clear(),
      act: async (maestro, runId) => {
        for (const data of [1, 2, 3]) {
          await maestro.signal(runId, { name: "added", data, id: `s${data}` }).catch(() => undefined);
        }
        await maestro.update(runId, bump, undefined, { id: "u1" }).catch(() => undefined);
      },
    });
    assert.deepEqual(output, [1, 2, 3]);
    assert.equal(keys.size, 3);
  });

  it("cancels what is in flight first", async () => {
    const aborted: number[] = [];
    const hang = activity("hang", (n: number, { signal }) =>
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.push(n);
          reject(new Error("aborted"));
        });
      }));
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(
        workflow("hangs", V1, async (ctx, n: number): Promise<string> => {
          if (n === 2) return "done";
          void ctx.run(hang, n);
          await ctx.sleep(5);
          return ctx.continueAsNew(n + 1);
        }),
        { input: 0 },
      );
      assert.equal((await run.result()).output, "done");
      assert.deepEqual(aborted, [0, 1]);
    });
  });

  it("is an error where there would be something to undo, which is then undone", async () => {
    const undone: string[] = [];
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(
        workflow("undoable", V1, async (ctx, n: number): Promise<void> => {
          await ctx.step("book", () => 1, { compensate: () => undone.push("book") });
          return ctx.continueAsNew(n + 1);
        }),
        { input: 0 },
      );
      const { status, error } = await run.result();
      assert.deepEqual([status, error?.code, undone], ["compensated", "continued_with_undos", ["book"]]);
    });
  });

  it("counts even where the function caught what it throws", async () => {
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(
        workflow("catches", V1, async (ctx: WorkflowContext<number>, n: number): Promise<string> => {
          try {
            if (n < 3) ctx.continueAsNew(n + 1);
          } catch {
            return "caught";
          }
          return await ctx.step("last", () => `generation ${n}`);
        }),
        { input: 0 },
      );
      assert.equal((await run.result()).output, "generation 3");
    });
  });

  it("lets a parent see only the final result", async () => {
    const { output } = await everywhere({
      workflow: workflow("parent", { ...V1, children: [counting] }, async (ctx) => {
        return await ctx.child(counting, { left: 3, sum: 0 });
      }),
      definitions: [counting],
      input: undefined,
    });
    assert.equal(output, 12);
  });

  it("lets each generation have children of the same names", async () => {
    const kid = workflow("kid", V1, (_ctx, n: number) => n * 10);
    const { output } = await everywhere({
      workflow: workflow("parent", { ...V1, children: [kid] }, async (ctx, got: readonly number[]): Promise<
        readonly number[]
      > => {
        const next = [...got, await ctx.child(kid, got.length)];
        return next.length === 3 ? next : ctx.continueAsNew(next);
      }),
      definitions: [kid],
      input: [],
    });
    assert.deepEqual(output, [0, 10, 20]);
  });

  it("ends with a cancellation of the generation that there is", async () => {
    const where = query<number>("where");
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(
        workflow("endless", V1, async (ctx, n: number): Promise<void> => {
          ctx.onQuery(where, () => n);
          await ctx.receive(added);
          ctx.continueAsNew(n + 1);
        }),
        { input: 0, id: "r1" },
      );
      for (const n of [1, 2, 3]) await run.signal(added, n);
      while (await run.query(where) !== 3) await new Promise((resolve) => setTimeout(resolve, 1));
      run.cancel();
      assert.equal((await run.result()).status, "cancelled");
    });
  });
});
