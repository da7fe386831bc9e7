import type { JsonObject, JsonValue } from "../base/json.ts";
import type { RunResult } from "../maestro.ts";
import type { ChildDetails, RunDetails, Wait } from "../run_details.ts";
import type { StoredRun } from "../run_store.ts";
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

/** A run as lists show it: all of its record but the output. */
export function storedRunJson(run: StoredRun): JsonObject {
  return {
    run_id: run.id,
    workflow: run.workflow,
    version: run.version === "" ? null : run.version,
    status: run.status,
    cause: run.cause,
    error: failureJson(run.error),
    started_at: timeJson(run.startedAt),
    finished_at: timeJson(run.finishedAt),
    ...standingJson(run),
  };
}

/** The object that `runs show -o json` prints: that of `execute` and all else that is known. */
export function runDetailsJson(details: RunDetails): JsonObject {
  const { run, rollback } = details;
  return {
    run_id: run.id,
    workflow: run.workflow,
    version: run.version === "" ? null : run.version,
    status: run.status,
    cause: run.cause,
    output: run.output,
    error: failureJson(run.error),
    started_at: timeJson(run.startedAt),
    finished_at: timeJson(run.finishedAt),
    steps: details.steps.map(stepDetailsJson),
    input: details.input,
    ...standingJson(run),
    deadline: timeJson(details.deadline),
    waits_for: details.waits.map(waitJson),
    rollback: { undone: rollback.undone, not_undone: rollback.notUndone, unknown: rollback.unknown },
    pivot: details.pivot,
    children: details.children.map(childJson),
    endpoints: details.endpoints,
    recoveries: details.recoveries,
  };
}

/** Where a run stands in its store. */
function standingJson(run: StoredRun): JsonObject {
  return {
    pause: run.pause === null ? null : { reason: run.pause.reason, message: run.pause.message },
    parent: run.parent === null ? null : { run_id: run.parent.runId, step: run.parent.step },
    root: run.root,
    queue: run.queue,
    durability: run.durability,
    attributes: run.attributes,
    definition: run.definition,
    owner: run.owner,
    wake_at: timeJson(run.wakeAt),
    turns: run.head,
    mail: run.mail,
  };
}

function stepDetailsJson(step: StepView): JsonObject {
  const { kind, service, method, input, output, childRun } = step;
  const waits = { waits_for: step.waitsFor, waits_until: timeJson(step.waitsUntil) };
  return { ...stepJson(step), kind, service, method, input, output, ...waits, child_run: childRun };
}

function waitJson(wait: Wait): JsonObject {
  const { kind, step } = wait;
  const since = timeJson(wait.since);
  switch (wait.kind) {
    case "signal":
      return { kind, step, since, signal: wait.signal };
    case "timer":
      return { kind, step, since, due: timeJson(wait.due) };
    case "child":
      return { kind, step, since, run_id: wait.runId, workflow: wait.workflow };
    default: {
      const { undoes, service, method, attempt } = wait;
      const due = timeJson(wait.due);
      return { kind, step, since, undoes, service, method, attempt, error: failureJson(wait.failure), due };
    }
  }
}

function childJson({ runId, step, workflow, status }: ChildDetails): JsonObject {
  return { run_id: runId, step, workflow, status };
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
