import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity } from "../../src/code/activity.ts";
import { query, signal, update } from "../../src/code/message.ts";
import { workflow } from "../../src/code/workflow.ts";
import type { WorkflowContext } from "../../src/code/workflow_context.ts";
import type { Maestro, RunHandle } from "../../src/maestro.ts";

const V1 = { version: "1" };
const price = activity("price", (item: string) => ({ total: item.length, at: new Date() }));
const ping = activity("ping", () => 1);
const approved = signal<{ by: string }>("approved");
const done = signal("done");
const progress = query<number>("progress");
const add = update<number, { n: number }>("add");

const order = workflow("order", V1, async (ctx, input: { item: string }) => {
  const { total, at } = await ctx.run(price, input.item);
  return { total, at, by: (await ctx.receive(approved)).by };
});

describe("the types of a workflow", () => {
  it("flow from definition to caller", () => {
    const start = (maestro: Maestro): Promise<RunHandle<{ total: number; at: string; by: string }>> =>
      maestro.start(order, { input: { item: "tea" } });
    assert.equal(typeof start, "function");
  });

  it("refuse wrong arguments, payloads and results", () => {
    const use = async (maestro: Maestro, run: RunHandle): Promise<void> => {
      // @ts-expect-error the item is a text
      await maestro.start(order, { input: { item: 1 } });
      // @ts-expect-error the input is missing
      await maestro.start(order);
      // @ts-expect-error it has no payload
      await run.signal(approved);
      // @ts-expect-error "by" is a text
      await run.signal(approved, { by: 1 });
      await run.signal(done);
      // @ts-expect-error it takes nothing
      await run.signal(done, 1);
      // @ts-expect-error the answer is a number
      const answer: string = await run.query(progress);
      // @ts-expect-error it needs n
      await run.update(add, {});
      // @ts-expect-error a query is no signal
      await run.signal(progress);
      assert.ok(answer);
    };
    assert.equal(typeof use, "function");
    workflow("inner", V1, async (ctx) => {
      await ctx.run(ping);
      // @ts-expect-error it takes a text
      await ctx.run(price, 1);
      // @ts-expect-error it takes a text
      await ctx.run(price);
      // @ts-expect-error a date is a text in the journal
      (await ctx.run(price, "tea")).at.getTime();
      // @ts-expect-error the input of the child
      await ctx.child(order, { item: 1 });
      // @ts-expect-error the result of the child
      (await ctx.child(order, { item: "x" })).total.trim();
      // @ts-expect-error an update gives a number
      ctx.onUpdate(add, () => "x");
    });
    workflow("again", V1, (ctx, n: number): void => {
      // @ts-expect-error the input is a number
      ctx.continueAsNew("x");
      ctx.continueAsNew(n + 1);
    });
  });

  it("let helpers take the context of any workflow", () => {
    const helper = (ctx: WorkflowContext): Promise<number> => ctx.run(ping);
    workflow("without", V1, (ctx) => helper(ctx));
    workflow("with", V1, (ctx, _input: { a: number }) => helper(ctx));
  });
});
