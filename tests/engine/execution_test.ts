import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "../../src/base/json.ts";
import type { WorkflowContext } from "../../src/engine/context.ts";
import { Execution } from "../../src/engine/execution.ts";
import type { Fact } from "../../src/engine/journal.ts";
import { drain } from "../../src/runtime/drain.ts";
import { completed, define, Driver, failed, starts, step, undoable } from "./harness.ts";

describe("Execution", () => {
  it("advance() applies an outcome and gives the steps that it leads to", async () => {
    const driver = new Driver(define(async (context) => {
      const first = await context.step(step("a"));
      const second = await context.step(step("b", { request: first.output }));
      return second.output;
    }));
    assert.deepEqual(starts(await driver.start()), ["a"]);
    const turn = await driver.advance(completed("a", 1));
    assert.deepEqual(turn.starts.map((spec) => [spec.step, spec.request]), [["b", 1]]);
    const last = await driver.advance(completed("b", 2));
    assert.equal(last.finished?.status, "completed");
    assert.equal(last.finished?.output, 2);
  });

  it("advance() drops an outcome that is known already, and one of a step that nobody asked for", async () => {
    const driver = new Driver(define(async (context) => (await context.step(step("a"))).output));
    await driver.start();
    const turn = await driver.advance(completed("stranger"), completed("a", 1), completed("a", 2));
    assert.equal(turn.finished?.output, 1);
    assert.equal(turn.entries.filter((entry) => entry.type === "step_completed").length, 1);
  });

  it("step() in a cancelled scope starts nothing", async () => {
    const driver = new Driver(define(async (context) => {
      await context.step(step("a"));
      await context.step(step("b"));
      return null;
    }));
    await driver.start();
    const turn = await driver.advance({ type: "cancel_requested", reason: "cancelled" }, completed("a"));
    assert.deepEqual(starts(turn), []);
    assert.equal(turn.finished?.status, "cancelled");
  });

  it("a cancelled step settles by its own outcome: an answer that came first counts", async () => {
    const driver = new Driver(define(async (context) => (await context.step(undoable("a"))).output));
    await driver.start();
    const cancelling = await driver.advance({ type: "cancel_requested", reason: "cancelled" });
    assert.deepEqual(cancelling.cancels, ["a"]);
    const undoing = await driver.advance(completed("a"));
    assert.deepEqual(starts(undoing), ["a/compensate"]);
    const last = await driver.advance(completed("a/compensate"));
    assert.equal(last.finished?.status, "compensated");
    assert.equal(last.finished?.cause, "cancelled");
  });

  it("pauses a run whose function awaits something that is not durable", async () => {
    const driver = new Driver(define(async (context) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return (await context.step(step("a"))).output;
    }));
    assert.equal((await driver.start()).stuck, "foreign_await");
  });

  it("replay() pauses a run whose function asks for another step than the journal holds", async () => {
    const first = new Driver(define(async (context) => (await context.step(step("a"))).output));
    await first.start();
    const other = new Driver(define(async (context) => (await context.step(step("b"))).output));
    const turn = await other.execution.replay(first.journal);
    assert.equal(turn.stuck, "non_determinism");
  });

  it("replay() starts again what was in flight, and nothing else", async () => {
    const definition = define(async (context) => {
      await context.step(step("a"));
      await Promise.all([context.step(step("b")), context.step(step("c"))]);
      return null;
    });
    const driver = new Driver(definition);
    await driver.start();
    await driver.advance(completed("a"));
    await driver.advance(completed("c"));
    const again = new Driver(definition);
    assert.deepEqual(starts(await again.execution.replay(driver.journal)), ["b"]);
  });

  it("time never goes back, whatever the clock does", async () => {
    const times: number[] = [];
    const driver = new Driver(define(async (context) => {
      await context.step(step("a"));
      times.push(context.now());
      await context.step(step("b"));
      times.push(context.now());
      return null;
    }));
    await driver.start();
    await driver.execution.advance([completed("a")], 100);
    await driver.execution.advance([completed("b")], 50);
    assert.deepEqual(times, [100, 100]);
  });
});

/** A random program over races, sequences and shared state: what replay has to repeat exactly. */
type Program =
  | { readonly kind: "step"; readonly id: number }
  | { readonly kind: "sequence" | "all" | "race" | "settled"; readonly parts: readonly Program[] };

const programs: fc.Arbitrary<Program> = fc.letrec<{ program: Program }>((tie) => ({
  program: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ kind: fc.constant("step" as const), id: fc.nat() }),
    fc.record({
      kind: fc.constantFrom("sequence" as const, "all" as const, "race" as const, "settled" as const),
      parts: fc.array(tie("program"), { minLength: 1, maxLength: 4 }),
    }),
  ),
})).program;

async function perform(program: Program, context: WorkflowContext, path: string, log: string[]): Promise<JsonValue> {
  if (program.kind === "step") {
    const { output } = await context.step(step(path));
    log.push(`${path}=${String(output)}`);
    return output;
  }
  const run = (part: Program, index: number): Promise<JsonValue> => perform(part, context, `${path}.${index}`, log);
  if (program.kind === "all") return await Promise.all(program.parts.map(run));
  if (program.kind === "race") return await Promise.race(program.parts.map(run));
  if (program.kind === "settled") return (await Promise.allSettled(program.parts.map(run))).map(({ status }) => status);
  const outputs: JsonValue[] = [];
  for (const [index, part] of program.parts.entries()) {
    // Depends on what other branches have done by now, as shared state in a user's program would.
    outputs.push(log.length % 2 === 0 ? await run(part, index) : await run(part, index + 10));
  }
  return outputs;
}

describe("replay", () => {
  it("of any prefix and going on equals one pass", async () => {
    await fc.assert(
      fc.asyncProperty(programs, fc.infiniteStream(fc.nat()), fc.nat(), async (program, choices, cutSeed) => {
        const pick = (count: number): number => (choices.next().value ?? 0) % count;
        const logs: string[][] = [];
        const definition = define((context) => {
          const log: string[] = [];
          logs.push(log);
          return perform(program, context, "p", log);
        });
        const live = new Driver(definition);
        const open: string[] = starts(await live.start());
        const facts: Fact[] = [];
        while (live.execution.finished === undefined && open.length > 0) {
          const [path] = open.splice(pick(open.length), 1);
          const fact = pick(5) === 0 ? failed(path!) : completed(path!, facts.length);
          facts.push(fact);
          const turn = await live.advance(fact);
          open.push(...starts(turn));
        }
        const cut = cutSeed % (live.journal.length + 1);
        if (cut === 0) return;
        const resumed = new Execution({ runId: "r", internalId: "i", definition, drain, digest: (text) => text });
        assert.equal((await resumed.replay(live.journal.slice(0, cut))).stuck, undefined);
        const rest = live.journal.slice(cut);
        for (const { time, entries } of rest) {
          const news = entries.filter((entry) => entry.type.startsWith("step_") && entry.type !== "step_scheduled");
          const turn = await resumed.advance(news as Fact[], time);
          assert.deepEqual(turn.entries, entries);
        }
        assert.deepEqual(logs[1], logs[0]);
      }),
      { numRuns: 300 },
    );
  });
});
