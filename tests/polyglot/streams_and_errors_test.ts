import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LoggedCall, RunningProgram } from "../../examples/launch.ts";
import { type CliRun, reasonToSkip } from "../examples/run_example.ts";
import { executeSteps, launchTypes } from "./run_types.ts";

/** Runs steps against a fresh service and gives the CLI's JSON and what the service saw. */
async function run(
  language: "go" | "python",
  steps: string,
  input: unknown = {},
): Promise<{ run: CliRun; result: any; calls: readonly LoggedCall[] }> {
  const service: RunningProgram = await launchTypes(language);
  try {
    const run = await executeSteps(service.endpoint, steps, { input });
    // A server hears of a cancellation a moment after the caller is gone.
    for (let i = 0; i < 50 && steps.includes("Sleep") && !service.calls.some(isEnd); i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { run, result: JSON.parse(run.stdout), calls: service.calls };
  } finally {
    await service.stop();
  }
}

function isEnd({ call }: LoggedCall): boolean {
  return call === "Sleep.end";
}

for (const language of ["go", "python"] as const) {
  const skip = reasonToSkip([language]) ?? false;

  describe(`streams, with ${language}`, { timeout: 60_000 }, () => {
    it("come from the server, to it, and both ways", { skip }, async () => {
      const { run: { code }, result } = await run(
        language,
        `
  - { service: types, method: Count, input: { to: 5 }, output: counted }
  - { service: types, method: Sum, input: "{{ .counted }}", output: sum }
  - { service: types, method: Square, input: "{{ .counted }}", output: squares }
  - { service: types, method: Sum, input: [], output: nothing }
`,
      );
      assert.equal(code, 0, JSON.stringify(result.error));
      assert.deepEqual(result.output, {
        counted: [1, 2, 3, 4, 5].map((value) => ({ value })),
        sum: { value: 15 },
        squares: [1, 4, 9, 16, 25].map((value) => ({ value })),
        nothing: { value: 0 },
      });
    });

    it("are closed when enough has come", { skip }, async () => {
      const { run: { code }, result } = await run(
        language,
        `
  - { service: types, method: Count, stream: { until: "{{ .item.value == 7 }}" }, output: until }
  - { service: types, method: Count, stream: { max: 3 }, output: max }
  - { service: types, method: Sum, input: "{{ .max }}", output: after }
`,
      );
      assert.equal(code, 0, JSON.stringify(result.error));
      assert.equal(result.output.until.length, 7);
      assert.equal(result.output.max.length, 3);
      assert.deepEqual(result.output.after, { value: 6 }, "the connection is good for the next call");
    });
  });

  describe(`errors, with ${language}`, { timeout: 60_000 }, () => {
    it("bring their code, message and google.rpc details", { skip }, async () => {
      const { run: { code }, result } = await run(
        language,
        `
  - id: fail
    service: types
    method: Fail
    input: { code: 9, message: "The pot is empty", details: [ErrorInfo, BadRequest] }
`,
      );
      assert.equal(code, 1);
      assert.equal(result.error.code, "FAILED_PRECONDITION");
      assert.match(result.error.message, /The pot is empty/);
      assert.equal(result.error.step, "fail");
      const [info, bad] = result.error.details;
      assert.equal(info["@type"], "type.googleapis.com/google.rpc.ErrorInfo");
      assert.equal(info.reason, "OUT_OF_TEA");
      assert.deepEqual(info.metadata, { shelf: "3" });
      assert.equal(bad["@type"], "type.googleapis.com/google.rpc.BadRequest");
      const violations = bad.field_violations ?? bad.fieldViolations;
      assert.equal(violations[0].field, "cup.size");
      assert.equal(violations[0].description, "is too small");
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
      assert.equal(result.error.code, "UNAVAILABLE");
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
      assert.equal(result.error.code, "FAILED_PRECONDITION");
      assert.equal(calls.find(isEnd)?.["cancelled"], true);
    });
  });
}
