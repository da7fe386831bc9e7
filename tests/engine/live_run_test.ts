import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JournalTurn } from "../../src/engine/journal.ts";
import type { LiveRun } from "../../src/engine/live_run.ts";
import type { CommitTurnRequest } from "../../src/engine/storage.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { define, ok, play, step, undoable } from "./harness.ts";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Memory whose commits fail from a certain one on. */
class FailingStorage extends MemoryStorage {
  #left: number;

  constructor(commits: number) {
    super();
    this.#left = commits;
  }

  override commitTurn(request: CommitTurnRequest): Promise<void> {
    return this.#left-- === 0 ? Promise.reject(new Error("disk is gone")) : super.commitTurn(request);
  }
}

function typesOf(journal: readonly JournalTurn[]): string[] {
  return journal.flatMap(({ entries }) =>
    entries.map((entry) => "step" in entry ? `${entry.type} ${entry.step}` : entry.type)
  );
}

describe("a live run", () => {
  it("writes nothing after a commit that failed, so that no hole is left in the journal", async () => {
    const storage = new FailingStorage(0);
    const started = Promise.withResolvers<LiveRun>();
    const playing = play(
      define(async (context) => {
        const both = [context.step(step("a")).then(() => context.step(step("a2"))), context.step(step("b"))];
        await Promise.all(both);
        return null;
      }),
      async ({ step }) => {
        await pause(step === "a" ? 5 : 25);
        return ok();
      },
      { storage, onStarted: started.resolve },
    );
    await assert.rejects(playing, /disk is gone/);
    await pause(40);
    assert.deepEqual(typesOf((await storage.readJournal({ runId: "run" })).turns), [
      "run_started",
      "step_scheduled a",
      "step_scheduled b",
    ]);
  });

  it("that is suspended keeps the answers that come in time, and starts nothing on them", async () => {
    const storage = new MemoryStorage();
    const playing = play(
      define(async (context) => {
        await context.step(undoable("a"));
        await context.step(step("b"));
        return null;
      }),
      async () => {
        await pause(20);
        return ok();
      },
      { storage, onStarted: (live) => setTimeout(() => void live.suspend(), 5) },
    );
    await assert.rejects(playing, /suspended/);
    assert.deepEqual(typesOf((await storage.readJournal({ runId: "run" })).turns), [
      "run_started",
      "step_scheduled a",
      "step_completed a",
      "step_scheduled b",
      "run_suspended",
    ]);
    assert.equal((await storage.findRun({ runId: "run" }))?.status, "running");
  });

  it("that ends while it is suspended has ended", async () => {
    const { finished } = await play(
      define(async (context) => (await context.step(step("a"))).output),
      async () => {
        await pause(20);
        return ok("done");
      },
      { onStarted: (live) => setTimeout(() => void live.suspend(), 5) },
    );
    assert.equal(finished.output, "done");
  });

  it("that is suspended abandons calls that do not answer, and writes no outcome for them", async () => {
    const storage = new MemoryStorage();
    let elapse: (() => void) | undefined;
    const clock = {
      now: () => 0,
      after: (_ms: number, callback: () => void) => {
        elapse = callback;
        return () => undefined;
      },
    };
    const playing = play(
      define(async (context) => (await context.step(step("a"))).output),
      (_spec, context) => new Promise((resolve) => context.signal.addEventListener("abort", () => resolve(ok()))),
      {
        storage,
        clock,
        onStarted: (live) => {
          void live.suspend();
          elapse?.();
        },
      },
    );
    await assert.rejects(playing, /suspended/);
    await pause(10);
    assert.deepEqual(typesOf((await storage.readJournal({ runId: "run" })).turns), ["run_started", "step_scheduled a"]);
  });
});
