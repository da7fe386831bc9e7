import type { JsonValue } from "../base/json.ts";
import type { WorkflowContext } from "../engine/context.ts";
import { StepFailedError, toFailure } from "../engine/failure.ts";
import { ABSENT, ExpressionError, type ScopeValue } from "../expr/mod.ts";
import type { Frame, StepRecord } from "./frame.ts";
import type { ChildWorkflows, Plan, PlanStep } from "./plan.ts";

/** What one step needs to know of where it runs. */
export interface StepRun {
  readonly plan: Plan;
  /** The workflows that its steps start. */
  readonly children: ChildWorkflows;
  readonly context: WorkflowContext;
  readonly frame: Frame;
  /** The step's path. */
  readonly path: string;
  /** Runs one step inside a block: its condition, its work, its error handler, and what others see of it. */
  readonly runStep: (step: PlanStep, block: StepRun) => Promise<StepEnd>;
}

/** How a step ended, error handled or not needed. */
export interface StepEnd {
  readonly status: "completed" | "skipped" | "handled";
  readonly output: JsonValue;
}

const SKIPPED: StepEnd = { status: "skipped", output: null };

/** Runs steps one after the other; gives the last one's output. */
export async function runSteps(steps: readonly PlanStep[], run: StepRun): Promise<JsonValue> {
  let output: JsonValue = null;
  for (const step of steps) output = (await run.runStep(step, run)).output;
  return output;
}

/** Marks a step as skipped. */
export function skip(step: PlanStep, run: StepRun, reason: "condition" | "dependency"): StepEnd {
  run.context.note({ type: "step_skipped", step: run.path, kind: step.kind, reason });
  settle(step, run.frame, { status: "skipped", output: ABSENT, failure: null, attempts: 0 });
  return SKIPPED;
}

/** Records what a step's end leaves for expressions. */
export function settle(step: PlanStep, frame: Frame, record: StepRecord): void {
  if (step.output !== undefined) frame.set(step.output, record.output);
  if (frame.run.stepIds.has(step.id)) frame.setStep(step.id, record);
}

/**
 * Evaluates something at a step; an error of the expression fails it with `expression_error`.
 *
 * `place` is the key that holds the expression; the message begins with it and the path below it.
 */
export function evaluate<T>(place: string, what: () => T, path: string | null): T {
  try {
    return what();
  } catch (thrown) {
    const reason = toFailure(thrown, "expression_error");
    const where = thrown instanceof ExpressionError ? [place, ...thrown.at].filter((key) => key !== "").join(".") : "";
    throw new StepFailedError({
      ...reason,
      message: where === "" ? reason.message : `${where}: ${reason.message}`,
      step: reason.step ?? path,
    });
  }
}

/** Tells people of a step that failed before anything of it was in the journal. */
export function noteRefusal(kind: string, thrown: unknown, { context, path }: Pick<StepRun, "context" | "path">): void {
  context.note({ type: "block_closed", step: path, kind, status: "failed", failure: toFailure(thrown) });
}

/** A value of a scope as plain JSON. */
export function present(value: ScopeValue | undefined): JsonValue {
  return value === undefined || value === ABSENT ? null : value as JsonValue;
}
