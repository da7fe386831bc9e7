import type { JsonValue } from "../../base/json.ts";
import type { TestCall } from "../../testing/call_log.ts";
import type { CaseReport } from "../../testing/run_case.ts";
import type { SuiteReport } from "../../testing/suite_report.ts";

/** What came of tests as one JSON object. */
export function testJson(reports: readonly SuiteReport[]): JsonValue {
  const cases = reports.flatMap((report) => report.cases);
  const failed = cases.filter(({ problems }) => problems.length > 0).length;
  return { passed: cases.length - failed, failed, files: reports.map(fileJson) };
}

function fileJson({ file, workflow, cases, coverage, chaos }: SuiteReport): JsonValue {
  return {
    file,
    workflow,
    cases: cases.map((one) => {
      const shaken = chaos.get(one.name);
      const violations = shaken?.violations.map(({ fault, problems, seed }) => ({ fault, problems, seed })) ?? [];
      return {
        ...caseJson(one),
        ...(shaken === undefined ? {} : { chaos: { faults: shaken.faults, cut: shaken.isCut, violations } }),
      };
    }),
    ...(coverage === undefined ? undefined : {
      coverage: {
        steps: { ...coverage.steps },
        branches: { ...coverage.branches },
        compensations: { ...coverage.compensations },
        missed: coverage.missed,
      },
    }),
  };
}

function caseJson({ name, problems, result, calls }: CaseReport): Readonly<Record<string, JsonValue>> {
  return {
    name,
    passed: problems.length === 0,
    problems,
    run: result === undefined ? null : {
      status: result.status,
      output: result.output,
      error: result.error === null ? null : { ...result.error },
      duration_ms: result.finishedAt - result.startedAt,
    },
    calls: calls.map(callJson),
  };
}

function callJson(call: TestCall): JsonValue {
  const { step, service, method, input, attempt, isCompensation: compensation, time, outcome } = call;
  return {
    step,
    service,
    method,
    input,
    attempt,
    compensation,
    time: new Date(time).toISOString(),
    output: outcome.status === "completed" ? outcome.output : null,
    error: outcome.status === "failed" ? outcome.code : null,
  };
}
