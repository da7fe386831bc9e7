import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { dag, type JsonValue, type NodeCall, openStorage, type RunEvent } from "../../mod.ts";
import { effectiveTurns } from "../../src/engine/effective_turns.ts";
import { failure } from "../../src/engine/failure.ts";
import { Heartbeats } from "../../src/engine/heartbeats.ts";
import type { Entry } from "../../src/engine/journal.ts";
import { decodeTurn, encodeTurn } from "../../src/engine/journal_format.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { untilAborted } from "../dag/run_dag.ts";
import { ManualClock } from "../servers/manual_clock.ts";
import { withScratch } from "../storage/scratch_store.ts";
import { scriptArguments } from "../storage/script_arguments.ts";
import { importRows } from "./killed_import.ts";
import { runDocument, shop, withMaestro } from "./run_workflow.ts";

/** A store in memory that outlives the engines that use it. */
class KeptStorage extends MemoryStorage {
  override [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function oneNode(action: (call: NodeCall) => unknown, settings: { heartbeatTimeout?: string; attempts?: number } = {}) {
  const { heartbeatTimeout, attempts = 1 } = settings;
  return dag("long", { version: "1" }).nodes([{
    name: "work",
    retry: { attempts, initial: "1ms", jitter: 0 },
    ...(heartbeatTimeout === undefined ? undefined : { heartbeatTimeout }),
    action: (_given, call) => action(call),
  }]).build();
}

/** Lets everything run that is ready. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

describe("call.heartbeat()", () => {
  it("tells the next attempt how far the one before was, of functions and of nodes", async () => {
    const seen: unknown[] = [];
    const work = ({ attempt, lastHeartbeat, heartbeat }: {
      readonly attempt: number;
      readonly lastHeartbeat: JsonValue | undefined;
      heartbeat(details?: JsonValue): void;
    }): number => {
      seen.push(lastHeartbeat);
      if (attempt === 3) return 0;
      for (let row = 0; row < 3; row++) heartbeat({ row: 10 * attempt + row });
      heartbeat();
      throw new Error("again");
    };
    const retry = "retry: { attempts: 3, initial: 1ms, jitter: 0 }";
    const { status } = await runDocument(shop(`id: a, method: Work, ${retry}`), {
      functions: { shop: { Work: (_input, call) => work(call) } },
    });
    const result = await withMaestro(
      {},
      async (maestro) => await (await maestro.start(oneNode(work, { attempts: 3 }), { input: {} })).result(),
    );
    assert.deepEqual([status, result.status], ["completed", "completed"]);
    assert.deepEqual(seen, [undefined, { row: 12 }, { row: 22 }, undefined, { row: 12 }, { row: 22 }]);
  });

  it("writes down the first at once and then the last of each second", async () => {
    const clock = new ManualClock();
    const written: JsonValue[] = [];
    const onEvent = ({ entry }: RunEvent): void => {
      if (entry.type === "step_heartbeat") written.push(entry.details);
    };
    let call: NodeCall | undefined;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const long = oneNode((started) => {
      call = started;
      return ended;
    });
    await withMaestro({ clock, onEvent }, async (maestro) => {
      const run = await maestro.start(long, { input: {} });
      await settle();
      for (let tenth = 0; tenth <= 25; tenth++) {
        call!.heartbeat(tenth);
        clock.advance(100);
      }
      end();
      await run.result();
    });
    assert.deepEqual(written, [0, 9, 19]);
  });

  it("leaves no timer behind", () => {
    const clock = new ManualClock();
    const ignore = (): void => undefined;
    const beats = new Heartbeats({ clock, timeoutMs: 10, last: undefined, write: ignore, onMissed: ignore });
    beats.watch();
    for (const details of [1, 2, 3]) beats.beat(details);
    assert.equal(clock.pending, 2);
    beats.stop();
    assert.equal(clock.pending, 0);
  });

  it("is heard after a crash, in another engine over the same store", async () => {
    const clock = new ManualClock();
    const storage = new KeptStorage({ now: () => clock.now() });
    const seen: unknown[] = [];
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const long = () =>
      oneNode(({ attempt, lastHeartbeat, heartbeat }) => {
        seen.push([attempt, lastHeartbeat]);
        if (attempt > 1) return lastHeartbeat;
        heartbeat({ done: 1 });
        heartbeat({ done: 2 });
        start();
        return new Promise(() => undefined);
      });
    await withMaestro({ clock, storage }, async (maestro) => {
      const run = await maestro.start(long(), { input: {}, id: "r" });
      run.result().catch(() => undefined);
      await started;
      await settle();
      clock.advance(1_000);
      await settle();
      setTimeout(() => clock.advance(8_000), 5);
    });
    await withMaestro({ clock, storage }, async (maestro) => {
      const again = long();
      maestro.register(again);
      const { status, output } = await (await maestro.resume("r")).result();
      assert.deepEqual([status, output], ["completed", { work: { done: 2 } }]);
    });
    assert.deepEqual(seen, [[1, undefined], [2, { done: 2 }]]);
  });

  it("goes on where a process was that was killed", async () => {
    await withScratch(async (scratch) => {
      const path = scratch.path();
      const script = fileURLToPath(new URL("killed_import.ts", import.meta.url));
      const child = spawn(process.execPath, [...scriptArguments(), script, path], {
        stdio: ["ignore", "ignore", "inherit"],
        timeout: 20_000,
      });
      const signal = await new Promise((resolve) => child.on("exit", (_code, killedBy) => resolve(killedBy)));
      assert.equal(signal, "SIGKILL");
      await withMaestro({ storage: await openStorage(`sqlite:${path}`) }, async (maestro) => {
        maestro.register(importRows(() => undefined));
        const { status, output } = await (await maestro.resume("r1")).result();
        assert.deepEqual([status, output], ["completed", { rows: { from: 40, attempt: 2 } }]);
      });
    });
  });

  it("keeps no secret that the call was given", async () => {
    const kept: unknown[] = [];
    await withMaestro({
      secrets: () => "s3cret",
      onEvent: ({ entry }) => {
        if (entry.type === "step_heartbeat") kept.push(entry.details);
      },
      functions: {
        shop: {
          Do: (input, { attempt, heartbeat, lastHeartbeat }) => {
            if (attempt === 2) return kept.push(lastHeartbeat);
            heartbeat({ key: `it is ${String(input)}` });
            throw new Error("again");
          },
        },
      },
    }, async (maestro) => {
      const text = shop('id: a, method: Do, input: "{{ secrets.KEY }}", retry: { attempts: 2, initial: 1ms }');
      const { workflow } = await maestro.load({ file: "a.yaml", text });
      assert(workflow !== undefined);
      assert.equal((await (await maestro.start(workflow, { input: {} })).result()).status, "completed");
    });
    assert.deepEqual(kept, Array(2).fill({ key: "it is [secret]" }));
  });

  it("is ignored once the attempt has ended", async () => {
    const calls: NodeCall[] = [];
    const heard: unknown[] = [];
    const late = oneNode((call) => {
      calls[0]?.heartbeat("late");
      heard.push(call.lastHeartbeat);
      calls.push(call);
      if (call.attempt < 3) throw new Error("again");
    }, { attempts: 3 });
    await withMaestro({}, async (maestro) => (await maestro.start(late, { input: {} })).result());
    assert.deepEqual(heard, [undefined, undefined, undefined]);
  });
});

describe("heartbeatTimeout", () => {
  it("fails an attempt that gives no sign of life, and lets one go on that does", async () => {
    const codes: string[] = [];
    const onEvent = ({ entry }: RunEvent): void => {
      if (entry.type === "attempt_failed") codes.push(`${entry.failure.code} ${entry.class}`);
    };
    const clock = new ManualClock();
    const long = oneNode(async ({ attempt, signal, heartbeat }) => {
      if (attempt === 1) return await untilAborted(signal);
      for (let minute = 0; minute < 10; minute++) {
        heartbeat(minute);
        await new Promise<void>((resolve) => clock.after(50_000, resolve));
      }
      return "done";
    }, { heartbeatTimeout: "1m", attempts: 2 });
    const result = await withMaestro({ clock, onEvent }, async (maestro) => {
      const run = await maestro.start(long, { input: {} });
      const ended = run.result();
      let isOver = false;
      void ended.then(() => isOver = true);
      while (!isOver) {
        await settle();
        clock.advance(10_000);
      }
      return await ended;
    });
    assert.deepEqual([result.status, result.output, codes], ["completed", { work: "done" }, [
      "heartbeat_timeout unknown",
    ]]);
  });

  it("leaves the step unknown where no try is left", async () => {
    const hung = oneNode(() => new Promise(() => undefined), { heartbeatTimeout: "2ms" });
    const { error, steps } = await withMaestro(
      {},
      async (maestro) => await (await maestro.start(hung, { input: {} })).result(),
    );
    assert.deepEqual([error?.code, error?.step, error?.message], [
      "heartbeat_timeout",
      "dag/work",
      "It gave no sign of life for 2ms",
    ]);
    assert.equal(steps.find(({ id }) => id === "dag/work")?.status, "unknown");
  });

  it("is checked with the rest of a DAG", () => {
    assert.throws(() => oneNode(() => null, { heartbeatTimeout: "soon" }), /The heartbeat timeout of node "work"/);
  });
});

describe("the journal", () => {
  it("keeps heartbeats, and what they belong to is not taken for settled", () => {
    const beat: Entry = { type: "step_heartbeat", step: "a", details: [1] };
    const turn = { time: 1, entries: [beat] };
    assert.deepEqual(decodeTurn(encodeTurn(turn)), turn);
    const completed: Entry = { type: "step_completed", step: "a", output: 1, attempts: 1 };
    const failed: Entry = { type: "step_failed", step: "b", failure: failure("x", "x"), attempts: 1 };
    const { kept } = effectiveTurns([
      turn,
      { time: 2, entries: [failed] },
      { time: 3, entries: [completed] },
      { time: 4, entries: [{ type: "resume_requested", step: "b", children: [] }] },
    ]);
    assert.deepEqual(kept, [completed]);
  });
});
