import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Redactor } from "../../src/base/redact.ts";
import { LineProgress } from "../../src/cli/progress/line_progress.ts";

describe("LineProgress", () => {
  it("speaks of an undo that is left out as of the others", () => {
    let text = "";
    const size = () => ({ columns: 80, rows: 24 });
    const progress = new LineProgress({ isTerminal: false, size, write: (part) => text += part }, new Redactor());
    progress.onEvent({
      runId: "r",
      workflow: "w",
      time: 5,
      entry: { type: "step_skipped", step: "pay/compensate", kind: "compensation", reason: "condition" },
    });
    assert.equal(text, "  +0.005s  pay: undoing skipped\n");
  });
});
