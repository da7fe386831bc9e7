import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StepFailedError } from "../../src/engine/failure.ts";
import { DEFAULT_RETRY } from "../../src/engine/retry.ts";
import { broken, define, ok, play, step, undoable, untilAborted } from "./harness.ts";

const FAST = { ...DEFAULT_RETRY, initialMs: 1 };

describe("a run", () => {
  it("undoes what completed, newest first, when a step fails", async () => {
    const { finished, calls } = await play(
      define(async (context) => {
        await context.step(undoable("a"));
        await context.step(undoable("b"));
        await context.step(step("c"));
        return null;
      }),
      ({ step }) => step === "c" ? broken("NOT_FOUND") : ok(),
    );
    assert.deepEqual(calls, ["a", "b", "c", "b/compensate", "a/compensate"]);
    assert.equal(finished.status, "compensated");
    assert.equal(finished.cause, "error");
    assert.equal(finished.error?.step, "c");
    assert.deepEqual(finished.rollback, { undone: ["b", "a"], notUndone: [], unknown: [] });
  });

  it("orders the undo by completion over all branches, not by the order of the code", async () => {
    const { calls } = await play(
      define(async (context) => {
        await Promise.all([context.step(undoable("slow")), context.step(undoable("fast"))]);
        await context.step(step("bad"));
        return null;
      }),
      async ({ step }) => {
        if (step === "slow") await new Promise((resolve) => setTimeout(resolve, 20));
        return step === "bad" ? broken("NOT_FOUND") : ok();
      },
    );
    assert.deepEqual(calls.slice(3), ["slow/compensate", "fast/compensate"]);
  });

  it("tries the other compensations when one fails, and lists exactly what is left", async () => {
    const { finished, calls } = await play(
      define(async (context) => {
        for (const path of ["a", "b", "c"]) await context.step(undoable(path));
        throw new StepFailedError({ code: "stop", message: "stop", step: null, status: null, details: null });
      }),
      ({ step }) => step === "b/compensate" ? broken("NOT_FOUND") : ok(),
    );
    assert.deepEqual(calls.slice(3), ["c/compensate", "b/compensate", "a/compensate"]);
    assert.equal(finished.status, "compensation_failed");
    assert.deepEqual(finished.rollback, { undone: ["c", "a"], notUndone: ["b"], unknown: [] });
  });

  it("counts an error while a compensation is prepared as one that failed", async () => {
    const { finished } = await play(
      define(async (context) => {
        const prepare = (): never => {
          throw new Error("no such name");
        };
        await context.step(step("a", { compensation: { onUnknown: false, prepare } }));
        await context.step(step("b"));
        return null;
      }),
      ({ step }) => step === "b" ? broken("NOT_FOUND") : ok(),
    );
    assert.deepEqual(finished.rollback.notUndone, ["a"]);
  });

  it("is failed, not compensated, when there was nothing to undo", async () => {
    const { finished } = await play(
      define(async (context) => (await context.step(step("a"))).output),
      () => broken("x"),
    );
    assert.equal(finished.status, "failed");
  });

  it("that is cancelled lets a step that can be undone finish its attempt, and cuts the others off", async () => {
    const ends: string[] = [];
    const { finished, calls } = await play(
      define(async (context) => {
        await Promise.all([context.step(undoable("undoable")), context.step(step("plain"))]);
        return null;
      }),
      async ({ step }, context) => {
        if (step === "undoable") await new Promise((resolve) => setTimeout(resolve, 30));
        const result = step === "plain" ? await untilAborted(context) : ok();
        ends.push(`${step} ${context.signal.aborted}`);
        return result;
      },
      { onStarted: (live) => setTimeout(() => live.cancel(), 10) },
    );
    assert.deepEqual(ends, ["plain true", "undoable false", "undoable/compensate false"]);
    assert.equal(calls.at(-1), "undoable/compensate");
    assert.equal(finished.status, "compensated");
    assert.equal(finished.cause, "cancelled");
  });

  it("that passes its timeout is rolled back, whatever hangs", async () => {
    const { finished, calls } = await play(
      define(async (context) => {
        await context.step(undoable("a"));
        await Promise.all([context.step(step("hangs")), context.step(step("hangs too"))]);
        return null;
      }, { timeoutMs: 30 }),
      ({ step }, context) => step.startsWith("hangs") ? untilAborted(context) : ok(),
    );
    assert.equal(finished.cause, "timeout");
    assert.equal(finished.error?.code, "timeout");
    assert.equal(calls.at(-1), "a/compensate");
  });

  it("that passes its timeout in the middle of a step that can be undone waits for its outcome", async () => {
    const { finished, calls } = await play(
      define(async (context) => (await context.step(undoable("late"))).output, { timeoutMs: 10 }),
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 40));
        return ok();
      },
    );
    assert.deepEqual(calls, ["late", "late/compensate"]);
    assert.equal(finished.status, "compensated");
  });

  it("is not kept from its rollback by a cancellation that comes meanwhile", async () => {
    const { finished } = await play(
      define(async (context) => {
        await context.step(undoable("a"));
        await context.step(step("b"));
        return null;
      }),
      async ({ step }, context) => {
        if (step === "b") return broken("x");
        if (step === "a/compensate") await new Promise((resolve) => setTimeout(resolve, 30));
        return context.signal.aborted ? broken("cancelled") : ok();
      },
      { onStarted: (live) => setTimeout(() => live.cancel(), 15) },
    );
    assert.equal(finished.status, "compensated");
    assert.equal(finished.cause, "error");
  });
});

