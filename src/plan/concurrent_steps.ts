import type { JsonObject, JsonValue } from "../base/json.ts";
import type { WorkflowContext } from "../engine/context.ts";
import { CancelledError, StepFailedError } from "../engine/failure.ts";
import { ReturnSignal } from "./small_steps.ts";
import { present, skip, type StepEnd, type StepRun } from "./step_run.ts";
import type { DagStep, ParallelStep, PlanStep } from "./plan.ts";

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

/** Runs each step as soon as its dependencies are done; gives the outputs by name. */
export async function runDag(step: DagStep, run: StepRun): Promise<JsonValue> {
  const { steps, dependencies, maxConcurrency, failFast } = step;
  const waitingFor = dependencies.map((needs) => needs.length);
  const dependents: number[][] = steps.map(() => []);
  for (const [index, needs] of dependencies.entries()) for (const need of needs) dependents[need]!.push(index);
  const isBlocked = steps.map(() => false);
  const ready = new ReadyQueue();
  for (const [index, count] of waitingFor.entries()) if (count === 0) ready.push(index);
  const finish = (index: number, isUsable: boolean): void => {
    for (const next of dependents[index]!) {
      if (!isUsable) isBlocked[next] = true;
      waitingFor[next]!--;
      if (waitingFor[next] === 0) ready.push(next);
    }
  };
  await run.context.withScope({}, async (context) => {
    const inner = { ...run, context };
    await runConcurrently({ count: steps.length, maxConcurrency, failFast }, context, async () => {
      const next = ready.next();
      const index = typeof next === "object" ? await next : next;
      if (index === undefined) return;
      const child = steps[index]!;
      if (isBlocked[index]) {
        skip(child, { ...inner, path: `${run.path}/${child.id}` }, "dependency");
        return finish(index, false);
      }
      let end: StepEnd | undefined;
      try {
        end = await run.runStep(child, inner);
      } finally {
        // Whoever waits for a step that will never be ready must be let go.
        if (context.scope.cause !== undefined || (end === undefined && failFast)) ready.close();
        else finish(index, end !== undefined);
      }
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
  const errors: StepFailedError[] = [];
  let other: unknown;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count && context.scope.cause === undefined) {
      try {
        await work(next++);
      } catch (thrown) {
        if (thrown instanceof StepFailedError) errors.push(thrown);
        else other ??= thrown;
        if (failFast || !(thrown instanceof StepFailedError)) context.scope.cancel("sibling");
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, maxConcurrency) }, lane));
  if (other instanceof ReturnSignal) throw other;
  const [first] = errors;
  if (first === undefined) {
    if (other !== undefined) throw other;
    if (context.scope.cause !== undefined) throw new CancelledError(context.scope.cause);
    return;
  }
  if (failFast) throw first;
  const details: JsonValue = { errors: errors.map(({ failure }) => ({ ...failure })) };
  throw new StepFailedError({ ...first.failure, details }, first.isUnknown, first.attempts);
}

/** Hands out the steps of a dag as they become ready; a taker waits while none is. */
class ReadyQueue {
  readonly #ready: number[] = [];
  #taken = 0;
  #takers: ((index: number | undefined) => void)[] = [];
  #isClosed = false;

  push(index: number): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#ready.push(index);
    else taker(index);
  }

  next(): Promise<number | undefined> | number | undefined {
    if (this.#isClosed) return undefined;
    if (this.#taken < this.#ready.length) return this.#ready[this.#taken++];
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Lets everybody go who waits. */
  close(): void {
    this.#isClosed = true;
    for (const taker of this.#takers) taker(undefined);
    this.#takers = [];
  }
}

function outputsByName(steps: readonly PlanStep[], { frame }: StepRun): JsonObject {
  const outputs: Record<string, JsonValue> = {};
  for (const { output } of steps) if (output !== undefined) outputs[output] = present(frame.lookup(output));
  return outputs;
}
