/** What go-workflows tests of activities from end to end, under the names that it gives the cases. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  activity,
  type ActivityCall,
  RetryableError,
  type RunHandle,
  signal,
  StepFailedError,
  TerminalError,
  TimeoutError,
  workflow,
} from "../../mod.ts";
import { type Lab, STORES, withLab } from "./lab.ts";

const V1 = { version: "1" };
const go = signal("go");
const double = activity("double", (n: number) => n * 2);

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Reads a run's journal until an entry of this type is there. */
async function until(run: RunHandle<unknown>, type: string): Promise<void> {
  for await (const { entry } of run.watch()) if (entry.type === type) return;
  throw new Error(`the run has ended without "${type}"`);
}

class CardError extends TerminalError {
  constructor(year: number) {
    super("The card has expired", { code: "CARD_EXPIRED", details: { year } });
  }
}

const CASES: Readonly<Record<string, (lab: Lab) => Promise<void>>> = {
  "Panic: whatever an activity throws fails its step, and the process goes on": async (lab) => {
    const { maestro } = await lab.open();
    const panic = activity("panic", (what: string): number => {
      const odd: unknown = "no error at all";
      if (what === "text") throw odd;
      return (undefined as unknown as { length: number }).length;
    });
    const panics = workflow("panics", V1, (ctx, what: string) => ctx.run(panic, what));
    for (const what of ["text", "type"]) {
      const { status, error } = await (await maestro.start(panics, { input: what })).result();
      assert.deepEqual([status, error?.step], ["failed", "panic"]);
      assert.match(error?.message ?? "", what === "text" ? /no error at all/ : /undefined/);
      assert.doesNotMatch(JSON.stringify(error), /go_workflows_activities_test/, "no stack reaches the run");
    }
    const calm = workflow("calm", V1, (ctx) => ctx.run(double, 4));
    assert.equal((await (await maestro.start(calm)).result()).output, 8);
  },

  "CustomError: its code, message and details reach the workflow, that of a replay too": async (lab) => {
    const charge = activity("charge", () => {
      throw new CardError(2020);
    });
    const pays = workflow("pays", V1, async (ctx) => {
      const caught = await ctx.run(charge).catch((thrown) => {
        assert.ok(thrown instanceof StepFailedError);
        const { failure: { code, message, details }, isUnknown } = thrown;
        return { code, message, details, isUnknown };
      });
      await ctx.receive(go);
      return caught;
    });
    const first = await lab.open();
    await until(await first.maestro.start(pays, { id: "r1" }), "signal_awaited");
    await first.crash();
    const second = await lab.open([pays]);
    const run = await second.maestro.resume("r1");
    await run.signal(go);
    const expected = {
      code: "CARD_EXPIRED",
      message: "The card has expired",
      details: { year: 2020 },
      isUnknown: false,
    };
    assert.deepEqual((await run.result()).output, expected);
  },

  "ReceiveAttempt: an activity hears at which attempt it is, from 1": async (lab) => {
    const { maestro } = await lab.open();
    const attempts: number[] = [];
    const flaky = activity("flaky", (_: void, { attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new RetryableError("again");
      return attempt;
    }, { retry: { attempts: 5, initial: 1, jitter: 0 } });
    const run = await maestro.start(workflow("tries", V1, (ctx) => ctx.run(flaky)));
    assert.equal((await run.result()).output, 3);
    assert.deepEqual(attempts, [1, 2, 3]);
  },

  "ExtendTask: heartbeats keep an activity alive beyond its heartbeat timeout, and without them it is over": async (
    lab,
  ) => {
    const { maestro } = await lab.open();
    const work = async (isAlive: boolean, { heartbeat, signal }: ActivityCall): Promise<string> => {
      for (const begun = Date.now(); Date.now() - begun < 60 && !signal.aborted;) {
        if (isAlive) heartbeat();
        await pause(5);
      }
      return signal.aborted ? "aborted" : "done";
    };
    const long = activity("long", work, { heartbeatTimeout: 20 });
    const both = workflow("both", V1, async (ctx) => {
      const silent = ctx.run(long, false).catch((thrown) => {
        assert.ok(thrown instanceof TimeoutError);
        return thrown.failure.code;
      });
      return [await ctx.run(long, true), await silent];
    });
    const { output, error } = await (await maestro.start(both)).result();
    assert.deepEqual([output, error], [["done", "heartbeat_timeout"], null]);
  },
};

for (const kind of STORES) {
  describe(`go-workflows' cases of activities, with the store ${kind}`, () => {
    for (const [title, run] of Object.entries(CASES)) it(`Activity/${title}`, () => withLab(run, kind));
  });
}