describe("a step", () => {
  it("is retried while its errors are transient, with the same key", async () => {
    const keys = new Set<string>();
    let attempt = 0;
    const { finished } = await play(
      define(async (context) => (await context.step(step("a", { retry: { ...FAST, attempts: 3 } }))).output),
      (_spec, context) => {
        keys.add(context.idempotencyKey);
        return ++attempt < 3 ? broken("http_503", "transient") : ok("yes");
      },
    );
    assert.equal(finished.output, "yes");
    assert.equal(keys.size, 1);
  });

  it("is not retried after a permanent error", async () => {
    const retry = { ...FAST, attempts: 3 };
    const { calls } = await play(
      define(async (context) => (await context.step(step("a", { retry }))).output),
      () => broken("x"),
    );
    assert.equal(calls.length, 1);
  });

  it("stays unknown after one unknown attempt, whatever errors follow", async () => {
    let attempt = 0;
    const { finished } = await play(
      define(async (context) => (await context.step(undoable("a", { retry: { ...FAST, attempts: 2 } }))).output),
      () => ++attempt === 1 ? broken("http_500", "unknown") : broken("http_404"),
    );
    assert.equal(finished.status, "compensation_failed");
    assert.deepEqual(finished.rollback.unknown, ["a"]);
  });

  it("that is unknown is undone where its compensation wants that, and a 404 then means undone", async () => {
    const { finished } = await play(
      define(async (context) => (await context.step(undoable("a", {}, true))).output),
      ({ step }) => step === "a" ? broken("http_500", "unknown") : broken("http_404"),
    );
    assert.equal(finished.status, "compensated");
  });

  it("without a compensation simply fails when it is unknown", async () => {
    const { finished } = await play(
      define(async (context) => (await context.step(step("a"))).output),
      () => broken("http_500", "unknown"),
    );
    assert.equal(finished.status, "failed");
  });

  it("waits as long as the service asks", async () => {
    let attempt = 0;
    const { journal } = await play(
      define(async (context) => (await context.step(step("a", { retry: { ...FAST, attempts: 2 } }))).output),
      () => ++attempt === 1 ? { ...broken("http_429", "transient"), retryAfterMs: 17 } as never : ok(),
    );
    const note = journal.flatMap(({ entries }) => entries).find((entry) => entry.type === "attempt_failed");
    assert.equal(note?.type === "attempt_failed" && note.retryInMs, 17);
  });

  it("fails at once with its last error when the next delay would pass its timeout", async () => {
    const retry = { ...DEFAULT_RETRY, attempts: 5, initialMs: 60_000, maxMs: 60_000 };
    const { finished } = await play(
      define(async (context) => (await context.step(step("a", { retry, timeoutMs: 5_000 }))).output),
      () => broken("UNAVAILABLE", "transient"),
    );
    assert.equal(finished.error?.code, "UNAVAILABLE");
  });

  it("ends with timeout when its limit passes during an attempt", async () => {
    const { finished } = await play(
      define(async (context) => (await context.step(step("a", { timeoutMs: 20 }))).output),
      (_spec, context) => untilAborted(context),
    );
    assert.equal(finished.error?.code, "timeout");
  });

  it("learns the earliest limit around it as its deadline", async () => {
    let deadline: number | undefined;
    const started = Date.now();
    await play(
      define(
        (context) =>
          context.withScope(
            { timer: "t", timeoutMs: 5_000 },
            async (inner) => (await inner.step(step("a", { timeoutMs: 60_000 }))).output,
          ),
        { timeoutMs: 30_000 },
      ),
      (_spec, context) => {
        deadline = context.deadline;
        return ok();
      },
    );
    assert.ok(deadline !== undefined && deadline >= started + 5_000 && deadline < started + 20_000);
  });

  it("reports the earliest outcome only: what comes after the end of the run is dropped", async () => {
    const { finished, journal } = await play(
      define(async (context) => {
        await Promise.race([context.step(step("fast")), context.step(step("slow"))]);
        return "done";
      }),
      ({ step }, context) => step === "fast" ? ok() : untilAborted(context),
    );
    assert.equal(finished.status, "completed");
    const entries = journal.flatMap((turn) => turn.entries);
    assert.equal(entries.at(-1)?.type, "run_finished");
    assert.equal(entries.some((entry) => entry.type === "step_cancelled" && entry.step === "slow"), true);
  });
});
