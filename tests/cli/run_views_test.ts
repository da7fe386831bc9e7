import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { helpfulCommand } from "../../src/cli/command_hint.ts";
import { runDetailsJson } from "../../src/cli/run_json.ts";
import { createStyle } from "../../src/cli/style.ts";
import { drawRun } from "../../src/cli/view/run_page.ts";
import { drawRuns } from "../../src/cli/view/run_table.ts";
import { drawTable } from "../../src/cli/view/table.ts";
import { explainRun } from "../../src/explain_run.ts";
import { golden } from "./golden.ts";
import { call, completed, details, failed, STARTED, storedRun } from "./journals.ts";

const NOW = STARTED + 90_000;
const style = createStyle(false);
const conflict = failed("http_409", "HTTP 409 from POST /ship: no stock", "ship");

const wide = details(
  {
    status: "compensation_failed",
    cause: "error",
    error: conflict,
    finishedAt: STARTED + 5_000,
    owner: null,
    attributes: { customer: "Ada\u001b[31m", total: 12.5 },
  },
  [1, { type: "block_opened", step: "each", kind: "foreach" }, call("each[0]/pack", { input: { item: "tea" } })],
  [20, completed("each[0]/pack", { box: 7, note: "x".repeat(300) })],
  [30, { type: "step_skipped", step: "each[1]/pack", kind: "call", reason: "condition" }],
  [40, { type: "block_closed", step: "each", kind: "foreach", status: "completed" }, call("ship")],
  [50, { type: "attempt_failed", step: "ship", attempt: 1, failure: conflict, class: "permanent" }],
  [60, { type: "step_failed", step: "ship", failure: conflict, attempts: 2 }],
  [70, call("each[0]/pack/compensate", { undoes: "each[0]/pack" })],
  [90, { type: "step_failed", step: "each[0]/pack/compensate", failure: failed("http_403", "no"), attempts: 5 }],
  [95, {
    type: "run_finished",
    status: "compensation_failed",
    cause: "error",
    output: null,
    error: conflict,
    rollback: { undone: [], notUndone: ["each[0]/pack"], unknown: [] },
  }],
);

describe("drawRuns()", () => {
  it("shows a line for each run, cut to the terminal", () => {
    const runs = [
      storedRun({ id: "0195-a", status: "running" }),
      storedRun({ id: "0195-b", status: "running", owner: null }),
      storedRun({ id: "0195-c", status: "waiting", wakeAt: STARTED + 100_000 }),
      storedRun({ id: "0195-d", status: "waiting", owner: null }),
      storedRun({ id: "0195-e", status: "paused", pause: { reason: "past_pivot", message: "Step ship failed" } }),
      storedRun({ id: "0195-f", status: "completed", finishedAt: STARTED + 1_250 }),
      storedRun({ id: "0195-g", status: "failed", finishedAt: STARTED + 50, error: conflict, cause: "error" }),
      storedRun({ id: "0195-h", status: "cancelled", finishedAt: STARTED + 50, error: conflict, cause: "cancelled" }),
      storedRun({ id: "0195-i", parent: { runId: "0195-a", step: "bill" }, workflow: "bill\u001b[31m\n" }),
    ];
    golden("runs.txt", drawRuns(runs, { style, now: NOW }) + drawRuns(runs, { style, now: NOW, columns: 90 }));
  });
});

describe("drawTable()", () => {
  it("lines up wide characters and cuts the last column only", () => {
    const rows = [[{ text: "注文" }, { text: "abcdefgh" }], [{ text: "a" }, { text: "b" }]];
    assert.equal(drawTable(["X", "Y"], rows, { style, columns: 10 }), "X     Y\n注文  abc…\na     b\n");
  });
});

describe("drawRun()", () => {
  it("shows a run with its steps, what they sent and got, and what helps", () => {
    const explanation = explainRun(wide, { now: NOW });
    const command = (args: readonly string[]): string =>
      helpfulCommand({ storeFlags: ["--store", "sqlite:my runs.db"] }, args);
    golden("run.txt", drawRun(wide, { style, columns: 100, now: NOW, explanation, command }));
  });
});

describe("runDetailsJson()", () => {
  it("is the object of execute, and more", () => {
    const json = JSON.parse(JSON.stringify(runDetailsJson(wide)));
    assert.deepEqual(Object.keys(json).slice(0, 10), [
      ...["run_id", "workflow", "version", "status", "cause", "output", "error", "started_at", "finished_at", "steps"],
    ]);
    assert.deepEqual(Object.keys(json.steps[0]).slice(0, 7), [
      ...["id", "status", "attempts", "started_at", "finished_at", "error", "compensation"],
    ]);
    const pack = json.steps.find(({ id }: { id: string }) => id === "each[0]/pack");
    assert.deepEqual(pack.input, { item: "tea" });
    assert.equal(pack.output.note.length, 300);
    assert.deepEqual(json.rollback, { undone: [], not_undone: ["each[0]/pack"], unknown: [] });
    assert.deepEqual(json.waits_for, []);
  });

  it("tells what a run waits for", () => {
    const waiting = details({ status: "waiting" }, [
      1,
      { type: "block_opened", step: "approve", kind: "wait_for" },
      { type: "signal_awaited", step: "approve", signal: "approved" },
    ]);
    assert.deepEqual(runDetailsJson(waiting)["waits_for"], [
      { kind: "signal", step: "approve", since: "2026-03-01T12:00:00.001Z", signal: "approved" },
    ]);
  });
});

describe("helpfulCommand()", () => {
  it("quotes what a shell would take apart", () => {
    assert.equal(helpfulCommand({ storeFlags: [] }, ["runs", "show", "it's $x"]), `maestro runs show 'it'\\''s $x'`);
  });
});
