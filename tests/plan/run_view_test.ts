import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { failure } from "../../src/engine/failure.ts";
import type { Entry } from "../../src/engine/journal.ts";
import { foldSteps, type StepView } from "../../src/plan/run_view.ts";

/** Folds entries, each in a turn of its own; the first at time 1. */
function fold(...entries: readonly Entry[]): StepView[] {
  return foldSteps(entries.map((entry, index) => ({ time: index + 1, entries: [entry] })));
}

/** Parts of the only step. */
function only<K extends keyof StepView>(keys: readonly K[], entries: readonly Entry[]): unknown[] {
  const [step, ...others] = fold(...entries);
  assert.deepEqual(others, []);
  return keys.map((key) => step![key]);
}

const open = (step: string, kind: string): Entry => ({ type: "block_opened", step, kind });
const close = (step: string, kind: string): Entry => ({ type: "block_closed", step, kind, status: "completed" });
const call = (step: string, request: Extract<Entry, { type: "step_scheduled" }>["request"] = null): Entry => ({
  type: "step_scheduled",
  step,
  service: "svc",
  method: "M",
  request,
});
const undo = (step: string, compensates: string): Entry => ({
  type: "step_scheduled",
  step,
  compensates,
  service: "svc",
  method: "U",
  request: null,
});
const done = (step: string, output: string | null = null): Entry => ({
  type: "step_completed",
  step,
  output,
  attempts: 1,
});
const failed = (step: string): Entry => ({ type: "step_failed", step, failure: BROKEN, attempts: 2 });
const BROKEN = failure("broken", "It is broken");
const childOf = (step: string, more: Partial<Extract<Entry, { type: "child_scheduled" }>> = {}): Entry => ({
  type: "child_scheduled",
  step,
  runId: `r/${step}`,
  workflow: "bill",
  action: "run",
  input: { n: 1 },
  ...more,
});
const childEnd = (step: string, status: "completed" | "failed" | "compensated" | "compensation_failed"): Entry => ({
  type: "child_finished",
  step,
  child: { runId: `r/${step}`, status, output: "paid", error: null, isUndoable: true },
});

describe("foldSteps() shows what a step waits for", () => {
  const waiting = ["status", "waitsFor", "waitsUntil"] as const;

  it("a time", () => {
    const slept: Entry[] = [open("a", "sleep"), { type: "timer_set", timer: "a!sleep", due: 99 }];
    assert.deepEqual(only(waiting, slept), ["waiting", null, 99]);
    slept.push({ type: "timer_fired", timer: "a!sleep" });
    assert.deepEqual(only(waiting, slept), ["running", null, null]);
    assert.deepEqual(only(waiting, [...slept, close("a", "sleep")]), ["completed", null, null]);
  });

  it("the next round", () => {
    const between: Entry[] = [open("a", "repeat"), { type: "timer_set", timer: "a[0]!every", due: 99 }];
    assert.deepEqual(only(waiting, between), ["waiting", null, 99]);
    assert.deepEqual(only(waiting, [...between, { type: "timer_fired", timer: "a[0]!every" }]), [
      "running",
      null,
      null,
    ]);
  });

  it("a signal, and when it gives up", () => {
    const waits: Entry[] = [
      open("a", "wait_for"),
      { type: "timer_set", timer: "a!timeout", due: 99 },
      { type: "signal_awaited", step: "a", signal: "go" },
    ];
    assert.deepEqual(only(waiting, waits), ["waiting", "go", 99]);
    const came: Entry[] = [
      { type: "signal_received", name: "go", data: 1, id: "1" },
      { type: "signal_refused", step: "a", signal: "go", reason: "no text" },
      { type: "signal_received", name: "go", data: "yes", id: "2" },
      close("a", "wait_for"),
    ];
    assert.deepEqual(only([...waiting, "output"], [...waits, ...came]), ["completed", null, null, "yes"]);
  });

  it("the next attempt, of a call and of a child", () => {
    const again = { attempt: 1, failure: BROKEN, class: "transient", retryInMs: 50 } as const;
    const retried: Entry[] = [call("a"), { type: "attempt_failed", step: "a", ...again }];
    assert.deepEqual(only([...waiting, "attempts"], retried), ["retrying", null, 52, 1]);
    const child: Entry[] = [
      open("a", "workflow"),
      childOf("a"),
      childEnd("a", "failed"),
      { type: "attempt_failed", step: "a", ...again },
      { type: "timer_set", timer: "a!retry1", due: 54 },
    ];
    assert.deepEqual(only([...waiting, "attempts"], child), ["retrying", null, 54, 1]);
    child.push(
      { type: "timer_fired", timer: "a!retry1" },
      { type: "attempt_started", step: "a", attempt: 2 },
      childOf("a!2"),
    );
    assert.deepEqual(only([...waiting, "attempts", "childRun"], child), ["running", null, null, 2, "r/a!2"]);
    child.push(childEnd("a!2", "completed"), close("a", "workflow"));
    assert.deepEqual(only(["status", "attempts", "output", "input"], child), ["completed", 2, "paid", { n: 1 }]);
  });
});

