import type { JsonValue } from "../base/json.ts";
import { BlockErrors, outputsByName } from "./concurrent_steps.ts";
import type { DagStep } from "./plan.ts";
import { skip, type StepRun } from "./step_run.ts";

/** Runs each step as soon as its dependencies are done; gives the outputs by name. */
export async function runDag(step: DagStep, run: StepRun): Promise<JsonValue> {
  await run.context.withScope({}, (context) => new DagRun(step, { ...run, context }).run());
  return outputsByName(step.steps, run);
}

/** The steps of one dag on their way: each starts in the turn in which the last of those that it waits for has ended. */
class DagRun {
  readonly #step: DagStep;
  /** The scope that the steps share. */
  readonly #inner: StepRun;
  readonly #errors: BlockErrors;
  /** How many each step still waits for. */
  readonly #waitingFor: number[];
  readonly #dependents: readonly number[][];
  /** Whether one that the step waits for has left it nothing to go on with. */
  readonly #isBlocked: boolean[];
  /** Steps that may run, in the order in which they became ready; those before `#taken` have been begun. */
  readonly #ready: number[] = [];
  #taken = 0;
  #running = 0;
  #isOver!: () => void;

  constructor(step: DagStep, inner: StepRun) {
    this.#step = step;
    this.#inner = inner;
    this.#errors = new BlockErrors(inner.context, step.failFast);
    this.#waitingFor = step.dependencies.map((needs) => needs.length);
    this.#isBlocked = step.steps.map(() => false);
    const dependents: number[][] = step.steps.map(() => []);
    for (const [index, needs] of step.dependencies.entries()) for (const need of needs) dependents[need]!.push(index);
    this.#dependents = dependents;
  }

  /** Runs the steps to their ends; throws what the first of those that failed did. */
  async run(): Promise<void> {
    for (const [index, count] of this.#waitingFor.entries()) if (count === 0) this.#ready.push(index);
    const over = new Promise<void>((resolve) => this.#isOver = resolve);
    this.#proceed();
    await over;
    this.#errors.raise();
  }

  #proceed(): void {
    const { steps, maxConcurrency } = this.#step;
    const { context, path } = this.#inner;
    while (
      this.#taken < this.#ready.length && this.#running < maxConcurrency && context.scope.cause === undefined
    ) {
      const index = this.#ready[this.#taken++]!;
      if (this.#isBlocked[index]) {
        const child = steps[index]!;
        skip(child, { ...this.#inner, path: `${path}/${child.id}` }, "dependency");
        this.#finish(index, false);
      } else {
        this.#running++;
        void this.#runStep(index);
      }
    }
    if (this.#running === 0) this.#isOver();
  }

  async #runStep(index: number): Promise<void> {
    let isUsable = false;
    try {
      await this.#inner.runStep(this.#step.steps[index]!, this.#inner);
      isUsable = true;
    } catch (thrown) {
      this.#errors.add(thrown);
    }
    this.#running--;
    this.#finish(index, isUsable);
    this.#proceed();
  }

  #finish(index: number, isUsable: boolean): void {
    for (const next of this.#dependents[index]!) {
      if (!isUsable) this.#isBlocked[next] = true;
      this.#waitingFor[next]!--;
      if (this.#waitingFor[next] === 0) this.#ready.push(next);
    }
  }
}
