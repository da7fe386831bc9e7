import { isJsonObject, type JsonObject, jsonTypeName } from "../base/json.ts";
import type { ChildSpec, StepSuccess, WorkflowContext } from "../engine/context.ts";
import { failure, StepFailedError } from "../engine/failure.ts";
import { isRetryable, retryDelay } from "../engine/retry.ts";
import type { FailedAttempt } from "../engine/service.ts";
import type { ChildWorkflow, WorkflowStep } from "./plan.ts";
import { applyDefaults, misfits } from "./schema_fit.ts";
import { evaluate, type StepRun } from "./step_run.ts";

/**
 * Runs a child to its end; each attempt is a run of its own.
 *
 * A child that failed has undone itself, so it is tried again as the policy says; one that could not undo itself is not.
 */
export async function runChild(step: WorkflowStep, run: StepRun): Promise<StepSuccess> {
  const { context, path } = run;
  const child = run.children.get(step.workflow)!;
  const { plan: { name, version }, hash, bundle } = child;
  const spec: ChildSpec = {
    step: path,
    workflow: name,
    version,
    definition: hash,
    bundle,
    input: inputOf(step, child, run),
  };
  const limit = step.timeoutMs === undefined ? undefined : context.now() + step.timeoutMs;
  for (let attempt = 1;; attempt++) {
    if (attempt > 1) context.note({ type: "attempt_started", step: path, attempt });
    try {
      const { output } = await context.child(attempt === 1 ? spec : { ...spec, step: `${path}!${attempt}` });
      return { output, attempts: attempt };
    } catch (thrown) {
      if (!(thrown instanceof StepFailedError)) throw thrown;
      // Its step is the path of this attempt: where a resumed run takes up again.
      const failed = new StepFailedError(thrown.failure, thrown.isUnknown, attempt);
      const delay = delayBeforeNext(step, failed, context, path, limit);
      if (delay === undefined) throw failed;
      await context.sleep(`${path}!retry${attempt}`, delay);
    }
  }
}

/** The delay before the next attempt; `undefined` where there is none. People are told either way. */
function delayBeforeNext(
  { retry }: WorkflowStep,
  failed: StepFailedError,
  context: WorkflowContext,
  path: string,
  limit: number | undefined,
): number | undefined {
  const { attempts, failure: reason } = failed;
  const result = attemptOf(failed);
  const isLast = attempts >= retry.attempts || !isRetryable(retry, result);
  const wait = isLast ? undefined : retryDelay(retry, attempts, context.random(`${path} retry${attempts}`)());
  // Waiting past the limit would only hide the error behind a timeout.
  const delay = wait === undefined || (limit !== undefined && context.now() + wait >= limit) ? undefined : wait;
  const note = { type: "attempt_failed", step: path, attempt: attempts, failure: reason, class: result.class } as const;
  context.note(delay === undefined ? note : { ...note, retryInMs: delay });
  return delay;
}

function attemptOf({ failure: reason, isUnknown }: StepFailedError): FailedAttempt {
  const isUndone = !isUnknown && isJsonObject(reason.details) && reason.details["status"] !== "compensation_failed";
  return { ok: false, failure: reason, class: isUndone ? "transient" : "permanent", mayHaveActed: isUnknown };
}

function inputOf(step: WorkflowStep, { plan }: ChildWorkflow, { frame, path }: StepRun): JsonObject {
  const given = evaluate("input", () => step.input.evaluate(frame), path);
  if (!isJsonObject(given)) {
    throw new StepFailedError(
      failure("bad_input", `The input of a workflow is a map, not ${jsonTypeName(given)}`, { step: path }),
    );
  }
  const filled = applyDefaults(plan.inputSchema, given) as JsonObject;
  const problems = misfits(plan.inputSchema, filled, "input");
  if (problems.length === 0) return filled;
  const message = `The input does not fit the schema of "${plan.name}": ${problems.join("; ")}`;
  throw new StepFailedError(failure("bad_input", message, { step: path }));
}
