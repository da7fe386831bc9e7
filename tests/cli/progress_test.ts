import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCli } from "../../src/cli/cli.ts";
import { Redactor } from "../../src/base/redact.ts";
import { LineProgress } from "../../src/cli/progress/line_progress.ts";
import { LiveRegion } from "../../src/cli/progress/live_region.ts";
import { TreeProgress } from "../../src/cli/progress/tree_progress.ts";
import { RunTree } from "../../src/cli/progress/run_tree.ts";
import { drawTree } from "../../src/cli/progress/tree_view.ts";
import { fitWidth, printable, textWidth } from "../../src/cli/printable.ts";
import { createStyle } from "../../src/cli/style.ts";
import { failure } from "../../src/engine/failure.ts";
import type { Entry } from "../../src/engine/journal.ts";
import { createHost } from "../../src/runtime/process.ts";
import type { Host, OutputStream } from "../../src/runtime/runtime.ts";
import { golden } from "./golden.ts";

const ERROR = failure("http_402", "card declined \u001b[31mred", { step: "charge" });
const ROLLBACK = { undone: ["reserve"], notUndone: ["both/b"], unknown: [] };

/** A run with everything that can be seen, and when each thing happens. */
const STORY: readonly (readonly [time: number, entry: Entry])[] = [
  [0, {
    type: "run_started",
    workflow: "order",
    version: "1",
    definition: "",
    input: {},
    env: {},
    seed: "",
    timeoutMs: null,
    endpoints: {},
  }],
  [1, call("reserve", "POST /reserve")],
  [31, { type: "step_completed", step: "reserve", output: {}, attempts: 1 }],
  [31, { type: "step_skipped", step: "vip", kind: "call", reason: "condition" }],
  [32, { type: "block_opened", step: "both", kind: "parallel" }],
  [32, call("both/a", "GET /a")],
  [32, call("both/b", "GET /b")],
  [90, {
    type: "attempt_failed",
    step: "both/b",
    attempt: 1,
    failure: failure("http_503", "busy"),
    class: "transient",
    retryInMs: 1_500,
  }],
  [100, { type: "step_completed", step: "both/a", output: {}, attempts: 1 }],
  [1_590, { type: "attempt_started", step: "both/b", attempt: 2 }],
  [1_700, { type: "step_completed", step: "both/b", output: {}, attempts: 2 }],
  [1_700, { type: "block_closed", step: "both", kind: "parallel", status: "completed" }],
  [1_701, { type: "block_opened", step: "each", kind: "foreach" }],
  [1_701, { type: "items_counted", step: "each", count: 3 }],
  [1_701, call("each[0]/send", "POST /send")],
  [1_702, call("each[1]/send", "POST /send")],
  [1_750, { type: "step_completed", step: "each[0]/send", output: {}, attempts: 1 }],
  [1_751, call("each[2]/send", "POST /send")],
  [1_760, { type: "log", step: "note", text: "a line" }],
  [1_800, { type: "step_completed", step: "each[1]/send", output: {}, attempts: 1 }],
  [1_810, { type: "step_completed", step: "each[2]/send", output: {}, attempts: 1 }],
  [1_810, { type: "block_closed", step: "each", kind: "foreach", status: "completed" }],
  [1_811, call("charge", "POST /charge")],
  [1_900, { type: "step_failed", step: "charge", failure: ERROR, attempts: 1 }],
  [1_900, { type: "rollback_started", cause: "error", error: ERROR, steps: 2 }],
  [1_901, { ...call("both/b/compensate", "DELETE /b"), compensates: "both/b" }],
  [1_950, { type: "step_failed", step: "both/b/compensate", failure: failure("http_400", "cannot"), attempts: 1 }],
  [1_951, { ...call("reserve/compensate", "DELETE /reserve"), compensates: "reserve" }],
  [1_990, { type: "step_completed", step: "reserve/compensate", output: {}, attempts: 1 }],
  [2_000, {
    type: "run_finished",
    status: "compensation_failed",
    cause: "error",
    output: null,
    error: ERROR,
    rollback: ROLLBACK,
  }],
];

function call(step: string, method: string): Extract<Entry, { type: "step_scheduled" }> {
  return { type: "step_scheduled", step, service: "shop", method, request: {} };
}

function treeAt(time: number, story = STORY): RunTree {
  const tree = new RunTree();
  for (const [at, entry] of story) if (at <= time) tree.apply({ runId: "r", workflow: "order", time: at, entry });
  return tree;
}

function picture(tree: RunTree, now: number, columns = 80, rows = 24): readonly string[] {
  return drawTree(tree, { style: createStyle(false), columns, rows, now });
}

