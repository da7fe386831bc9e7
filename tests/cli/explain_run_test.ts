import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { helpfulCommand } from "../../src/cli/command_hint.ts";
import { createStyle } from "../../src/cli/style.ts";
import { drawExplanation } from "../../src/cli/view/explanation_text.ts";
import type { Entry } from "../../src/engine/journal.ts";
import type { Pause, RunStatus } from "../../src/engine/run.ts";
import { explainRun } from "../../src/explain_run.ts";
import type { RollbackView } from "../../src/plan/run_view.ts";
import type { RunDetails } from "../../src/run_details.ts";
import { golden } from "./golden.ts";
import { call, completed, details, failed, STARTED, type Turn } from "./journals.ts";

const NOW = STARTED + 3_600_000;

function explain(title: string, run: RunDetails, children?: readonly RunDetails[]): string {
  const inner = new Map(children?.map((child) => [child.run.id, explainRun(child, { now: NOW })]));
  const text = drawExplanation(run.run, explainRun(run, { now: NOW, children: inner }), {
    style: createStyle(false),
    command: (args) => helpfulCommand({ storeFlags: [] }, args),
  });
  return `# ${title}\n${text}\n`;
}

const conflict = failed("http_409", "HTTP 409 from POST /ship: no stock", "ship");
const noRollback: RollbackView = { undone: [], notUndone: [], unknown: [] };

const saga: readonly Turn[] = [
  [1, call("reserve")],
  [5, completed("reserve", { id: 1 }), call("pay")],
  [4_200, completed("pay", { id: 2 }, 3), call("ship")],
  [4_300, { type: "step_failed", step: "ship", failure: conflict, attempts: 1 }],
];

