import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Redactor } from "../../src/base/redact.ts";
import { ChildEvents } from "../../src/cli/progress/child_events.ts";
import { LineProgress } from "../../src/cli/progress/line_progress.ts";
import { RunTree } from "../../src/cli/progress/run_tree.ts";
import { drawTree } from "../../src/cli/progress/tree_view.ts";
import type { RunEvent } from "../../src/cli/run_events.ts";
import { createStyle } from "../../src/cli/style.ts";
import type { Entry } from "../../src/engine/journal.ts";
import { golden } from "./golden.ts";
import { call, completed, failed, STARTED, started } from "./journals.ts";

const CHILD = "order-1/bill";
const error = failed("http_409", "no stock", "ship");

const childEnd = { runId: CHILD, output: null, error: null, isUndoable: true };

/** A run that sleeps, waits for a signal and for a child, and is rolled back. */
const STORY: readonly (readonly [time: number, runId: string, entry: Entry])[] = [
  [0, "order-1", started],
  [1, "order-1", { type: "block_opened", step: "rest", kind: "sleep" }],
  [1, "order-1", { type: "timer_set", timer: "rest!sleep", due: STARTED + 10 }],
  [1, "order-1", { type: "timer_set", timer: "rest!timeout", due: STARTED + 99 }],
  [10, "order-1", { type: "timer_fired", timer: "rest!sleep" }],
  [10, "order-1", { type: "block_closed", step: "rest", kind: "sleep", status: "completed" }],
  [11, "order-1", { type: "block_opened", step: "bill", kind: "workflow" }],
  [11, "order-1", { type: "child_scheduled", step: "bill", runId: CHILD, workflow: "bill", action: "run", input: {} }],
  [12, CHILD, { ...started, workflow: "bill" } as Entry],
  [13, CHILD, call("charge")],
  [14, CHILD, completed("charge")],
  [15, CHILD, {
    type: "run_finished",
    status: "completed",
    cause: null,
    output: null,
    error: null,
    rollback: { undone: [], notUndone: [], unknown: [] },
  }],
  [16, "order-1", { type: "child_finished", step: "bill", child: { ...childEnd, status: "completed" } }],
  [16, "order-1", { type: "block_closed", step: "bill", kind: "workflow", status: "completed" }],
  [17, "order-1", { type: "block_opened", step: "approve", kind: "wait_for" }],
  [17, "order-1", { type: "signal_awaited", step: "approve", signal: "approved" }],
  [18, "order-1", { type: "signal_received", name: "approved", data: 1, id: "a" }],
  [18, "order-1", { type: "signal_refused", step: "approve", signal: "approved", reason: "it must be a map" }],
  [19, "order-1", { type: "cancel_requested", reason: "cancelled" }],
  [20, "order-1", { type: "rollback_started", cause: "cancelled", error, steps: 1 }],
  [21, "order-1", {
    type: "child_scheduled",
    step: "bill/compensate",
    runId: CHILD,
    workflow: "",
    action: "undo",
    input: null,
    compensates: "bill",
  }],
  [22, CHILD, call("charge/compensate", { undoes: "charge" })],
  [23, CHILD, completed("charge/compensate")],
  [24, "order-1", { type: "child_finished", step: "bill/compensate", child: { ...childEnd, status: "compensated" } }],
  [25, "order-1", {
    type: "run_finished",
    status: "compensated",
    cause: "cancelled",
    output: null,
    error,
    rollback: { undone: ["bill"], notUndone: [], unknown: [] },
  }],
];

function events(until = Infinity): readonly RunEvent[] {
  return STORY.filter(([time]) => time <= until).map(([time, runId, entry]) => ({
    runId,
    workflow: runId === CHILD ? "bill" : "order",
    time: STARTED + time,
    entry,
  }));
}

describe("progress", () => {
  it("tells of waiting and of children line by line, but not again of the past", () => {
    let text = "";
    const stream = {
      isTerminal: false,
      size: () => ({ columns: 80, rows: 24 }),
      write: (part: string) => void (text += part),
    };
    const lines = new LineProgress(stream, new Redactor());
    for (const event of events()) lines.onEvent(event);
    golden("waiting_lines.txt", text);
    text = "";
    const resumed = new LineProgress(stream, new Redactor());
    for (const event of events(14)) resumed.onEvent({ ...event, isPast: true });
    assert.equal(text, "");
    for (const event of events().slice(events(14).length)) resumed.onEvent(event);
    assert.match(text, /^ +\+0\.016s {2}bill: run order-1\/bill completed\n/);
  });

  it("draws what a run waits for, and children below their steps", () => {
    const draw = (until: number): string => {
      const tree = new RunTree();
      for (const event of events(until)) tree.apply(event);
      return `${
        drawTree(tree, { style: createStyle(false), columns: 90, rows: 40, now: STARTED + until }).join("\n")
      }\n\n`;
    };
    golden("waiting_tree.txt", [5, 13, 17, 25].map(draw).join(""));
  });
});

describe("ChildEvents", () => {
  it("passes over runs that have nothing to do with the first", () => {
    const children = new ChildEvents();
    const [first, ...rest] = events();
    children.place(first!);
    assert.equal(children.place({ ...rest[0]!, runId: "another" }), undefined);
  });
});
