import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity } from "../../src/code/activity.ts";
import { query, signal, update } from "../../src/code/message.ts";
import { workflow, type WorkflowFunction } from "../../src/code/workflow.ts";
import type { Failure } from "../../src/engine/failure.ts";
import { playCode } from "./play_code.ts";
import { withLab } from "./lab.ts";

const echo = activity("echo", (value: unknown) => value);

describe("values that JSON cannot keep", () => {
  const unkeepable: WorkflowFunction<void, unknown>[] = [
    () => ({ big: 1n }),
    (ctx) => ctx.run(echo, { big: 1n }),
    (ctx) => ctx.step("s", () => ({ big: 1n })) as Promise<unknown>,
    (ctx) => ctx.startChild(child, { big: 1n }).result,
    (ctx) => ctx.continueAsNew({ big: 1n } as never),
  ];
  const child = workflow("child", { version: "1" }, (_ctx, _input: unknown) => 1);

  for (const [place, run] of unkeepable.entries()) {
    it(`fail the run and say so (${["output", "input", "output of a step", "child", "continueAsNew"][place]})`, async () => {
      const { status, error } = await playCode(run, { children: [child] });
      assert.equal(status, "failed");
      assert.match(error?.message ?? "", /JSON cannot keep a BigInt, at "big"/);
    });
  }

  it("are told to whoever sends them, and nothing is sent", async () => {
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const state = query<string, unknown>("state");
      const waits = workflow("waits", { version: "1" }, async (ctx, input: unknown) => {
        ctx.onQuery(state, () => Promise.resolve("late") as unknown as string);
        ctx.onUpdate(update<number, unknown>("change"), () => 1);
        await ctx.receive(signal<unknown>("go"));
        return input;
      });
      const refused = { code: "invalid_input", message: /cannot be sent: JSON cannot keep a Map, at "m"/ };
      const given = { m: new Map() };
      await assert.rejects(maestro.start(waits, { input: given, id: "never" }), refused);
      assert.equal(await maestro.find("never"), undefined);
      const run = await maestro.start(waits, { input: 1 });
      await assert.rejects(run.signal(signal<unknown>("go"), given), refused);
      await assert.rejects(run.update(update<number, unknown>("change"), given), refused);
      await assert.rejects(maestro.query(run.id, state, given), refused);
      await assert.rejects(run.query(state, 1), /JSON cannot keep a promise/);
      await run.signal(signal<unknown>("go"), "go");
      assert.equal((await run.result()).output, 1);
    });
  });
});

describe("odd use of a context", () => {
  const cases: [string, WorkflowFunction<void, unknown>, RegExp][] = [
    ["a function that is no activity", (ctx) => ctx.run((() => 1) as never, 1), /no activity/],
    ["a timeout that is none", (ctx) => ctx.run(echo, 1, { timeout: "soon" }), /timeout of step "echo" is "soon"/],
    ["a retry that is none", (ctx) => ctx.step("s", () => 1, { retry: 0 }), /attempts is 0/],
    ["a time that is none", (ctx) => ctx.sleepUntil(new Date("never")), /Invalid Date is no time/],
    ["an endless sleep", (ctx) => ctx.sleepUntil(Infinity), /Infinity is no time/],
    ["a compensation's timeout", (ctx) => ctx.compensate("c", () => 1, { timeout: -1 }), /timeout of compensation "c"/],
  ];
  for (const [what, run, message] of cases) {
    it(`fails the run for ${what}`, async () => {
      const { status, error } = await playCode(run);
      assert.deepEqual([status, message.test(error?.message ?? "")], ["failed", true], error?.message);
    });
  }

  it("gives what is thrown and no Error the same code in a workflow as in a step", async () => {
    const codes: (Failure | null)[] = [];
    for (const run of [() => toss(), (ctx) => ctx.step("s", toss)] satisfies WorkflowFunction<void, unknown>[]) {
      codes.push((await playCode(run)).error);
    }
    assert.deepEqual(codes.map((error) => [error?.code, error?.message]), [["UNKNOWN", "text"], ["UNKNOWN", "text"]]);
  });

  it("is told by `activity` before any run begins", () => {
    assert.throws(() => activity("a", () => 1, { attemptTimeout: "1 fortnight" }), { code: "invalid_workflow" });
    assert.throws(() => activity("a", () => 1, { retry: { attempts: 2, jitter: 3 } }), { code: "invalid_workflow" });
  });
});

describe("odd starts", () => {
  it("are refused before anything is written", async () => {
    await withLab(async (lab) => {
      const { maestro } = await lab.open();
      const quick = workflow("quick", { version: "1" }, () => 1);
      for (const options of [{ id: "" }, { queue: "" }, { timeoutMs: 0 }, { timeoutMs: NaN }]) {
        await assert.rejects(maestro.start(quick, options), { code: "usage" });
      }
      for (const definition of [undefined, "quick", () => 1, {}]) {
        await assert.rejects(maestro.start(definition as never), { code: "usage" });
      }
      for await (const run of maestro.list()) assert.fail(`there is a run ${run.id}`);
    });
  });
});

function toss(): never {
  const text: unknown = "text";
  throw text;
}
