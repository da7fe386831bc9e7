import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity } from "../../src/code/activity.ts";
import { TimeoutError } from "../../src/code/errors.ts";
import { signal } from "../../src/code/message.ts";
import { workflow } from "../../src/code/workflow.ts";
import type { WorkflowContext } from "../../src/code/workflow_context.ts";
import { TerminalError } from "../../src/engine/author_errors.ts";
import { CancelledError } from "../../src/engine/failure.ts";
import { everywhere } from "./everywhere.ts";
import { withLab } from "./lab.ts";
import { playCode } from "./play_code.ts";

const V1 = { version: "1" };
const go = signal("go");
const refuse = activity("refuse", () => {
  throw new TerminalError("no", { code: "REFUSED" });
});

describe("a rollback", () => {
  it("undoes steps and what ctx.compensate remembers, newest first, with a crash at every write", async () => {
    let undone: string[] = [];
    const book = activity("book", (what: string) => ({ booked: what }), {
      compensate: ({ output, error }) => void undone.push(`${output?.booked} ${error.code}`),
    });
    const { status, rollback } = await everywhere({
      workflow: workflow("trip", V1, async (ctx) => {
        await ctx.run(book, "hotel");
        ctx.compensate("note", () => void undone.push("note"));
        await Promise.all([ctx.run(book, "flight"), ctx.sleep(1)]);
        await ctx.run(refuse);
      }),
      input: undefined,
      reset: () => undone = [],
      judge: (result, first) => {
        assert.deepEqual([result.status, result.rollback], [first.status, first.rollback]);
        // What was under way at the crash is called again.
        assert.deepEqual([...new Set(undone)], ["flight REFUSED", "note", "hotel REFUSED"]);
      },
    });
    assert.deepEqual([status, rollback.undone], ["compensated", ["book[1]", "note", "book"]]);
  });

  it("undoes what nobody knows of only where that is wanted", async () => {
    const undone: string[] = [];
    const lost = activity("lost", () => {
      throw new Error("connection lost");
    });
    const undo = (name: string) => ({ compensate: () => void undone.push(name) });
    const { status, rollback } = await playCode(async (ctx) => {
      await ctx.run(lost, undefined, { id: "one", ...undo("one") }).catch(() => undefined);
      await ctx.run(lost, undefined, { id: "two", compensateOnUnknown: true, ...undo("two") }).catch(() => undefined);
      await ctx.run(refuse);
    });
    assert.deepEqual([status, rollback.unknown, undone], ["compensation_failed", ["one"], ["two"]]);
  });
});

describe("ctx.scope and ctx.shielded", () => {
  it("end what is inside when their time is up, or when they are cancelled, and nothing else", async () => {
    const { output } = await everywhere({
      workflow: workflow("scopes", V1, async (ctx) => {
        const late = await ctx.scope((inner) => inner.sleep("10h"), { timeout: 1 }).catch((error) =>
          error instanceof TimeoutError
        );
        const cancelled = await ctx.scope(async (inner, scope) => {
          const waiting = inner.receive(go).catch((error) => error instanceof CancelledError);
          scope.cancel();
          return [await waiting, inner.signal.aborted];
        });
        return [late, cancelled, ctx.signal.aborted, await ctx.step("after", () => "goes on")];
      }),
      input: undefined,
    });
    assert.deepEqual(output, [true, [true, true], false, "goes on"]);
  });

  it("let a workflow tidy up after it was cancelled", async () => {
    const tidied: boolean[] = [];
    const { status } = await playCode(async (ctx) => {
      try {
        await ctx.receive(go);
      } finally {
        await assert.rejects(ctx.step("too_late", () => tidied.push(false)), CancelledError);
        await ctx.shielded().step("tidy", () => tidied.push(true));
      }
    }, { act: (run) => run.cancel() });
    assert.deepEqual([status, tidied], ["cancelled", [true]]);
  });
});

describe("what is the same at every replay", () => {
  it("is time, chance, ids and what steps gave", async () => {
    let calls = 0;
    const { output } = await everywhere({
      workflow: workflow("same", V1, async (ctx) => {
        const before = [ctx.random(), ctx.uuid(), ctx.group("g").random()];
        const counted = await ctx.step("count", () => ++calls);
        await ctx.sleep(1);
        return [before, counted, await ctx.step("kept", () => [ctx.runId]), new Set(before).size];
      }),
      input: undefined,
      judge: ({ status, output }) => assert.deepEqual([status, output?.[3]], ["completed", 3]),
    });
    assert.equal(output?.[3], 3);
  });

  it("is what groups and maps do, however many at a time, and of any iterable", async () => {
    const { output } = await everywhere({
      workflow: workflow("maps", V1, async (ctx) => {
        let most = 0;
        let now = 0;
        const items = new Set([3, 1, 2]).values();
        const doubled = await ctx.map(items, async (n, inner) => {
          most = Math.max(most, ++now);
          await inner.sleep(n);
          now--;
          return await inner.step("double", () => n * 2);
        }, { concurrency: 2 });
        return [doubled, most];
      }),
      input: undefined,
    });
    assert.deepEqual(output, [[6, 2, 4], 2]);
  });
});

describe("changed code", () => {
  /** Runs one version up to a signal, and another from there. */
  async function change(
    before: (ctx: WorkflowContext) => Promise<unknown>,
    after: (ctx: WorkflowContext) => Promise<unknown>,
  ) {
    const lab = { result: undefined as unknown };
    await withLab(async (place) => {
      const first = await place.open();
      await first.maestro.start(workflow("changed", V1, (ctx) => before(ctx)), { id: "r1" });
      await first.close();
      const second = await place.open([workflow("changed", V1, (ctx) => after(ctx))]);
      const run = await second.maestro.resume("r1");
      await run.signal(go);
      const fresh = await second.maestro.start(workflow("fresh", V1, (ctx) => after(ctx)), { id: "r2" });
      await fresh.signal(go);
      lab.result = [await run.result(), await fresh.result()];
    });
    return lab.result as readonly { readonly status: string; readonly output: unknown; readonly pause: unknown }[];
  }

  it("takes the old way in old runs and the new one in new runs, by ctx.patched", async () => {
    const [old, fresh] = await change(async (ctx) => {
      await ctx.step("a", () => 1);
      await ctx.receive(go);
      return "old";
    }, async (ctx) => {
      const isNew = ctx.patched("b_before_a");
      if (isNew) await ctx.step("b", () => 2);
      await ctx.step("a", () => 1);
      await ctx.receive(go);
      return isNew ? "new" : "old";
    });
    assert.deepEqual([old?.output, fresh?.output], ["old", "new"]);
  });

  it("that asks for something else pauses the run, and shows the difference", async () => {
    const [old, fresh] = await change(async (ctx) => {
      await ctx.step("a", () => 1);
      await ctx.receive(go);
    }, async (ctx) => {
      await ctx.step("b", () => 2);
      await ctx.receive(go);
    });
    assert.equal(fresh?.status, "completed");
    const pause = old?.pause as { reason: string; message: string; difference: { expected: string[]; came: string[] } };
    assert.equal(pause.reason, "non_determinism");
    assert.match(pause.difference.expected.join(), /\ba\b/);
    assert.match(pause.difference.came.join(), /\bb\b/);
  });
});
