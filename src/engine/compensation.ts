import type { RollbackOptions, RollbackOutcome, StepSpec, WorkflowContext } from "./context.ts";
import { StepFailedError, toFailure } from "./failure.ts";
import type { SagaStep } from "./saga.ts";

type Ending = "undone" | "not_undone" | "unknown" | "nothing";

/**
 * Undoes steps, newest first, one after the other or all at once.
 *
 * One that fails does not keep the others from being tried. The context must be shielded: a rollback cannot be cancelled.
 */
export async function rollback(
  context: WorkflowContext,
  steps: readonly SagaStep[],
  options: Pick<RollbackOptions, "error" | "order">,
): Promise<RollbackOutcome> {
  const endings = new Map<SagaStep, Ending>();
  const undo = async (step: SagaStep): Promise<void> => {
    endings.set(step, await undoStep(context, step, options));
  };
  if (options.order === "parallel") await Promise.all(steps.map(undo));
  else for (const step of steps) await undo(step);
  const list = (ending: Ending): string[] =>
    steps.filter((step) => endings.get(step) === ending).map(({ step }) => step);
  return { undone: list("undone"), notUndone: list("not_undone"), unknown: list("unknown") };
}

async function undoStep(
  context: WorkflowContext,
  { step, compensation, isUnknown }: SagaStep,
  { error }: Pick<RollbackOptions, "error">,
): Promise<Ending> {
  if (isUnknown && !compensation.onUnknown) return "unknown";
  const path = `${step}/compensate`;
  let spec: StepSpec | undefined;
  try {
    spec = await compensation.prepare(error);
  } catch (thrown) {
    return refuse(context, path, thrown);
  }
  if (spec === undefined) {
    context.note({ type: "step_skipped", step: path, kind: "compensation", reason: "condition" });
    return "nothing";
  }
  try {
    await context.step(isUnknown ? { ...spec, settledBy: ["http_404", "http_410", "NOT_FOUND"] } : spec);
    return "undone";
  } catch (thrown) {
    if (!(thrown instanceof StepFailedError)) return refuse(context, path, thrown);
    return thrown.isUnknown ? "unknown" : "not_undone";
  }
}

/** Records why a compensation was not even scheduled: no other entry would say it. */
function refuse(context: WorkflowContext, path: string, thrown: unknown): "not_undone" {
  const failure = { ...toFailure(thrown, "expression_error"), step: path };
  context.note({ type: "block_closed", step: path, kind: "compensation", status: "failed", failure });
  return "not_undone";
}