describe("the live tree", () => {
  it("shows steps, retries, blocks and the rollback as they go", () => {
    const frames = [40, 600, 1_650, 1_755, 1_960, 2_000].map((time) =>
      [`--- ${time} ms`, ...picture(treeAt(time), time)].join("\n")
    );
    golden("tree.txt", `${frames.join("\n\n")}\n`);
  });

  it("fits the terminal, whatever its size", () => {
    for (const columns of [20, 40, 80, 200]) {
      for (const rows of [3, 6, 12]) {
        const lines = picture(treeAt(1_960), 1_960, columns, rows);
        assert.ok(lines.length <= rows, `${lines.length} > ${rows}`);
        for (const line of lines) assert.ok(textWidth(line) < columns, `${columns}: ${line}`);
      }
    }
  });

  it("lets no text of a service move the cursor", () => {
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(picture(treeAt(2_000), 2_000).join(""), /[\u0000-\u001f]/);
  });

  it("stays small over many iterations and undos", () => {
    const story: [number, Entry][] = [[0, { type: "block_opened", step: "each", kind: "foreach" }]];
    for (let index = 0; index < 20_000; index++) {
      story.push([index, call(`each[${index}]/send`, "POST /send")], [
        index,
        call(`each[${index}]/mark`, "POST /mark"),
      ]);
      story.push([index, { type: "step_completed", step: `each[${index}]/send`, output: null, attempts: 1 }]);
      story.push([index, { type: "step_failed", step: `each[${index}]/mark`, failure: ERROR, attempts: 1 }]);
      story.push([index, {
        ...call(`each[${index}]/send/compensate`, "DELETE /send"),
        compensates: `each[${index}]/send`,
      }]);
      story.push([index, {
        type: "step_completed",
        step: `each[${index}]/send/compensate`,
        output: null,
        attempts: 1,
      }]);
    }
    const tree = treeAt(Infinity, story);
    assert.ok(tree.root.children.get("each")!.children.size < 10);
    assert.ok(tree.undos.size < 30);
    const lines = picture(tree, 20_000, 80, 60);
    assert.match(lines[1]!, /each +foreach {2}20000 done, 20000 failed/);
    assert.ok(lines.some((line) => line === "rolling back 20000/20000"));
  });

  it("colours only where it may", () => {
    const options = { columns: 80, rows: 24, now: 2_000 };
    const plain = drawTree(treeAt(2_000), { ...options, style: createStyle(false) });
    const colored = drawTree(treeAt(2_000), { ...options, style: createStyle(true) });
    // deno-lint-ignore no-control-regex
    assert.deepEqual(colored.map((line) => line.replace(/\u001b\[\d+m/g, "")), plain);
    assert.match(colored.join(""), /\u001b\[32m✓\u001b\[39m/);
  });
});

describe("LineProgress", () => {
  it("tells each event on one line", () => {
    let text = "";
    const redactor = new Redactor();
    redactor.add("declined");
    const progress = new LineProgress(stream((part) => text += part), redactor);
    for (const [time, entry] of STORY) progress.onEvent({ runId: "r", workflow: "order", time, entry });
    golden("lines.txt", text);
  });
});

describe("LiveRegion", () => {
  it("draws over what it drew, leaves out what did not change, and gives the cursor back", () => {
    const writes: string[] = [];
    const region = new LiveRegion(stream((part) => writes.push(part), 10));
    region.draw(["one", "two"]);
    region.draw(["one", "two"]);
    region.draw(["a line that wraps to 3"]);
    region.print("stays");
    region.close();
    region.close();
    assert.equal(writes.length, 4);
    assert.match(writes[0]!, /\u001b\[\?25l\rone\u001b\[K\ntwo\u001b\[K\n\u001b\[J/);
    assert.match(writes[1]!, /\r\u001b\[2Aa line/);
    assert.match(writes[2]!, /\r\u001b\[3Astays\u001b\[K\na line/);
    assert.equal(writes[3], "\u001b[?25h");
  });
});

describe("TreeProgress", () => {
  it("gives the cursor back when the terminal hangs up, and lets go of the signal at the end", () => {
    const listeners = new Map<string, () => void>();
    let text = "";
    let exit: number | undefined;
    const cli = createCli({
      ...createHost("node"),
      env: () => undefined,
      stderr: stream((part) => text += part),
      onSignal(signal, listener) {
        listeners.set(signal, listener);
        return () => listeners.delete(signal);
      },
      exit: ((code: number) => {
        exit = code;
      }) as Host["exit"],
    });
    const progress = new TreeProgress(cli, new Redactor());
    const [time, entry] = STORY[0]!;
    progress.onEvent({ runId: "r", workflow: "order", time, entry });
    assert.match(text, /^$/);
    listeners.get("SIGHUP")!();
    assert.match(text, /\u001b\[\?25l[\s\S]*\u001b\[\?25h$/);
    assert.deepEqual([exit, listeners.size], [129, 0]);
  });
});

describe("printable text", () => {
  it("measures and cuts what terminals show wide", () => {
    assert.equal(textWidth("日本"), 4);
    assert.equal(fitWidth("日本語", 5), "日本…");
    assert.equal(fitWidth("abc", 3), "abc");
    assert.equal(fitWidth("abcd", 3), "ab…");
    assert.equal(fitWidth("abcd", 0), "");
    assert.equal(printable("a\u001b[2Jb\r\n\u0007c"), "ab c");
  });
});

function stream(write: (text: string) => void, columns = 80): OutputStream {
  return { isTerminal: true, size: () => ({ columns, rows: 24 }), write };
}
