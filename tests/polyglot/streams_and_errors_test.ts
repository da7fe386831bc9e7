import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LoggedCall, RunningProgram } from "../../examples/launch.ts";
import { reasonToSkip } from "../examples/run_example.ts";
import { executeSteps, type JsonRun, launchTypes } from "./run_types.ts";

/** Runs steps against a fresh service and gives the CLI's JSON and what the service saw. */
async function run(
  language: "go" | "python",
  steps: string,
  input: unknown = {},
): Promise<{ result: JsonRun; calls: readonly LoggedCall[] }> {
  const service: RunningProgram = await launchTypes(language);
  try {
    const result = await executeSteps(service.endpoint, steps, { input });
    // A server hears of a cancellation a moment after the caller is gone.
    for (let i = 0; i < 50 && steps.includes("Sleep") && !service.calls.some(isEnd); i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { result, calls: service.calls };
  } finally {
    await service.stop();
  }
}

/** The messages of `Count` from 1 to `to`. */
function numbers(to: number): { value: number }[] {
  return Array.from({ length: to }, (_, index) => ({ value: index + 1 }));
}

function isEnd({ call }: LoggedCall): boolean {
  return call === "Sleep.end";
}

for (const language of ["go", "python"] as const) {
  const skip = reasonToSkip([language]) ?? false;

  describe(`streams, with ${language}`, { timeout: 60_000 }, () => {
    it("come from the server, to it, and both ways", { skip }, async () => {
      const { result } = await run(
        language,
        `
  - { service: types, method: Count, input: { to: 5 }, output: counted }
  - { service: types, method: Sum, input: "{{ .counted }}", output: sum }
  - { service: types, method: Square, input: "{{ .counted }}", output: squares }
  - { service: types, method: Sum, input: [], output: nothing }
`,
      );
      assert.equal(result.exitCode, 0, result.error?.message);
      assert.deepEqual(result.output, {
        counted: numbers(5),
        sum: { value: 15 },
        squares: [1, 4, 9, 16, 25].map((value) => ({ value })),
        nothing: { value: 0 },
      });
    });

    it("are closed when enough has come", { skip }, async () => {
      const { result } = await run(
        language,
        `
  - { service: types, method: Count, stream: { until: "{{ .item.value == 7 }}" }, output: until }
  - { service: types, method: Count, stream: { max: 3 }, output: max }
  - { service: types, method: Sum, input: "{{ .max }}", output: after }
`,
      );
      assert.equal(result.exitCode, 0, result.error?.message);
      assert.deepEqual(result.output["until"], numbers(7));
      assert.deepEqual(result.output["max"], numbers(3));
      assert.deepEqual(result.output["after"], { value: 6 }, "the connection is good for the next call");
    });
  });

  describe(`errors, with ${language}`, { timeout: 60_000 }, () => {
    it("bring their code, message and google.rpc details", { skip }, async () => {
      const { result } = await run(
        language,
        `
  - id: fail
    service: types
    method: Fail
    input: { code: 9, message: "The pot is empty", details: [ErrorInfo, BadRequest] }
`,
      );
      assert.equal(result.exitCode, 1);
      assert.equal(result.error?.code, "FAILED_PRECONDITION");
      assert.match(result.error?.message, /The pot is empty/);
      assert.equal(result.error?.step, "fail");
      const violation = { field: "cup.size", description: "is too small", reason: "", localized_message: null };
      assert.deepEqual(result.error?.details, [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "OUT_OF_TEA",
          domain: "kitchen",
          metadata: { shelf: "3" },
        },
        { "@type": "type.googleapis.com/google.rpc.BadRequest", field_violations: [violation] },
      ]);
    });

    it("are retried after the delay that RetryInfo names, with the same key", { skip }, async () => {
      const { result, calls } = await run(
        language,
        `
  - service: types
    method: Fail
    input: { code: 14, message: "Busy", details: [RetryInfo], retry_after_ms: 120 }
    retry: { attempts: 3, initial: 1h }
`,
      );
      assert.equal(result.error?.code, "UNAVAILABLE");
      assert.equal(calls.length, 3);
      assert.equal(new Set(calls.map(({ key }) => key)).size, 1);
      const pauses = calls.slice(1).map(({ at }, index) => at - calls[index]!.at);
      assert.ok(pauses.every((pause) => pause >= 115), `${pauses} are the pauses`);
    });

    it("that are permanent are not retried", { skip }, async () => {
      const { calls } = await run(
        language,
        `
  - service: types
    method: Fail
    input: { code: 7, message: "No" }
    retry: { attempts: 3, initial: 1ms }
`,
      );
      assert.equal(calls.length, 1);
    });
  });

  describe(`deadlines, with ${language}`, { timeout: 60_000 }, () => {
    it("reach the server, which sees that nobody waits any more", { skip }, async () => {
      const { result, calls } = await run(
        language,
        `
  - { service: types, method: Sleep, input: { duration: 600s }, attempt_timeout: 300ms }
`,
      );
      assert.notEqual(result.status, "completed");
      const end = calls.find(isEnd);
      assert.equal(end?.["cancelled"], true);
      const deadline = Number(end?.["deadline_ms"]);
      assert.ok(deadline > 0 && deadline <= 301, `${deadline} ms are left when the call arrives`);
    });

    it("of a cancelled sibling end in the server too", { skip }, async () => {
      const { result, calls } = await run(
        language,
        `
  - parallel:
      - { service: types, method: Sleep, input: { duration: 600s } }
      - steps:
          - { service: types, method: Sum, input: [{ value: 1 }] } # so that the other call is under way
          - { service: types, method: Fail, input: { code: 9, message: "Stop" } }
`,
      );
      assert.equal(result.error?.code, "FAILED_PRECONDITION");
      assert.equal(calls.find(isEnd)?.["cancelled"], true);
    });
  });
}
