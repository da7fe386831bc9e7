/**
 * What go-workflows tests of workflows from end to end, under the names that it gives the cases; those of its sub-workflows and activities
 * are in `go_workflows_children_test.ts` and `go_workflows_activities_test.ts`. An instance is a run here, its history the run's journal.
 */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, it } from "node:test";
import {
  activity,
  type ContextPropagator,
  type Entry,
  MaestroError,
  type RunHandle,
  signal,
  type Storage,
  validating,
  workflow,
} from "../../mod.ts";
import { type Lab, STORES, withLab } from "./lab.ts";

const V1 = { version: "1" };
const go = signal("go");
const double = activity("double", (n: number) => n * 2);
const NUMBER = { type: "number" };

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Reads a run's journal until an entry of this type is there. */
async function until(run: RunHandle<unknown>, type: string): Promise<void> {
  for await (const { entry } of run.watch()) if (entry.type === type) return;
  throw new Error(`the run has ended without "${type}"`);
}

/** A store whose journals hold, when they are first read as a whole, as many notes more as a journal may have entries. */
function withFullJournals(storage: Storage): Storage {
  const notes = new Array<Entry>(1_000_000).fill({ type: "log", step: "long", text: "" });
  let isRead = false;
  return {
    ...storage,
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
    readJournal: async (request) => {
      const page = await storage.readJournal(request);
      if (isRead || request.limit === 1) return page;
      isRead = true;
      const turns = page.turns.map(({ time, entries }, index) => ({
        time,
        entries: index === 0 ? entries.concat(notes) : entries,
      }));
      return { ...page, turns };
    },
  };
}