describe("explainRun()", () => {
  it("tells of runs that go on", () => {
    const text = [
      explain("a call in flight", details({}, [1, call("reserve")])),
      explain(
        "a retry",
        details({}, [1, call("reserve")], [2_000, {
          type: "attempt_failed",
          step: "reserve",
          attempt: 2,
          failure: failed("http_503", "busy."),
          class: "transient",
          retryInMs: 4_000_000,
        }]),
      ),
      explain("interrupted", details({ owner: null }, [1, call("reserve")], [5, completed("reserve"), call("pay")])),
      explain(
        "interrupted in a rollback",
        details(
          { owner: null, status: "compensating" },
          ...saga,
          [
            4_310,
            { type: "rollback_started", cause: "error", error: conflict, steps: 2 },
            call("pay/compensate", { undoes: "pay" }),
          ],
          [4_320, completed("pay/compensate"), call("reserve/compensate", { undoes: "reserve" })],
        ),
      ),
      explain("not begun", details({ owner: null, status: "pending" })),
    ];
    golden("why_running.txt", text.join(""));
  });

  it("tells what waiting runs wait for", () => {
    const approve: readonly Entry[] = [
      { type: "block_opened", step: "approve", kind: "wait_for" },
      { type: "signal_awaited", step: "approve", signal: "approved" },
    ];
    const child = details({ id: "0195-order/bill", workflow: "bill", status: "waiting" }, [1, ...approve]);
    const text = [
      explain("a signal", details({ status: "waiting" }, [1, ...approve])),
      explain(
        "a signal, with nobody there, one refused, one not taken",
        details({ status: "waiting", owner: null, mail: 1 }, [1, ...approve], [
          9,
          { type: "signal_received", name: "approved", data: 1, id: "x" },
          { type: "signal_refused", step: "approve", signal: "approved", reason: "it must be a map." },
        ]),
      ),
      explain(
        "a time",
        details({ status: "waiting", wakeAt: NOW + 60_000 }, [
          1,
          { type: "block_opened", step: "rest", kind: "sleep" },
          { type: "timer_set", timer: "rest!sleep", due: NOW + 60_000 },
        ]),
      ),
      explain(
        "a child",
        details({ status: "waiting" }, [
          1,
          { type: "block_opened", step: "bill", kind: "workflow" },
          { type: "child_scheduled", step: "bill", runId: child.run.id, workflow: "bill", action: "run", input: {} },
        ]),
        [child],
      ),
    ];
    golden("why_waiting.txt", text.join(""));
  });

  it("tells what each reason to pause means, and what helps", () => {
    const reasons: readonly Pause["reason"][] = [
      "non_determinism",
      "foreign_await",
      "missing_secret",
      "missing_definition",
      "wrong_key",
      "crash_loop",
      "past_pivot",
      "history_limit",
    ];
    const difference = { expected: ["step reserve shop Reserve"], came: ["step pay bank Pay", "timer rest"] };
    const text = reasons.map((reason) => {
      const pause: Pause = { reason, message: "What was seen." };
      const whole = reason === "non_determinism" ? { ...pause, difference } : pause;
      return explain(reason, details({ status: "paused", owner: null, pause: whole }, [1, call("reserve")]));
    });
    golden("why_paused.txt", text.join(""));
  });

  it("tells how runs ended", () => {
    const end = { finishedAt: STARTED + 4_400, owner: null, cause: "error", error: conflict } as const;
    const finish = (status: RunStatus, rollback = noRollback): Turn => [
      4_400,
      { type: "run_finished", status, cause: "error", output: null, error: conflict, rollback },
    ];
    const text = [
      explain(
        "completed",
        details({ status: "completed", finishedAt: STARTED + 4_400, owner: null }, ...saga.slice(0, 3)),
      ),
      explain("failed", details({ ...end, status: "failed" }, ...saga, finish("failed"))),
      explain(
        "failed past a pivot",
        details(
          { ...end, status: "failed" },
          ...saga.slice(0, 3),
          [4_210, { type: "pivot_passed", step: "pay" }],
          ...saga.slice(3),
          finish("failed"),
        ),
      ),
      explain(
        "compensated",
        details(
          { ...end, status: "compensated" },
          ...saga,
          finish("compensated", { ...noRollback, undone: ["pay", "reserve"] }),
        ),
      ),
      explain(
        "compensation failed",
        details(
          { ...end, status: "compensation_failed" },
          ...saga,
          [4_310, call("pay/compensate", { undoes: "pay" })],
          [4_320, {
            type: "step_failed",
            step: "pay/compensate",
            failure: failed("http_403", "HTTP 403"),
            attempts: 5,
          }],
          finish("compensation_failed", { undone: [], notUndone: ["pay"], unknown: ["reserve"] }),
        ),
      ),
      explain(
        "cancelled",
        details({
          ...end,
          status: "cancelled",
          cause: "cancelled",
          error: failed("cancelled", "The run was cancelled"),
        }),
      ),
      explain(
        "out of time, with an outcome that nobody knows",
        details(
          {
            ...end,
            status: "failed",
            cause: "timeout",
            error: failed("timeout", "The run took longer than its timeout of 4s"),
          },
          [1, call("pay")],
          [4_000, { type: "step_unknown", step: "pay", failure: failed("timeout", "no answer"), attempts: 1 }],
        ),
      ),
    ];
    golden("why_ended.txt", text.join(""));
  });

  it("looks past what a resumed run has put behind it", () => {
    const run = details(
      {},
      [1, call("pay")],
      [2, completed("pay"), { type: "pivot_passed", step: "pay" }, call("ship")],
      [3, { type: "step_failed", step: "ship", failure: conflict, attempts: 1 }],
      [4, { type: "run_paused", pause: { reason: "past_pivot", message: "x" }, error: conflict, cause: "error" }],
      [5, { type: "resume_requested", step: "ship", children: [] }],
    );
    assert.deepEqual(run.waits.map(({ step }) => step), ["ship"]);
    assert.match(explainRun(run, { now: NOW }).summary, /^It calls shop POST \/ship\.$/);
  });
});
