import type { JsonObject, JsonValue } from "../base/json.ts";
import type { WorkflowContext } from "../engine/context.ts";
import { CancelledError, StepFailedError } from "../engine/failure.ts";
import { ReturnSignal } from "./small_steps.ts";
import { present, type StepRun } from "./step_run.ts";
import type { ParallelStep, PlanStep } from "./plan.ts";

/** Options of `runConcurrently`. */
interface ConcurrencyOptions {
  readonly count: number;
  readonly maxConcurrency: number;
  readonly failFast: boolean;
}

/** Runs steps side by side; gives the outputs by name. */
export async function runParallel(step: ParallelStep, run: StepRun): Promise<JsonValue> {
  const { steps, maxConcurrency, failFast } = step;
  await run.context.withScope({}, async (context) => {
    const inner = { ...run, context };
    await runConcurrently({ count: steps.length, maxConcurrency, failFast }, context, async (index) => {
      await run.runStep(steps[index]!, inner);
    });
  });
  return outputsByName(steps, run);
}

/**
 * Runs `count` pieces of work, at most so many at a time, each started as soon as one before it is done.
 *
 * With `failFast` the first error cancels the others, and all of them are awaited; without it they finish, and `details.errors` of the
 * error has all. Either way the first error in the order of the journal is thrown.
 */
export async function runConcurrently(
  { count, maxConcurrency, failFast }: ConcurrencyOptions,
  context: WorkflowContext,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const errors = new BlockErrors(context, failFast);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count && context.scope.cause === undefined) {
      try {
        await work(next++);
      } catch (thrown) {
        errors.add(thrown);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, maxConcurrency) }, lane));
  errors.raise();
}

/** What went wrong in a block whose steps run side by side. */
export class BlockErrors {
  readonly #context: WorkflowContext;
  readonly #failFast: boolean;
  readonly #failed: StepFailedError[] = [];
  #other: unknown;

  constructor(context: WorkflowContext, failFast: boolean) {
    this.#context = context;
    this.#failFast = failFast;
  }

  /** Takes what one of the steps threw, and cancels the others where that is called for. */
  add(thrown: unknown): void {
    if (thrown instanceof StepFailedError) this.#failed.push(thrown);
    else this.#other ??= thrown;
    if (this.#failFast || !(thrown instanceof StepFailedError)) this.#context.scope.cancel("sibling");
  }

  /** Throws what the block comes to, if anything, once all its steps have ended. */
  raise(): void {
    if (this.#other instanceof ReturnSignal) throw this.#other;
    const { cause } = this.#context.scope;
    const [first] = this.#failed;
    if (first === undefined) {
      if (this.#other !== undefined) throw this.#other;
      if (cause !== undefined) throw new CancelledError(cause);
      return;
    }
    if (this.#failFast) throw first;
    const details: JsonValue = { errors: this.#failed.map(({ failure }) => ({ ...failure })) };
    throw new StepFailedError({ ...first.failure, details }, first.isUnknown, first.attempts);
  }
}

/** The outputs of the steps of a block, by name. */
export function outputsByName(steps: readonly PlanStep[], { frame }: StepRun): JsonObject {
  const outputs: Record<string, JsonValue> = {};
  for (const { output } of steps) if (output !== undefined) outputs[output] = present(frame.lookup(output));
  return outputs;
}
