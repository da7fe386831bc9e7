import type { Clock } from "./clock.ts";
import type { StepSpec } from "./context.ts";
import type { Execution } from "./execution.ts";
import type { Fact, Note, StepOutcome } from "./journal.ts";
import { type StepCaller, StepRunner } from "./step_runner.ts";
import type { Turn } from "./turn.ts";

/** What the effects of a run need. */
export interface EffectsOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly runId: string;
  readonly workflow: string;
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  readonly caller: StepCaller;
  /** What the run asks for; another one when a person has resumed it. */
  readonly execution: () => Pick<Execution, "idempotencyKey" | "outerDeadline" | "inFlight">;
  readonly admit: () => Promise<void> | undefined;
  readonly onNote: (note: Note) => void;
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
    const { clock, random, runId, workflow, traceId, caller, admit, onNote, onFact } = this.#options;
    const execution = this.#options.execution();
    const recovered = attemptsBefore === undefined ? undefined : execution.inFlight(spec.step);
    const runner = new StepRunner({
      spec,
      caller,
      clock,
      random,
      runId,
      workflow,
      traceId,
      idempotencyKey: spec.key ?? execution.idempotencyKey(spec.step),
      outerDeadline: execution.outerDeadline(spec.step),
      scheduledAt: recovered?.scheduledAt,
      attemptsBefore,
      lastHeartbeat: recovered?.lastHeartbeat,
      admit,
      onNote,
      onFact,
    });
    this.#steps.set(spec.step, runner);
    // A step that was cancelled in the turn that asked for it must not send anything.
    if (turn.cancels.length > 0 && turn.cancels.includes(spec.step)) runner.cancel();
    const outcome = runner.run();
    if (outcome instanceof Promise) void outcome.then((later) => this.#end(later));
    else this.#end(outcome);
  }

  #end(outcome: StepOutcome): void {
    this.#steps.delete(outcome.step);
    this.#options.onFact(outcome);
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
