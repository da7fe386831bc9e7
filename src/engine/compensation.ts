import type {
  CompensationSpec,
  RollbackOptions,
  RollbackOutcome,
  StepSpec,
  StepSuccess,
  WorkflowContext,
} from "./context.ts";
import { type Failure, StepFailedError, toFailure } from "./failure.ts";
import type { ChildUndo, SagaStep } from "./saga.ts";

/** What a rollback needs beyond the verbs of a workflow. */
export interface RollbackContext extends WorkflowContext {
  /** Asks a child run to undo itself. Rejects with `StepFailedError` when it could not. */
  undoChild(request: {
    readonly step: string;
    readonly compensates: string;
    readonly runId: string;
    readonly workflow: string;
    readonly error: Failure;
  }): Promise<StepSuccess>;
}

/** What a rollback came to, and the steps that are still to be undone. */
export interface Rollback {
  readonly outcome: RollbackOutcome;
  readonly left: readonly SagaStep[];
}

type Ending = "undone" | "not_undone" | "unknown" | "nothing";

/** Answers by which a service says that there is nothing to undo, or that it knows of nothing. */
export const NOT_THERE: readonly string[] = ["http_404", "http_410", "NOT_FOUND"];

/**
 * Undoes steps, newest first, one after the other or all at once.
 *
 * One that fails does not keep the others from being tried. The context must be shielded: a rollback cannot be cancelled.
 */
export async function rollback(
  context: RollbackContext,
  steps: readonly SagaStep[],
  options: Pick<RollbackOptions, "error" | "order">,
): Promise<Rollback> {
  const endings = new Map<SagaStep, Ending>();
  const sent = new Map<SagaStep, StepSpec>();
  const undo = async (step: SagaStep): Promise<void> => {
    endings.set(step, await undoStep(context, step, options.error, sent));
  };
  if (options.order === "parallel") await Promise.all(steps.map(undo));
  else for (const step of steps) await undo(step);
  const having = (ending: Ending): SagaStep[] => steps.filter((step) => endings.get(step) === ending);
  const list = (ending: Ending): string[] => having(ending).map(({ step }) => step);
  return {
    outcome: { undone: list("undone"), notUndone: list("not_undone"), unknown: list("unknown") },
    left: steps.filter((step) => ["not_undone", "unknown"].includes(endings.get(step)!))
      .map((step) => ({ ...step, tries: step.tries + 1, sent: sent.get(step) ?? step.sent })),
  };
}

async function undoStep(
  context: RollbackContext,
  step: SagaStep,
  error: Failure,
  sent: Map<SagaStep, StepSpec>,
): Promise<Ending> {
  const { undo } = step;
  if ("runId" in undo) return await undoChild(context, step, undo, error);
  let found: StepSuccess | undefined;
  if (step.isUnknown) {
    const answer = await reconcile(context, step);
    if (answer === "not_done") return "nothing";
    if (answer === "unknown" && !undo.onUnknown) return "unknown";
    if (typeof answer === "object") found = answer;
  }
  return await undoByCall(context, { of: step, undo, error, found, sent });
}

/** One undoing by a call. */
interface CallUndo {
  readonly of: SagaStep;
  readonly undo: CompensationSpec;
  readonly error: Failure;
  /** What the service says of a step of unknown outcome. */
  readonly found: StepSuccess | undefined;
  /** Takes down what is sent. */
  readonly sent: Map<SagaStep, StepSpec>;
}

async function undoByCall(context: RollbackContext, { of, undo, error, found, sent }: CallUndo): Promise<Ending> {
  const path = `${of.step}/compensate`;
  let spec: StepSpec | undefined;
  try {
    // What the expressions read may be gone by the time of another try, and one key stands for one request.
    spec = of.sent ?? await undo.prepare(error, found?.output);
  } catch (thrown) {
    return refuse(context, path, thrown);
  }
  if (spec === undefined) {
    context.note({ type: "step_skipped", step: path, kind: "compensation", reason: "condition" });
    return "nothing";
  }
  sent.set(of, spec);
  // Another try of the same effect: a path of its own, and the key of the first.
  if (of.tries > 0) spec = { ...spec, key: spec.key ?? context.idempotencyKey(path), step: again(path, of.tries) };
  const isGuess = of.isUnknown && found === undefined;
  try {
    await context.step(isGuess ? { ...spec, settledBy: NOT_THERE } : spec);
    return "undone";
  } catch (thrown) {
    if (!(thrown instanceof StepFailedError)) return refuse(context, path, thrown);
    return thrown.isUnknown ? "unknown" : "not_undone";
  }
}

async function undoChild(
  context: RollbackContext,
  { step, tries }: SagaStep,
  { runId, workflow, isBroken }: ChildUndo,
  error: Failure,
): Promise<Ending> {
  if (isBroken && tries === 0) return "not_undone";
  try {
    await context.undoChild({ step: again(`${step}/compensate`, tries), compensates: step, runId, workflow, error });
    return "undone";
  } catch (thrown) {
    if (!(thrown instanceof StepFailedError)) throw thrown;
    return "not_undone";
  }
}

/** Asks the service whether a step of unknown outcome took effect. */
async function reconcile(
  context: RollbackContext,
  { step, reconcile, tries }: SagaStep,
): Promise<StepSuccess | "not_done" | "unknown"> {
  if (reconcile === undefined) return "unknown";
  const path = again(`${step}/reconcile`, tries);
  try {
    const { output, attempts } = await context.step({ ...reconcile.prepare(path), settledBy: NOT_THERE });
    const verdict = reconcile.judge(output);
    context.note({ type: "reconciled", step, isDone: verdict.isDone });
    return verdict.isDone ? { output: verdict.output, attempts } : "not_done";
  } catch {
    return "unknown";
  }
}

/** The path of another try: `x/compensate`, then `x/compensate!2`. */
function again(path: string, tries: number): string {
  return tries === 0 ? path : `${path}!${tries + 1}`;
}

/** Records why a compensation was not even scheduled: no other entry would say it. */
function refuse(context: RollbackContext, path: string, thrown: unknown): "not_undone" {
  const failure = { ...toFailure(thrown, "expression_error"), step: path };
  context.note({ type: "block_closed", step: path, kind: "compensation", status: "failed", failure });
  return "not_undone";
}
