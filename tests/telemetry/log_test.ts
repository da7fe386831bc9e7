import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Redactor } from "../../src/base/redact.ts";
import { failure } from "../../src/engine/failure.ts";
import type { Entry } from "../../src/engine/journal.ts";
import { createRunLog, type RunLogOptions } from "../../src/telemetry/log.ts";

const ENTRIES: readonly Entry[] = [
  {
    type: "run_started",
    workflow: "order",
    version: "1",
    definition: "",
    input: { card: "4111" },
    env: {},
    seed: "",
    timeoutMs: null,
    endpoints: {},
  },
  { type: "step_scheduled", step: "pay", service: "bank", method: "POST /pay", request: { token: "hunter2" } },
  {
    type: "attempt_failed",
    step: "pay",
    attempt: 1,
    failure: failure("http_503", "busy, hunter2"),
    class: "transient",
    retryInMs: 20,
  },
  { type: "attempt_started", step: "pay", attempt: 2 },
  { type: "step_completed", step: "pay", output: { ok: true }, attempts: 2 },
  { type: "step_scheduled", step: "ship", service: "post", method: "Ship", request: {} },
  { type: "step_failed", step: "ship", failure: failure("NOT_FOUND", "no such street"), attempts: 1 },
  {
    type: "run_finished",
    status: "failed",
    cause: "error",
    output: null,
    error: failure("NOT_FOUND", "no such street", { step: "ship" }),
    rollback: { undone: [], notUndone: [], unknown: [] },
  },
];

function write(options: Pick<RunLogOptions, "format" | "level">, secrets = ["hunter2"]): string {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  let text = "";
  const log = createRunLog({ ...options, redactor, write: (line) => text += line });
  ENTRIES.forEach((entry, place) =>
    log.onEvent({ runId: "r1", workflow: "order", traceId: "4bf9", time: 1_000 + place * 10, entry })
  );
  return text;
}

function lines(
  options: Pick<RunLogOptions, "format" | "level">,
  secrets?: string[],
): readonly Record<string, unknown>[] {
  return write(options, secrets).trimEnd().split("\n").map((line) => JSON.parse(line));
}

describe("createRunLog()", () => {
  it("writes JSON lines that can be tied together", () => {
    const found = lines({ format: "json", level: "info" });
    for (const { run_id, workflow, trace_id } of found) {
      assert.deepEqual({ run_id, workflow, trace_id }, { run_id: "r1", workflow: "order", trace_id: "4bf9" });
    }
    assert.deepEqual(found.map(({ level, message }) => `${level} ${message}`), [
      "info run started",
      "info step started",
      "warn attempt failed",
      "info attempt started",
      "info step completed",
      "info step started",
      "error step failed",
      "info run finished",
    ]);
    const { time, ...completed } = found[4]!;
    assert.match(String(time), /^\d{4}-.*Z$/);
    assert.deepEqual(completed, {
      level: "info",
      run_id: "r1",
      workflow: "order",
      trace_id: "4bf9",
      step_id: "pay",
      service: "bank",
      method: "POST /pay",
      attempt: 2,
      duration_ms: 30,
      message: "step completed",
    });
    assert.equal(found[6]!["code"], "NOT_FOUND");
  });

  it("shows inputs and outputs at debug only, and secrets never", () => {
    assert.doesNotMatch(write({ format: "json", level: "info" }), /4111|hunter2|"ok":true/);
    const debug = write({ format: "json", level: "debug" });
    assert.match(debug, /4111/);
    assert.match(debug, /"ok":true/);
    assert.doesNotMatch(debug, /hunter2/);
  });

  it("writes whole JSON, whatever the secrets are", () => {
    const secrets = ["true", "null", "info", "step_id", '","', "4111", "step", "step started"];
    const found = lines({ format: "json", level: "debug" }, secrets);
    assert.equal(found.length, ENTRIES.length);
    assert.deepEqual(found[0]!["input"], { card: "[secret]" });
    assert.deepEqual(found[1]!["message"], "[secret]");
    assert.deepEqual([found[4]!["step_id"], found[4]!["output"]], ["pay", { ok: true }]);
  });

  it("keeps to its level", () => {
    assert.deepEqual(lines({ format: "json", level: "error" }).map(({ message }) => message), ["step failed"]);
  });

  it("writes lines for people, one an event, with nothing in them that a terminal would act upon", () => {
    const text = write({ format: "text", level: "info" }).trimEnd().split("\n");
    assert.match(text[4]!, /^\S+Z info {2}step completed run_id=r1 .* method="POST \/pay" attempt=2 duration_ms=30$/);
    const redactor = new Redactor();
    let line = "";
    const log = createRunLog({ format: "text", level: "info", redactor, write: (part) => line += part });
    log.note("a\u001b[31m\nb");
    assert.match(line, /warn {2}"a\\u001b\[31m\\nb"\n$/);
  });
});
