import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity, type ActivityCall } from "../../src/code/activity.ts";
import { TimeoutError } from "../../src/code/errors.ts";
import { workflow } from "../../src/code/workflow.ts";
import { RetryableError, TerminalError } from "../../src/engine/author_errors.ts";
import { StepFailedError } from "../../src/engine/failure.ts";
import { everywhere } from "./everywhere.ts";
import { withLab } from "./lab.ts";
import { playCode } from "./play_code.ts";

const V1 = { version: "1" };
const FAST = { initial: 1, jitter: 0 };

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });
}

describe("an activity", () => {
  it("is tried again as its policy says, and hears how often", async () => {
    const attempts: number[] = [];
    const keys = new Set<string>();
    const flaky = activity("flaky", (_: void, { attempt, idempotencyKey }) => {
      attempts.push(attempt);
      keys.add(idempotencyKey);
      if (attempt < 3) throw new RetryableError("again");
      return attempt;
    }, { retry: { attempts: 5, ...FAST } });
    const { output, steps } = await playCode(async (ctx) => await ctx.run(flaky));
    assert.equal(output, 3);
    assert.deepEqual(attempts, [1, 2, 3]);
    assert.equal(keys.size, 1);
    assert.equal(steps[0]?.attempts, 3);
  });

  it("is tried as often as the call says, where it says so", async () => {
    let calls = 0;
    const flaky = activity("flaky", () => {
      calls++;
      throw new RetryableError("again");
    }, { retry: 7 });
    const { status } = await playCode(async (ctx) =>
      await ctx.run(flaky, undefined, { retry: { attempts: 2, ...FAST } })
    );
    assert.deepEqual([status, calls], ["failed", 2]);
  });

  it("is not tried again after a TerminalError, nor for codes that its policy excludes", async () => {
    const calls = { terminal: 0, excluded: 0, chosen: 0 };
    const terminal = activity("terminal", () => {
      calls.terminal++;
      throw new TerminalError("card expired", { code: "EXPIRED", details: { year: 2020 } });
    }, { retry: { attempts: 3, ...FAST } });
    const excluded = activity("excluded", () => {
      calls.excluded++;
      throw new RetryableError("no", { code: "E_NO" });
    }, { retry: { attempts: 3, neverOn: ["E_NO"], ...FAST } });
    const chosen = activity("chosen", () => {
      calls.chosen++;
      throw new TerminalError("later", { code: "E_LATER" });
    }, { retry: { attempts: 3, retryOn: ["E_LATER"], ...FAST } });
    const { output } = await playCode(async (ctx) => {
      const seen: unknown[] = [];
      for (const one of [terminal, excluded, chosen]) {
        try {
          await ctx.run(one);
        } catch (error) {
          assert.ok(error instanceof StepFailedError);
          const { failure: { code, message, details }, isUnknown, attempts } = error;
          seen.push([code, message, details, isUnknown, attempts]);
        }
      }
      return seen;
    });
    assert.deepEqual(output, [
      ["EXPIRED", "card expired", { year: 2020 }, false, 1],
      ["E_NO", "no", null, false, 1],
      ["E_LATER", "later", null, false, 3],
    ]);
    assert.deepEqual(calls, { terminal: 1, excluded: 1, chosen: 3 });
  });

  it("leaves open whether it took effect, where it throws just any error", async () => {
    const odd = activity("odd", () => {
      throw Object.assign(new Error("lost"), { code: "ECONNRESET" });
    });
    const { output } = await playCode(async (ctx) =>
      await ctx.run(odd).catch((error: StepFailedError) => [error.failure.code, error.isUnknown])
    );
    assert.deepEqual(output, ["ECONNRESET", true]);
  });

  it("is limited by attempt, in all, and by its heartbeats: each is a TimeoutError, and its signal is aborted", async () => {
    const aborted: string[] = [];
    const hang = activity("hang", async (name: string, { signal }) => {
      await untilAborted(signal).finally(() => aborted.push(name));
    });
    const { output, error } = await playCode(async (ctx) => {
      const limits = [
        ["attempt", { attemptTimeout: 10 }],
        ["total", { timeout: 10 }],
        ["heartbeat", { heartbeatTimeout: 10 }],
        ["tries", { attemptTimeout: 5, retry: { attempts: 2, ...FAST } }],
      ] as const;
      return await Promise.all(limits.map(async ([name, options]) => {
        try {
          return await ctx.run(hang, name, options);
        } catch (error) {
          assert.ok(error instanceof TimeoutError, String(error));
          return [name, error.failure.code, error.attempts];
        }
      }));
    });
    assert.equal(error, null);
    const code = (name: string) => name === "heartbeat" ? "heartbeat_timeout" : "timeout";
    const limits = ["attempt", "total", "heartbeat", "tries"];
    assert.deepEqual(output, limits.map((name) => [name, code(name), name === "tries" ? 2 : 1]));
    assert.deepEqual(aborted.sort(), ["attempt", "heartbeat", "total", "tries", "tries"]);
  });

  it("goes on from its last heartbeat after a crash", async () => {
    await withLab(async (lab) => {
      const seen: unknown[] = [];
      const begun = Promise.withResolvers<void>();
      const copy = activity("copy", async (_: void, { heartbeat, lastHeartbeat, attempt }: ActivityCall) => {
        seen.push([attempt, lastHeartbeat ?? null]);
        if (attempt > 1) return "copied";
        heartbeat({ row: 7 });
        begun.resolve();
        return await new Promise<string>(() => undefined);
      }, { heartbeatTimeout: "1h", retry: 3 });
      const copying = workflow("copying", V1, async (ctx) => await ctx.run(copy));
      const first = await lab.open([copying]);
      await first.maestro.start(copying, { id: "r1" });
      await begun.promise;
      while (!(await lab.journal("r1")).some(({ type }) => type === "step_heartbeat")) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await first.crash();
      const second = await lab.open([copying]);
      const { output } = await (await second.maestro.resume("r1")).result();
      assert.equal(output, "copied");
      assert.deepEqual(seen, [[1, null], [2, { row: 7 }]]);
    });
  });

  it("hears that nobody waits any more, when the run is cancelled", async () => {
    const begun = Promise.withResolvers<void>();
    let reason: unknown;
    const hang = activity("hang", async (_: void, { signal }) => {
      begun.resolve();
      await untilAborted(signal).catch(() => undefined);
      reason = signal.aborted;
    });
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(workflow("test", V1, async (ctx) => await ctx.run(hang)));
      await begun.promise;
      run.cancel();
      const { status, error } = await run.result();
      assert.deepEqual([status, error?.code, reason], ["cancelled", "cancelled", true]);
    });
  });

  it("sees a copy of its input, and gives a copy of what it gives", async () => {
    const kept: { n: number }[] = [];
    const keep = activity("keep", (given: { n: number }) => {
      kept.push(given);
      given.n = 7;
      return given;
    });
    const { output } = await playCode(async (ctx) => {
      const mine = { n: 1 };
      const first = await ctx.run(keep, mine);
      first.n += 1;
      return { mine, first, at: await ctx.step("date", () => new Date(0)) };
    });
    assert.deepEqual(output, { mine: { n: 1 }, first: { n: 8 }, at: "1970-01-01T00:00:00.000Z" });
    assert.deepEqual(kept, [{ n: 7 }]);
  });

  it("tried once stays so after a crash, where that was asked for", async () => {
    let calls = 0;
    const once = activity("once", () => ++calls, { atMostOnce: true, retry: { attempts: 3, ...FAST } });
    let most = 0;
    await everywhere({
      workflow: workflow("test", V1, async (ctx) => await ctx.run(once)),
      input: undefined,
      reset: () => {
        most = Math.max(most, calls);
        calls = 0;
      },
      judge: ({ status, error }) => {
        if (status === "failed") assert.equal(error?.code, "outcome_unknown");
        else assert.equal(status, "completed");
      },
    });
    assert.equal(most, 1);
  });

  it("keeps its key over attempts, crashes and processes, and no other step has it", async () => {
    const keys: string[] = [];
    const key = activity("key", (_: void, call) => {
      keys.push(call.idempotencyKey.slice(call.idempotencyKey.indexOf(":")));
      assert.equal(call.runId, "r1");
      assert.equal(call.isCompensation, false);
    });
    const { status } = await everywhere({
      workflow: workflow("test", V1, async (ctx) => {
        await Promise.all([
          ctx.run(key),
          ctx.run(key),
          ctx.group("g").run(key),
          ctx.run(key, undefined, { id: "own" }),
        ]);
      }),
      input: undefined,
    });
    assert.equal(status, "completed");
    assert.deepEqual([...new Set(keys)].sort(), [":g/key", ":key", ":key[1]", ":own"]);
  });

  it("cannot be called by names that are no part of a path, nor twice by one path", async () => {
    assert.throws(() => activity("a/b", () => 1), /cannot be part of a path/);
    const { status, error } = await playCode(async (ctx) => await ctx.step("a b", () => 1));
    assert.deepEqual([status, error?.code], ["failed", "invalid_workflow"]);
    const { output } = await playCode(async (ctx) => [await ctx.step("x", () => 1), await ctx.step("x", () => 2)]);
    assert.deepEqual(output, [1, 2]);
  });
});