const CASES: Readonly<Record<string, (lab: Lab) => Promise<void>>> = {
  "SimpleWorkflow: gives its output": async (lab) => {
    const { maestro } = await lab.open();
    const greet = workflow("greet", V1, (_ctx, name: string) => `Hello ${name}`);
    const { status, output, error } = await (await maestro.start(greet, { input: "Ada" })).result();
    assert.deepEqual([status, output, error], ["completed", "Hello Ada", null]);
  },

  "Workflow_LotsOfActivities: calls a hundred at once, each one time": async (lab) => {
    const { maestro } = await lab.open();
    let calls = 0;
    const square = activity("square", async (n: number) => {
      calls++;
      await Promise.resolve();
      return n * n;
    });
    const many = workflow("many", V1, async (ctx, count: number) => {
      const squares = await Promise.all(Array.from({ length: count }, (_, n) => ctx.run(square, n)));
      return squares.reduce((sum, one) => sum + one, 0);
    });
    const { output } = await (await maestro.start(many, { input: 100 })).result();
    assert.deepEqual([output, calls], [328_350, 100]);
  },

  "SimpleWorkflow_ExpectedHistory: its journal holds the start, the step and its outcome, and the end": async (lab) => {
    const { maestro } = await lab.open();
    const calls = workflow("calls", V1, (ctx, n: number) => ctx.run(double, n));
    await (await maestro.start(calls, { input: 21, id: "r1" })).result();
    const journal = (await lab.journal("r1")).filter(({ type }) => type !== "attempt_started");
    const [started, scheduled, completed, finished] = journal;
    assert.deepEqual(journal.map(({ type }) => type), [
      "run_started",
      "step_scheduled",
      "step_completed",
      "run_finished",
    ]);
    assert(started?.type === "run_started" && scheduled?.type === "step_scheduled");
    assert.deepEqual([started.workflow, started.version, started.input], ["calls", "1", 21]);
    assert.deepEqual([scheduled.step, scheduled.method], ["double", "double"]);
    assert.deepEqual(completed, { type: "step_completed", step: "double", output: 42, attempts: 1 });
    assert(finished?.type === "run_finished");
    assert.deepEqual([finished.status, finished.output, finished.error], ["completed", 42, null]);
  },

  "UnregisteredWorkflow_Errors: workers leave the run to one with its code; resumed by id it is paused": async (
    lab,
  ) => {
    const greet = workflow("greet", V1, (_ctx, name: string) => `Hello ${name}`);
    const known = workflow("known", V1, () => "known");
    const client = await lab.open([], { queue: "front" });
    const ignorant = await lab.open([known], { queue: "back" });
    ignorant.maestro.listen();
    await client.maestro.start(greet, { input: "Ada", id: "r1", queue: "back" });
    const other = await client.maestro.start(known, { id: "r2", queue: "back" });
    assert.equal((await other.result()).output, "known");
    assert.equal((await client.maestro.find("r1"))?.status, "pending");
    const { status, pause } = await (await ignorant.maestro.resume("r1")).result();
    assert.deepEqual([status, pause?.reason], ["paused", "missing_definition"]);
    await ignorant.close();
    const informed = await lab.open([greet]);
    assert.equal((await (await informed.maestro.resume("r1")).result()).output, "Hello Ada");
  },

  "WorkflowArgumentMismatch: does not compile, and is refused with invalid_input where the schema says so": async (
    lab,
  ) => {
    const { maestro } = await lab.open();
    const strict = workflow("strict", { ...V1, input: NUMBER }, (_ctx, n: number) => n + 1);
    // @ts-expect-error a text is no number
    await assert.rejects(maestro.start(strict, { input: "one", id: "r1" }), { code: "invalid_input" });
    assert.equal(await maestro.find("r1"), undefined);
    assert.equal((await (await maestro.start(strict, { input: 1 })).result()).output, 2);
  },

  "UnregisteredActivity_Errors: code refers to the function itself; a document's step fails with no_such_method":
    async (lab) => {
      const { maestro } = await lab.open([], { functions: { shop: { Price: () => 1 } } });
      const { workflow: document } = await maestro.load({
        file: "shop.yaml",
        text: `name: shop
version: "1"
services: { shop: { type: function, endpoint: local } }
steps: [{ id: cost, service: shop, method: Cost, retry: { attempts: 3 } }]
`,
      });
      assert(document !== undefined);
      const { status, error, steps } = await (await maestro.start(document, { input: {} })).result();
      assert.deepEqual([status, error?.code, error?.step], ["failed", "no_such_method", "cost"]);
      assert.match(error?.message ?? "", /"Cost".*it has: Price/);
      assert.equal(steps[0]?.attempts, 1);
    },

  "ActivityArgumentMismatch: does not compile, and fails with invalid_input before the call where it is checked":
    async (lab) => {
      const { maestro } = await lab.open([], { middleware: [validating({ input: NUMBER })] });
      let calls = 0;
      const count = activity("count", (n: number) => n + ++calls);
      const wrong = workflow("wrong", V1, async (ctx) => [
        await ctx.run(count, 1),
        // @ts-expect-error a text is no number
        await ctx.run(count, "one"),
      ]);
      const { status, error } = await (await maestro.start(wrong)).result();
      assert.deepEqual([status, error?.code, error?.step, calls], ["failed", "invalid_input", "count[1]", 1]);
    },

  "SideEffect_Simple: happens once, and a replay in another process sees what it gave": async (lab) => {
    let calls = 0;
    const effect = workflow("effect", V1, async (ctx) => {
      const before = [await ctx.step("effect", () => ++calls), ctx.random(), ctx.uuid(), ctx.now()];
      await ctx.step("seen", () => before);
      await ctx.receive(go);
      return before;
    });
    const first = await lab.open();
    await until(await first.maestro.start(effect, { id: "r1" }), "signal_awaited");
    await first.crash();
    const second = await lab.open([effect]);
    const run = await second.maestro.resume("r1");
    await run.signal(go);
    const { status, output } = await run.result();
    assert.deepEqual([status, calls], ["completed", 1]);
    const seen = (await lab.journal("r1")).find((entry) => entry.type === "step_completed" && entry.step === "seen");
    assert.deepEqual(seen, { type: "step_completed", step: "seen", output, attempts: 1 });
  },

  "Signal_after_completion: is refused with run_ended, and changes nothing": async (lab) => {
    const { maestro } = await lab.open();
    const waits = workflow("waits", V1, (ctx) => ctx.receive(go));
    const run = await maestro.start(waits, { id: "r1" });
    await run.signal(go);
    await run.result();
    const journal = await lab.journal("r1");
    await assert.rejects(run.signal(go), (thrown) => MaestroError.is(thrown, "run_ended"));
    assert.equal((await maestro.find("r1"))?.status, "completed");
    assert.deepEqual(await lab.journal("r1"), journal);
  },

  "NonDeterminism: the run is paused, with what its journal holds and what the code asks for": async (lab) => {
    const of = (step: string) =>
      workflow("changed", V1, async (ctx) => {
        const done = await ctx.step(step, () => step);
        await ctx.receive(go);
        return done;
      });
    const first = await lab.open();
    await until(await first.maestro.start(of("before"), { id: "r1" }), "signal_awaited");
    await first.crash();
    const second = await lab.open([of("after")]);
    const { status, pause } = await (await second.maestro.resume("r1")).result();
    assert.deepEqual([status, pause?.reason], ["paused", "non_determinism"]);
    assert.match(pause?.message ?? "", /the journal has step before .* the definition asks for step after /);
    assert.match(pause?.difference?.expected[0] ?? "", /^step before /);
    assert.match(pause?.difference?.came[0] ?? "", /^step after /);
    await second.close();
    const third = await lab.open([of("before")]);
    const run = await third.maestro.resume("r1");
    await run.signal(go);
    assert.equal((await run.result()).output, "before");
  },

  "RemoveWorkflowInstance: deletes a run that has ended with its journal, and no other": async (lab) => {
    const { maestro } = await lab.open();
    const waits = workflow("waits", V1, (ctx) => ctx.receive(go));
    const run = await maestro.start(waits, { id: "r1" });
    await assert.rejects(maestro.delete("r1"), { code: "usage" });
    await assert.rejects(maestro.delete("nobody"), { code: "run_not_found" });
    await run.signal(go);
    assert.equal((await run.result()).status, "completed");
    await maestro.delete("r1");
    assert.equal(await maestro.find("r1"), undefined);
    await assert.rejects(maestro.follow("r1"), { code: "run_not_found" });
    const again = await maestro.start(waits, { id: "r1" });
    assert.deepEqual((await lab.journal("r1")).filter(({ type }) => type === "signal_received"), []);
    await again.signal(go);
    assert.equal((await again.result()).status, "completed");
  },

  "ContextPropagation: what surrounds the start reaches workflow, activity and child, in another process too": async (
    lab,
  ) => {
    const tenant = new AsyncLocalStorage<string>();
    const propagator: ContextPropagator = {
      capture: () => ({ tenant: tenant.getStore() ?? "nobody" }),
      restore: (context, run) => tenant.run(context["tenant"]!, run),
    };
    const who = activity("who", async (_: void, { context }) => {
      await pause(1);
      return [tenant.getStore() ?? "lost", context["tenant"]];
    });
    const child = workflow("child", V1, (ctx) => ctx.run(who));
    const parent = workflow("parent", { ...V1, children: [child] }, async (ctx) => {
      await ctx.receive(go);
      return [ctx.context["tenant"], await ctx.run(who), await ctx.child(child, undefined)];
    });
    const first = await lab.open([], { propagators: [propagator] });
    await tenant.run("acme", () => first.maestro.start(parent, { id: "r1" }));
    await first.crash();
    const second = await lab.open([parent], { propagators: [propagator] });
    const run = await tenant.run("other", () => second.maestro.resume("r1"));
    await tenant.run("other", () => run.signal(go));
    assert.deepEqual((await run.result()).output, ["acme", ["acme", "acme"], ["acme", "acme"]]);
  },

  "MaxHistorySize: a run whose journal is full is paused with history_limit": async (lab) => {
    const waits = workflow("waits", V1, async (ctx) => [await ctx.receive(go), await ctx.receive(go)]);
    const first = await lab.open();
    await until(await first.maestro.start(waits, { id: "r1" }), "signal_awaited");
    await first.crash();
    const second = await lab.open([waits], { around: withFullJournals });
    const run = await second.maestro.resume("r1");
    await run.signal(go);
    const { status, pause } = await run.result();
    assert.deepEqual([status, pause?.reason], ["paused", "history_limit"]);
  },

  "MaxHistorySize: ctx.journalLength tells when to begin anew, long before that": async (
    lab,
  ) => {
    const { maestro } = await lab.open();
    const most = 20;
    const lengths: number[] = [];
    const counts = workflow("counts", V1, async (ctx, from: number): Promise<number> => {
      for (let n = from; n < 30; n++) {
        await ctx.run(double, n);
        lengths.push(ctx.journalLength);
        if (ctx.journalLength >= most) return ctx.continueAsNew(n + 1);
      }
      return 30;
    });
    const { output } = await (await maestro.start(counts, { input: 0, id: "r1" })).result();
    assert.equal(output, 30);
    assert.equal(lengths.length, 30);
    assert(Math.max(...lengths) >= most && Math.max(...lengths) < 2 * most, lengths.join());
    const [started] = await lab.journal("r1");
    const generations = lengths.filter((length) => length >= most).length;
    assert.equal(started?.type === "run_started" && started.generation, generations);
    assert(generations > 1);
  },
};

for (const kind of STORES) {
  describe(`go-workflows' cases of workflows, with the store ${kind}`, () => {
    for (const [title, run] of Object.entries(CASES)) it(title, () => withLab(run, kind));
  });
}