describe("foldSteps() shows what was sent and what came back", () => {
  it("the input alone where there is nothing else, and no secret", () => {
    const deferred = [{ at: ["headers", "A"], text: "Bearer {{ secrets.T }}", scope: {}, now: 0, random: [] }];
    const request = { input: { n: 1 }, headers: { A: null } };
    assert.deepEqual(only(["input"], [call("a", { method: "M", request: { input: { n: 1 } } })]), [{ n: 1 }]);
    assert.deepEqual(only(["input"], [call("a", { method: "M", request: {} })]), [null]);
    assert.deepEqual(only(["input"], [call("a", { method: "M", request, deferred })]), [
      { input: { n: 1 }, headers: { A: "Bearer {{ secrets.T }}" } },
    ]);
    assert.deepEqual(only(["output"], [call("a"), done("a", "yes")]), ["yes"]);
  });
});

describe("foldSteps() shows how a step was undone", () => {
  it("at the last try", () => {
    const tries: Entry[] = [call("a"), done("a"), undo("a/compensate", "a"), failed("a/compensate")];
    assert.deepEqual(only(["status"], tries), ["compensation_failed"]);
    const again = [...tries, undo("a/compensate!2", "a"), done("a/compensate!2", "x")];
    const [step] = fold(...again);
    assert.deepEqual([step!.status, step!.compensation?.status, step!.output], ["compensated", "completed", null]);
  });

  it("also where it was refused or passed over", () => {
    const before = [call("a"), done("a")];
    const refused: Entry = { type: "block_closed", step: "a/compensate!3", kind: "compensation", status: "failed" };
    const skipped: Entry = { type: "step_skipped", step: "a/compensate", kind: "compensation", reason: "condition" };
    assert.equal(fold(...before, refused)[0]!.status, "compensation_failed");
    assert.equal(fold(...before, skipped)[0]!.compensation?.status, "skipped");
  });

  it("by the child itself", () => {
    const before = [open("a", "workflow"), childOf("a"), childEnd("a", "completed"), close("a", "workflow")];
    const asked = childOf("a/compensate", { action: "undo", compensates: "a", input: null });
    assert.deepEqual(only(["status", "childRun"], [...before, asked]), ["compensating", "r/a"]);
    assert.deepEqual(only(["status"], [...before, asked, childEnd("a/compensate", "compensated")]), ["compensated"]);
    const broken = [...before, asked, childEnd("a/compensate", "compensation_failed")];
    assert.deepEqual(only(["status", "output"], broken), ["compensation_failed", "paid"]);
  });

  it("after the service was asked whether there is anything to undo", () => {
    const before: Entry[] = [call("a"), { type: "step_unknown", step: "a", failure: BROKEN, attempts: 1 }];
    const asked = (isDone: boolean): Entry => ({ type: "reconciled", step: "a", isDone });
    assert.deepEqual(only(["status"], [...before, asked(false)]), ["failed"]);
    assert.deepEqual(only(["status"], [...before, asked(true), undo("a/compensate", "a")]), ["compensating"]);
  });
});

describe("foldSteps() on a run that goes on", () => {
  it("has what was in flight under way again after a crash", () => {
    const before: Entry[] = [
      call("a"),
      { type: "attempt_failed", step: "a", attempt: 1, failure: BROKEN, class: "transient", retryInMs: 5 },
    ];
    assert.deepEqual(only(["status"], [...before, { type: "run_recovered", inFlight: ["a"] }]), ["running"]);
  });

  it("forgets the failure that a person let it put behind itself", () => {
    const before: Entry[] = [call("a"), done("a"), open("b", "group"), call("b/c"), failed("b/c")];
    const paused: Entry[] = [
      { type: "block_closed", step: "b", kind: "group", status: "failed", failure: BROKEN },
      { type: "run_paused", pause: { reason: "past_pivot", message: "It failed" }, error: BROKEN, cause: "error" },
    ];
    const statuses = (...entries: Entry[]): string[] => fold(...entries).map(({ status }) => status);
    assert.deepEqual(statuses(...before, ...paused), ["completed", "failed", "failed"]);
    assert.deepEqual(statuses(...before, ...paused, { type: "resume_requested", step: "b/c", children: [] }), [
      "completed",
      "running",
      "running",
    ]);
  });
});
