import type { StepSpec } from "./context.ts";
import type { Execution } from "./execution.ts";
import type { Fact } from "./journal.ts";
import { type RunnerOptions, StepRunner } from "./step_runner.ts";
import type { Turn } from "./turn.ts";

/** What the effects of a run need. */
export interface EffectsOptions extends RunnerOptions {
  /** What the run asks for; another one when a person has resumed it. */
  readonly execution: () => Pick<Execution, "idempotencyKey" | "inFlight">;
  /** Hears of outcomes, signs of life and timers, in the order in which they come. */
  readonly onFact: (fact: Fact) => void;
}

/** What a run has under way in this process: calls and timers. Only turns that are in the store may start any. */
export class Effects {
  readonly #options: EffectsOptions;
  readonly #steps = new Map<string, StepRunner>();
  readonly #timers = new Map<string, () => void>();

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  /** Whether no call is under way. */
  get isQuiet(): boolean {
    return this.#steps.size === 0;
  }

  /** Starts and stops what a committed turn asks for. `attemptsBefore` counts the attempts of a step before a crash. */
  perform(turn: Turn, attemptsBefore?: (step: string) => number): void {
    this.stopTimers(turn.timersCleared);
    for (const { timer, due } of turn.timersSet) {
      if (!turn.timersCleared.includes(timer)) this.#startTimer(timer, due);
    }
    for (const spec of turn.starts) this.#startStep(spec, turn, attemptsBefore?.(spec.step));
    for (const step of turn.cancels) this.#steps.get(step)?.cancel();
  }

  stopTimers(timers: Iterable<string>): void {
    for (const timer of timers) {
      this.#timers.get(timer)?.();
      this.#timers.delete(timer);
    }
  }

  /** Cuts everything off: nobody listens any more. */
  abandon(): void {
    this.stopTimers([...this.#timers.keys()]);
    for (const runner of this.#steps.values()) runner.abandon();
  }

  #startStep(spec: StepSpec, turn: Turn, attemptsBefore: number | undefined): void {
    const execution = this.#options.execution();
    const pending = execution.inFlight(spec.step);
    const recovered = attemptsBefore === undefined ? undefined : pending;
    const runner = new StepRunner({
      run: this.#options,
      spec,
      idempotencyKey: spec.key ?? execution.idempotencyKey(spec.step),
      outerDeadline: pending?.scope.deadline,
      scheduledAt: recovered?.scheduledAt,
      attemptsBefore,
      lastHeartbeat: recovered?.lastHeartbeat,
    });
    // A step that was cancelled in the turn that asked for it must not send anything.
    if (turn.cancels.length > 0 && turn.cancels.includes(spec.step)) runner.cancel();
    const outcome = runner.run();
    if (!(outcome instanceof Promise)) return this.#options.onFact(outcome);
    this.#steps.set(spec.step, runner);
    void outcome.then((later) => {
      this.#steps.delete(spec.step);
      this.#options.onFact(later);
    });
  }

  #startTimer(timer: string, due: number): void {
    const { clock, onFact } = this.#options;
    const stop = clock.after(due - clock.now(), () => {
      this.#timers.delete(timer);
      onFact({ type: "timer_fired", timer });
    });
    this.#timers.set(timer, stop);
  }
}
