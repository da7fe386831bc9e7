import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MaestroError } from "../../src/base/errors.ts";
import { activity } from "../../src/code/activity.ts";
import { TimeoutError, UpdateFailedError } from "../../src/code/errors.ts";
import { query, signal, update } from "../../src/code/message.ts";
import { workflow } from "../../src/code/workflow.ts";
import { everywhere } from "./everywhere.ts";
import { withLab } from "./lab.ts";
import { playCode } from "./play_code.ts";

const V1 = { version: "1" };
const added = signal<{ item: string }>("added");
const done = signal("done");
const double = activity("double", (n: number) => n * 2);

describe("ctx.receive and ctx.stream", () => {
  it("take signals in the order in which they came, with a crash at every write", async () => {
    const { output } = await everywhere({
      workflow: workflow("basket", V1, async (ctx) => {
        const items: string[] = [];
        for await (const { item } of ctx.stream(added)) {
          items.push(`${item} ${await ctx.run(double, items.length)}`);
          if (items.length === 3) break;
        }
        await ctx.receive(done);
        return items;
      }),
      input: undefined,
      act: async (maestro, runId) => {
        // The ids make it safe to send them again after a crash.
        for (const item of ["tea", "milk", "cups"]) {
          await maestro.signal(runId, { name: "added", data: { item }, id: item }).catch(hasEnded);
        }
        await maestro.signal(runId, { name: "done", data: null, id: "done" }).catch(hasEnded);
      },
    });
    assert.deepEqual(output, ["tea 0", "milk 2", "cups 4"]);
  });

  it("find what came before they wait", async () => {
    const { output } = await playCode(async (ctx) => {
      await ctx.sleep(20);
      return [await ctx.receive(added), await ctx.receive(added)];
    }, {
      act: async (run) => {
        await run.signal(added, { item: "a" });
        await run.signal(added, { item: "b" });
      },
    });
    assert.deepEqual(output, [{ item: "a" }, { item: "b" }]);
  });

  it("wait for what is sent, several at a time, and each takes one", async () => {
    const { output } = await playCode(async (ctx) => {
      const first = ctx.receive(added);
      const second = ctx.receive(added, { id: "other" });
      await ctx.receive(done);
      return [(await first).item, (await second).item];
    }, {
      act: async (run) => {
        await run.signal(added, { item: "a" });
        await run.signal(added, { item: "b" });
        await run.signal(done);
      },
    });
    assert.deepEqual(output, ["a", "b"]);
  });

  it("give up after their timeout, and leave the signal that comes later to the next", async () => {
    const { output } = await playCode(async (ctx) => {
      const missed = await ctx.receive(added, { timeout: 10 }).catch((error) => {
        assert.ok(error instanceof TimeoutError);
        return error.message;
      });
      await ctx.receive(done);
      return [missed, await ctx.receive(added, { timeout: "1h" })];
    }, {
      act: async (run) => {
        await untilWritten(run.watch(), "timer_fired");
        await run.signal(added, { item: "late" });
        await run.signal(done);
      },
    });
    assert.deepEqual(output, ['Signal "added" took longer than its timeout', { item: "late" }]);
  });

  it("drop what their schema refuses, and wait on", async () => {
    const checked = signal<{ n: number }>("checked", {
      schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
    });
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(
        workflow("checks", V1, async (ctx) => [await ctx.receive(checked), await ctx.receive(done).then(() => 1)]),
        { id: "r1" },
      );
      // @ts-expect-error n is missing
      await run.signal(checked, {});
      await run.signal(checked, { n: 7 });
      await run.signal(done);
      assert.deepEqual((await run.result()).output, [{ n: 7 }, 1]);
      assert.equal((await lab.journal("r1")).filter(({ type }) => type === "signal_refused").length, 1);
    });
  });

  it("are refused by a run that has ended, and by one that is not there", async () => {
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(workflow("quick", V1, () => 1), { id: "r1" });
      await run.result();
      await assert.rejects(run.signal(done), (error) => MaestroError.is(error, "run_ended"));
      await assert.rejects(maestro.follow("none"), (error) => MaestroError.is(error, "run_not_found"));
    });
  });
});

describe("ctx.signalRun", () => {
  it("reaches another run once, with a crash at every write", async () => {
    const other = workflow("other", V1, async (ctx) => {
      const got = [await ctx.receive(added)];
      // A second one would be there by now.
      await ctx.receive(added, { timeout: 20 }).then((second) => got.push(second), () => undefined);
      return got;
    });
    await everywhere({
      workflow: workflow("sender", V1, async (ctx) => {
        await ctx.receive(done);
        await ctx.signalRun("other", added, { item: "tea" });
        return "sent";
      }),
      definitions: [other],
      input: undefined,
      act: async (maestro, runId) => {
        await maestro.start(other, { id: "other" });
        await maestro.signal(runId, { name: "done", data: null, id: "done" }).catch(hasEnded);
        await (await maestro.resume("other")).result().then(({ output }) =>
          assert.deepEqual(output, [{ item: "tea" }])
        );
      },
      judge: (result) => assert.equal(result.output, "sent"),
    });
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const receiver = await maestro.start(other, { id: "other" });
      await maestro.start(workflow("sender", V1, (ctx) => ctx.signalRun("other", added, { item: "tea" })));
      assert.deepEqual((await receiver.result()).output, [{ item: "tea" }]);
    });
  });

  it("rejects where the run is not there or has ended, and what nobody awaits ends nothing", async () => {
    const { output } = await playCode(async (ctx) => {
      return await ctx.signalRun("nobody", done).catch((error) => error.failure.code);
    });
    assert.equal(output, "run_not_found");
  });
});

