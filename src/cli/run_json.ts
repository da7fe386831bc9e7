import type { JsonObject, JsonValue } from "../base/json.ts";
import type { RunResult } from "../maestro.ts";
import type { CompensationView, Failure, StepView } from "./run_events.ts";

/** The object that `execute -o json` prints. Times are RFC 3339. */
export function runJson(result: RunResult): JsonObject {
  return {
    run_id: result.runId,
    workflow: result.workflow,
    version: result.version === "" ? null : result.version,
    status: result.status,
    cause: result.cause,
    output: result.output,
    error: failureJson(result.error),
    started_at: timeJson(result.startedAt),
    finished_at: timeJson(result.finishedAt),
    steps: result.steps.map(stepJson),
  };
}

function stepJson(step: StepView): JsonObject {
  return {
    id: step.id,
    status: step.status,
    attempts: step.attempts,
    started_at: timeJson(step.startedAt),
    finished_at: timeJson(step.finishedAt),
    error: failureJson(step.error),
    compensation: step.compensation === null ? null : compensationJson(step.compensation),
  };
}

function compensationJson(compensation: CompensationView): JsonObject {
  return {
    status: compensation.status,
    attempts: compensation.attempts,
    started_at: timeJson(compensation.startedAt),
    finished_at: timeJson(compensation.finishedAt),
    error: failureJson(compensation.error),
  };
}

function failureJson(failure: Failure | null): JsonValue {
  if (failure === null) return null;
  const { code, message, step, status, details } = failure;
  return { code, message, step, status, details };
}

function timeJson(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
