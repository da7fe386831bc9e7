import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity } from "../../src/code/activity.ts";
import { workflow } from "../../src/code/workflow.ts";
import { TerminalError } from "../../src/engine/author_errors.ts";
import { StepFailedError } from "../../src/engine/failure.ts";
import { everywhere } from "./everywhere.ts";

const V1 = { version: "1" };

const double = activity("double", (n: number) => n * 2);
const refuse = activity("refuse", (why: string): number => {
  throw new TerminalError(why, { code: "REFUSED" });
});
/** Answers after as many turns of the event loop. */
const late = activity("late", async (turns: number) => {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  return turns;
});

describe("the language's own control flow, with a crash at every write", () => {
  it("Promise.all gives outputs in order, and the first error", async () => {
    const { output } = await everywhere({
      workflow: workflow("all", V1, async (ctx, n: number) => {
        const numbers = await Promise.all([ctx.run(late, 3), ctx.run(double, n), ctx.run(late, 0)]);
        const error = await Promise.all([ctx.run(double, 1), ctx.run(refuse, "no")]).catch((thrown) => thrown.message);
        return { numbers, error };
      }),
      input: 21,
    });
    assert.deepEqual(output, { numbers: [3, 42, 0], error: "no" });
  });

  it("Promise.race, any and allSettled give at every replay what they gave first", async () => {
    const seen: unknown[] = [];
    const { output } = await everywhere({
      workflow: workflow("race", V1, async (ctx) => {
        const first = await Promise.race([ctx.run(late, 2).then(() => "slow"), ctx.run(double, 1).then(() => "fast")]);
        const any = await Promise.any([ctx.run(refuse, "no"), ctx.run(late, 1)]);
        const settled = await Promise.allSettled([ctx.run(refuse, "why"), ctx.run(double, 2)]);
        const none = await Promise.any([ctx.run(refuse, "a"), ctx.run(refuse, "b")]).catch((error) =>
          error.errors.length
        );
        // What decides a race must be in the journal: what comes after takes part in it.
        const again = await ctx.run(double, first === "fast" ? 10 : 20);
        return { first, any, settled: settled.map(({ status }) => status), none, again };
      }),
      input: undefined,
      judge: ({ status, output }) => {
        assert.equal(status, "completed");
        assert.equal(output?.again, output?.first === "fast" ? 20 : 40);
        seen.push(output);
      },
    });
    assert.deepEqual(output, { first: "fast", any: 1, settled: ["rejected", "fulfilled"], none: 2, again: 20 });
    assert.ok(seen.length > 10);
  });

  it("loops, conditions, exceptions and finally", async () => {
    const { output } = await everywhere({
      workflow: workflow("loops", V1, async (ctx, limit: number) => {
        const trace: string[] = [];
        let sum = 0;
        for (let n = 1; sum < limit; n++) {
          try {
            sum += n % 2 === 0 ? await ctx.run(refuse, `n${n}`) : await ctx.run(double, n);
          } catch (error) {
            assert.ok(error instanceof StepFailedError);
            trace.push(`${error.failure.code} ${error.message}`);
          } finally {
            trace.push(`sum ${sum}`);
          }
        }
        return trace;
      }),
      input: 10,
    });
    assert.deepEqual(output, ["sum 2", "REFUSED n2", "sum 2", "sum 8", "REFUSED n4", "sum 8", "sum 18"]);
  });

  it("helpers, closures, classes and async generators that share state", async () => {
    const { output } = await everywhere({
      workflow: workflow("shared", V1, async (ctx) => {
        const log: string[] = [];
        const helper = async (name: string, turns: number): Promise<void> => {
          await ctx.run(late, turns);
          log.push(name);
          await ctx.run(double, log.length);
        };
        async function* numbers() {
          for (let n = 0; n < 3; n++) yield await ctx.run(double, n);
        }
        const both = Promise.all([helper("a", 2), helper("b", 0)]);
        for await (const n of numbers()) log.push(`n${n}`);
        await both;
        return log.sort();
      }),
      input: undefined,
    });
    assert.deepEqual(output, ["a", "b", "n0", "n2", "n4"]);
  });

  it("an error that nobody catches fails the run, with its own code and details", async () => {
    const thrown = await everywhere({
      workflow: workflow("throws", V1, async (ctx) => {
        await ctx.run(double, 1);
        throw Object.assign(new Error("out of tea"), { code: "NO_TEA", details: { left: 0 } });
      }),
      input: undefined,
    });
    assert.deepEqual([thrown.status, thrown.error?.code, thrown.error?.message], ["failed", "NO_TEA", "out of tea"]);
    assert.deepEqual(thrown.error?.details, { left: 0 });
    const step = await everywhere({
      workflow: workflow("step_throws", V1, async (ctx) => await ctx.run(refuse, "never")),
      input: undefined,
    });
    assert.deepEqual([step.status, step.error?.code, step.error?.step], ["failed", "REFUSED", "refuse"]);
  });

  it("on both stores", async () => {
    for (const kind of ["memory", "sqlite"] as const) {
      const { output } = await everywhere({
        kind,
        workflow: workflow("stores", V1, async (ctx, n: number) => {
          const [a, b] = await Promise.all([ctx.run(double, n), ctx.run(late, 1)]);
          return await ctx.run(double, a + b);
        }),
        input: 3,
      });
      assert.equal(output, 14);
    }
  });

  it("what is not awaited when the function returns is cancelled or waited for", async () => {
    const { status, output, steps } = await everywhere({
      workflow: workflow("left", V1, async (ctx) => {
        void ctx.run(late, 5);
        void ctx.run(refuse, "nobody hears");
        void ctx.sleep("10h");
        return await ctx.run(double, 4);
      }),
      input: undefined,
      judge: (result) => assert.deepEqual([result.status, result.output], ["completed", 8]),
    });
    assert.deepEqual([status, output], ["completed", 8]);
    assert.ok(steps.every((step) => step.status !== "running"));
  });
});