const total = query<{ sum: number; asked: string }, string>("total");
const add = update<number, { n: number }>("add");
const boom = update<number>("boom");

const adder = workflow("adder", V1, async (ctx) => {
  let sum = 0;
  ctx.onQuery(total, (asked) => ({ sum, asked }));
  ctx.onUpdate(add, async ({ n }) => {
    const more = await ctx.run(double, n);
    return sum += more;
  }, {
    check: ({ n }) => {
      if (n < 0) throw Object.assign(new Error("too small"), { code: "E_SMALL" });
    },
  });
  ctx.onUpdate(boom, () => {
    throw new Error("boom");
  });
  await ctx.receive(done);
  return sum;
});

describe("ctx.onUpdate and ctx.onQuery", () => {
  it("answer while the run goes on", async () => {
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(adder, { id: "r1" });
      assert.equal(await run.update(add, { n: 2 }), 4);
      assert.deepEqual(await run.query(total, "how much?"), { sum: 4, asked: "how much?" });
      assert.deepEqual(await Promise.all([run.update(add, { n: 1 }), run.update(add, { n: 3 })]), [6, 12]);
      await assert.rejects(
        run.update(add, { n: -1 }),
        (error) => error instanceof UpdateFailedError && error.failure.code === "E_SMALL",
      );
      await assert.rejects(run.update(boom), (error) => error instanceof UpdateFailedError && error.message === "boom");
      await run.signal(done);
      assert.equal((await run.result()).output, 12);
      assert.equal((await run.query(total, "and now?")).sum, 12);
      await assert.rejects(run.update(add, { n: 1 }), (error) => MaestroError.is(error, "run_ended"));
    });
  });

  it("answer each update once, whatever is sent again after a crash at any write", async () => {
    const { output } = await everywhere({
      workflow: adder,
      input: undefined,
      act: async (maestro, runId) => {
        await maestro.update(runId, add, { n: 2 }, { id: "u1" }).catch(hasEnded);
        await maestro.update(runId, add, { n: 3 }, { id: "u2" }).catch(hasEnded);
        await maestro.signal(runId, { name: "done", data: null, id: "done" }).catch(hasEnded);
      },
    });
    assert.equal(output, 10);
  });

  it("answer in another process, from the journal", async () => {
    await withLab(async (lab) => {
      const first = await lab.open();
      const run = await first.maestro.start(adder, { id: "r1" });
      await run.update(add, { n: 2 });
      await first.close();
      const second = await lab.open([adder]);
      assert.deepEqual(await second.maestro.query("r1", total, "x"), { sum: 4, asked: "x" });
    }, "sqlite");
  });

  it("keep updates that come before there is anybody to answer them", async () => {
    const { output } = await playCode(async (ctx) => {
      await ctx.receive(done);
      const got: number[] = [];
      ctx.onUpdate(add, ({ n }) => got.push(n));
      await ctx.until(() => got.length === 2);
      return got;
    }, {
      act: async (run) => {
        const answers = [run.update(add, { n: 1 }), run.update(add, { n: 2 })];
        await run.signal(done);
        assert.deepEqual(await Promise.all(answers), [1, 2]);
      },
    });
    assert.deepEqual(output, [1, 2]);
  });

  it("tell those who still wait that the run has ended", async () => {
    const { output } = await playCode(async (ctx) => {
      ctx.onUpdate(add, async () => {
        await ctx.sleep("1h");
        return 1;
      });
      await ctx.receive(done);
      return "over";
    }, {
      act: async (run) => {
        const answer = run.update(add, { n: 1 });
        const refused = assert.rejects(
          answer,
          (error) => error instanceof UpdateFailedError && error.failure.code === "run_ended",
        );
        await untilWritten(run.watch(), "update_received");
        await run.signal(done);
        await refused;
      },
    });
    assert.equal(output, "over");
  });

  it("let a query neither ask for anything nor be unknown", async () => {
    const bad = query<number>("bad");
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const run = await maestro.start(
        workflow("nosy", V1, async (ctx) => {
          ctx.onQuery(bad, () => {
            void ctx.sleep(1);
            return 1;
          });
          await ctx.receive(done);
        }),
        { id: "r1" },
      );
      await assert.rejects(run.query(bad), /only reads/);
      await assert.rejects(run.query(query("baad")), (error) => MaestroError.is(error, "usage"));
      await run.signal(done);
      assert.equal((await run.result()).status, "completed");
    });
  });
});

describe("ctx.until", () => {
  it("sees what updates and branches change, and gives up after its timeout", async () => {
    const { output } = await everywhere({
      workflow: workflow("waits", V1, async (ctx) => {
        let count = 0;
        const branch = (async () => {
          for (let n = 0; n < 3; n++) count += await ctx.run(double, n);
        })();
        await ctx.until(() => count >= 2);
        const seen = count;
        await branch;
        await ctx.until(() => true);
        const late = await ctx.until(() => count > 100, { timeout: 5 }).catch((error) => error instanceof TimeoutError);
        const broken = await ctx.until(() => {
          throw new Error("bad check");
        }).catch((error) => error.message);
        return [seen, count, late, broken];
      }),
      input: undefined,
    });
    assert.deepEqual(output, [2, 6, true, "bad check"]);
  });
});

function hasEnded(error: unknown): void {
  if (!MaestroError.is(error, "run_ended")) throw error;
}

async function untilWritten(
  events: AsyncIterable<{ readonly entry: { readonly type: string } }>,
  type: string,
): Promise<void> {
  for await (const { entry } of events) if (entry.type === type) return;
}
