import type { JsonValue } from "../base/json.ts";
import { CancelledError, type Failure, failure, StepFailedError } from "../engine/failure.ts";
import { ABSENT } from "../expr/mod.ts";
import type { CancelScope } from "../engine/scope.ts";
import type { StepRun } from "./step_run.ts";
import { stepsWithin } from "./check_references.ts";
import { namesWithin } from "./names.ts";
import type { PlanStep, RaceStep } from "./plan.ts";

/** A step of a race that is under way or over. */
interface Runner {
  readonly step: PlanStep;
  scope: CancelScope | undefined;
}

/**
 * Runs steps side by side; the first to complete wins and gives the output.
 *
 * The losers are cancelled, and what they had completed is undone before this returns. One that fails or is skipped cannot win.
 */
export async function runRace(step: RaceStep, run: StepRun): Promise<JsonValue> {
  const runners: Runner[] = step.steps.map((child) => ({ step: child, scope: undefined }));
  let winner: Runner | undefined;
  let output: JsonValue = null;
  let lastError: StepFailedError | undefined;
  let other: unknown;
  const contend = async (runner: Runner): Promise<void> => {
    if (winner !== undefined) return;
    await run.context.withScope({}, async (context) => {
      runner.scope = context.scope;
      const end = await run.runStep(runner.step, { ...run, context });
      if (end.status !== "completed" || winner !== undefined) return;
      winner = runner;
      output = end.output;
      for (const loser of runners) if (loser !== runner) loser.scope?.cancel("sibling");
    }).catch((thrown) => {
      if (thrown instanceof StepFailedError) lastError = thrown;
      else if (winner === undefined) other ??= thrown;
    });
  };
  await Promise.all(runners.map(contend));
  if (winner === undefined) {
    if (run.context.scope.cause !== undefined) throw new CancelledError(run.context.scope.cause);
    if (other !== undefined) throw other;
    if (lastError !== undefined) throw lastError;
    return null;
  }
  await undoLosers(runners.filter((runner) => runner !== winner), run);
  return output;
}

async function undoLosers(losers: readonly Runner[], { context, frame, path }: StepRun): Promise<void> {
  const lost: Failure = failure("cancelled", "Another step of the race was faster", { step: path });
  const within = losers.flatMap(({ scope }) => scope ?? []);
  const { notUndone, unknown } = await context.rollback({ within, error: lost, order: "reverse" });
  // Only now: the compensations read what the losers had set.
  for (const { step } of losers) {
    for (const name of namesWithin(step)) frame.set(name, ABSENT);
    for (const { id } of stepsWithin(step)) {
      if (frame.run.stepIds.has(id)) {
        frame.setStep(id, { status: "cancelled", output: ABSENT, failure: null, attempts: 0 });
      }
    }
  }
  if (notUndone.length === 0 && unknown.length === 0) return;
  const left = [...notUndone, ...unknown].map((undone) => `"${undone}"`).join(", ");
  throw new StepFailedError(
    failure("outcome_unknown", `The race was won, but ${left} of a slower step could not be undone`, { step: path }),
  );
}
