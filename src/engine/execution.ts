import type { JsonValue } from "../base/json.ts";
import type { ChildSpec, StepSpec, StepSuccess, WorkflowDefinition } from "./context.ts";
import { DurableContext } from "./durable_context.ts";
import { type CancelCause, CancelledError, StepFailedError } from "./failure.ts";
import { type Entry, isOutcome, type JournalTurn, type Note, type RunFinished, type RunStarted } from "./journal.ts";
import type { StepOutcome } from "./journal.ts";
import { runLifecycle } from "./lifecycle.ts";
import { PendingStep, PendingTimer, silence } from "./pending.ts";
import { Saga } from "./saga.ts";
import { CancelScope } from "./scope.ts";

/** An entry that comes from outside the workflow function and moves it on. */
export type Fact = StepOutcome | Extract<Entry, { type: "timer_fired" | "cancel_requested" }>;

/** What one turn came to. The caller commits `entries`, and only then acts on the rest. */
export interface Turn {
  readonly time: number;
  readonly entries: readonly Entry[];
  /** Steps to start, in the order in which they were asked for. */
  readonly starts: readonly StepSpec[];
  /** Paths of steps to cancel, among them such as start in this very turn. */
  readonly cancels: readonly string[];
  readonly timersSet: readonly { readonly timer: string; readonly due: number }[];
  readonly timersCleared: readonly string[];
  /** Set when the run has ended. */
  readonly finished: RunFinished | undefined;
  /** Set when the run cannot go on by itself. The turn is then not to be committed. */
  readonly paused: PauseReason | undefined;
}

/** Why a run is paused. */
export type PauseReason = "non_determinism" | "foreign_await";

/** What an execution is made of. */
export interface ExecutionOptions {
  readonly runId: string;
  /** The part of idempotency keys that stands for the run. */
  readonly internalId: string;
  readonly definition: WorkflowDefinition;
  /** Lets everything run that is ready, and nothing else (kernel rule 2). */
  readonly drain: () => Promise<void>;
  /** Hashes a text to hexadecimal digits. */
  readonly digest: (text: string) => string;
}

/** No step id holds a `!`, so no step or block has this key. */
const RUN_TIMER = "!timeout";

/** Header values and keys stay short: longer paths travel as their hash. */
const LONGEST_KEY_PATH = 200;

/**
 * One run in memory: a workflow function driven by journal entries, turn by turn.
 *
 * It does no I/O. `start` or `replay` comes first and once; then `advance` for each batch of facts, one at a time. An outcome is
 * applied at its own place, followed by a full drain, live and on replay alike; what the function asks for is compared on replay.
 */
export class Execution {
  readonly options: ExecutionOptions;
  readonly saga: Saga = new Saga();
  readonly root: CancelScope;
  started!: RunStarted;
  startedAt = 0;
  #time = 0;
  #isOpen = false;
  readonly #steps = new Map<string, PendingStep>();
  readonly #timers = new Map<string, PendingTimer>();
  readonly #used = new Set<string>();
  #entries: Entry[] = [];
  #produced: Entry[] = [];
  #isReplaying = false;
  #starts: StepSpec[] = [];
  #cancels: string[] = [];
  #timersSet: { timer: string; due: number }[] = [];
  #timersCleared: string[] = [];
  #finished: RunFinished | undefined;
  #paused: PauseReason | undefined;
  #onSettled: (() => void) | undefined;

  constructor(options: ExecutionOptions) {
    this.options = options;
    this.root = new CancelScope();
  }

  /** The turn's time in milliseconds; never goes back. */
  get time(): number {
    return this.#time;
  }

  /** Whether the run has ended. */
  get isFinished(): boolean {
    return this.#finished !== undefined;
  }

  /** The key that a service sees at every attempt of a step. */
  idempotencyKey(step: string): string {
    const { internalId, digest } = this.options;
    return `${internalId}:${step.length > LONGEST_KEY_PATH ? digest(step) : step}`;
  }

  /** The earliest limit of the scopes around a step in flight, in wall-clock milliseconds. */
  outerDeadline(step: string): number | undefined {
    return this.#steps.get(step)?.scope.deadline;
  }

  /** Begins the run. */
  async start(started: RunStarted, time: number): Promise<Turn> {
    this.#open(time);
    await this.#begin(started);
    return this.#close();
  }

  /**
   * Rebuilds the run from its journal. The turn that comes back holds no entries: it says what is in flight and has to be started again.
   */
  async replay(turns: readonly JournalTurn[]): Promise<Turn> {
    this.#isReplaying = true;
    for (const turn of turns) {
      this.#open(turn.time);
      for (const entry of turn.entries) {
        if (entry.type === "run_started") await this.#begin(entry);
        else if (isFact(entry)) {
          this.#apply(entry);
          await this.options.drain();
        } else if (isCommand(entry)) this.#compare(entry);
      }
      if (this.#produced.length > 0) this.#pause("non_determinism");
      this.#close();
    }
    this.#isReplaying = false;
    const pending = [...this.#steps.values()];
    return {
      ...EMPTY_TURN,
      time: this.#time,
      starts: pending.map((step) => step.spec),
      cancels: pending.filter((step) => step.isCancelled).map((step) => step.spec.step),
      timersSet: [...this.#timers.values()].map(({ timer, due }) => ({ timer, due })),
      finished: this.#finished,
      paused: this.#paused,
    };
  }

  /** Applies facts in their order and runs the function until it waits again. Facts about what is already settled are dropped. */
  async advance(facts: readonly Fact[], time: number): Promise<Turn> {
    this.#open(time);
    for (const fact of facts) {
      if (this.#isNews(fact)) {
        this.#entries.push(fact);
        this.#apply(fact);
        await this.options.drain();
      }
    }
    return this.#close();
  }

  /** Schedules a step in a scope. */
  step(spec: StepSpec, scope: CancelScope): Promise<StepSuccess> {
    this.#requireTurn();
    if (scope.cause !== undefined) return silence(Promise.reject(new CancelledError(scope.cause)));
    this.#claimKey(spec.step);
    const pending = new PendingStep(spec, scope, (step) => this.#cancels.push(step.spec.step));
    this.#steps.set(spec.step, pending);
    scope.enter(pending);
    const { step, service, method, request, compensates } = spec;
    const scheduled = { type: "step_scheduled", step, service, method, request } as const;
    this.#produce(compensates === undefined ? scheduled : { ...scheduled, compensates });
    this.#starts.push(spec);
    return pending.promise;
  }

  /** Sets a timer in a scope. */
  timer(name: string, due: number, scope: CancelScope): PendingTimer {
    this.#requireTurn();
    this.#claimKey(name);
    const pending = new PendingTimer(name, due, scope, (timer) => this.clearTimer(timer));
    this.#timers.set(name, pending);
    scope.enter(pending);
    this.#produce({ type: "timer_set", timer: name, due });
    this.#timersSet.push({ timer: name, due });
    return pending;
  }

  signal(step: string, name: string): Promise<JsonValue> {
    throw new Error(`${step} waits for ${name}`);
  }

  child(spec: ChildSpec): Promise<StepSuccess> {
    throw new Error(spec.step);
  }

  /** Calls a timer off; a timer that has fired is left alone. */
  clearTimer(timer: PendingTimer): void {
    if (!this.#timers.delete(timer.timer)) return;
    timer.scope.leave(timer);
    this.#timersCleared.push(timer.timer);
  }

  /** Records something for people. */
  note(note: Note): void {
    if (!this.#isReplaying) this.#entries.push(note);
  }

  /** Cancels what is in flight and resolves when every step has its outcome. */
  settle(): Promise<void> {
    if (this.#steps.size === 0) return Promise.resolve();
    for (const step of this.#steps.values()) {
      if (!step.isCancelled) step.onCancelled();
    }
    return new Promise((resolve) => this.#onSettled = resolve);
  }

  async #begin(started: RunStarted): Promise<void> {
    this.started = started;
    this.startedAt = this.#time;
    if (!this.#isReplaying) this.#entries.push(started);
    const { definition } = this.options;
    if (started.timeoutMs !== null) this.#limitRun(started.timeoutMs);
    const context = new DurableContext(this, this.root);
    runLifecycle(context, definition, started.input).then((finished) => {
      this.#finished = finished;
      this.#produce(finished);
    }, () => this.#pause("non_determinism"));
    await this.options.drain();
  }

  #limitRun(timeoutMs: number): void {
    // The limit must not end with the scope that it cancels, hence a scope of its own.
    const timer = this.timer(RUN_TIMER, this.#time + timeoutMs, new CancelScope());
    this.root.deadline = timer.due;
    void timer.promise.then(() => this.root.cancel("timeout"));
  }

  #apply(fact: Fact): void {
    if (isOutcome(fact)) this.#settleStep(fact);
    else if (fact.type === "timer_fired") this.#fireTimer(fact.timer);
    else this.root.cancel(fact.reason);
  }

  #settleStep(outcome: StepOutcome): void {
    const pending = this.#steps.get(outcome.step);
    if (pending === undefined) {
      this.#pause("non_determinism");
      return;
    }
    this.#steps.delete(outcome.step);
    pending.scope.leave(pending);
    const isUnknown = outcome.type === "step_unknown";
    const { compensation } = pending.spec;
    if (compensation !== undefined && (isUnknown || outcome.type === "step_completed")) {
      this.saga.add({ step: outcome.step, scope: pending.scope, compensation, isUnknown });
    }
    if (outcome.type === "step_completed") pending.resolve(outcome);
    else if (outcome.type === "step_cancelled") pending.reject(new CancelledError(causeOf(pending.scope)));
    else pending.reject(new StepFailedError(outcome.failure, isUnknown, outcome.attempts));
    if (this.#steps.size === 0) this.#onSettled?.();
  }

  #fireTimer(name: string): void {
    const timer = this.#timers.get(name);
    if (timer === undefined) {
      this.#pause("non_determinism");
      return;
    }
    this.#timers.delete(name);
    timer.scope.leave(timer);
    timer.fire();
  }

  #isNews(fact: Fact): boolean {
    if (this.#finished !== undefined) return false;
    if (isOutcome(fact)) return this.#steps.has(fact.step);
    if (fact.type === "timer_fired") return this.#timers.has(fact.timer);
    return this.root.cause === undefined;
  }

  #open(time: number): void {
    this.#isOpen = true;
    this.#time = Math.max(this.#time, time);
  }

  #close(): Turn {
    this.#isOpen = false;
    const isStuck = this.#finished === undefined && this.#steps.size === 0 && !this.#awaitsTimer();
    const turn: Turn = {
      time: this.#time,
      entries: this.#entries,
      starts: this.#starts,
      cancels: this.#cancels,
      timersSet: this.#timersSet,
      timersCleared: this.#finished === undefined
        ? this.#timersCleared
        : [...this.#timersCleared, ...this.#timers.keys()],
      finished: this.#finished,
      paused: this.#paused ?? (isStuck ? "foreign_await" : undefined),
    };
    this.#entries = [];
    this.#starts = [];
    this.#cancels = [];
    this.#timersSet = [];
    this.#timersCleared = [];
    this.#produced = [];
    return turn;
  }

  #awaitsTimer(): boolean {
    return this.#timers.size > (this.#timers.has(RUN_TIMER) ? 1 : 0);
  }

  #produce(entry: Entry): void {
    (this.#isReplaying ? this.#produced : this.#entries).push(entry);
  }

  #compare(recorded: Entry): void {
    const produced = this.#produced.shift();
    if (produced === undefined || commandKey(produced) !== commandKey(recorded)) this.#pause("non_determinism");
  }

  /** The first reason stays: what follows is often its consequence. */
  #pause(reason: PauseReason): void {
    this.#paused ??= reason;
  }

  #claimKey(key: string): void {
    if (this.#used.has(key)) throw new Error(`Step "${key}" is asked for twice in one run`);
    this.#used.add(key);
  }

  #requireTurn(): void {
    if (this.#isOpen) return;
    this.#pause("foreign_await");
    throw new Error("A workflow function awaited something that is not durable");
  }
}

const EMPTY_TURN: Turn = {
  time: 0,
  entries: [],
  starts: [],
  cancels: [],
  timersSet: [],
  timersCleared: [],
  finished: undefined,
  paused: undefined,
};

function isFact(entry: Entry): entry is Fact {
  return isOutcome(entry) || entry.type === "timer_fired" || entry.type === "cancel_requested";
}

function isCommand(entry: Entry): boolean {
  return entry.type === "step_scheduled" || entry.type === "timer_set" || entry.type === "run_finished";
}

/** What replay compares: key, kind and target, never inputs, which a changed default may vary (kernel rule 11). */
function commandKey(entry: Entry): string {
  if (entry.type === "step_scheduled") return `step ${entry.step} ${entry.service} ${entry.method}`;
  if (entry.type === "timer_set") return `timer ${entry.timer}`;
  return entry.type;
}

function causeOf(scope: CancelScope): CancelCause {
  return scope.cause ?? "cancelled";
}
