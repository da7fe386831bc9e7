import { canonicalJson, type JsonValue } from "../base/json.ts";
import { Commands } from "./commands.ts";
import type { WorkflowDefinition } from "./context.ts";
import type { Continuation } from "./continuation.ts";
import { DurableContext } from "./durable_context.ts";
import { type EffectiveJournal, effectiveTurns } from "./effective_turns.ts";
import type { CancelCause, Failure } from "./failure.ts";
import { commandKey, type Fact, isCommand, isFact, isOutcome, type StepOutcome } from "./journal.ts";
import type { JournalTurn, RunFinished, RunStarted } from "./journal.ts";
import { reopen, runLifecycle } from "./lifecycle.ts";
import { settleChild } from "./child_end.ts";
import type { PendingChild, PendingStep } from "./pending.ts";
import type { Difference, Pause, PauseReason, RunCause } from "./run.ts";
import { Saga } from "./saga.ts";
import { RunState } from "./run_state.ts";
import { CancelScope } from "./scope.ts";
import { settleStep } from "./settle_step.ts";
import { type Activity, type Turn, TurnDraft } from "./turn.ts";

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
  /** Hears that the function has got stuck between two turns: the next one tells why. */
  readonly onStuck?: (() => void) | undefined;
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
  readonly root: CancelScope = new CancelScope();
  readonly commands: Commands;
  readonly state: RunState;
  started!: RunStarted;
  startedAt = 0;
  #time = 0;
  #context!: DurableContext;
  #finished: RunFinished | undefined;
  #continued: Continuation | undefined;
  /** Set while a person is to decide; called when the run is cancelled. */
  #onDecision: (() => void) | undefined;
  #pause: Pause | undefined;
  #pausedStep: string | null = null;
  /** What had come true before the run was resumed, and has not been asked for again. */
  #kept: readonly Fact[] = [];
  #stuck: PauseReason | undefined;
  #mismatch: string | undefined;
  #difference: Difference | undefined;

  constructor(options: ExecutionOptions) {
    this.options = options;
    this.commands = new Commands(options.runId, (reason, mismatch) => this.#getStuck(reason, mismatch));
    this.state = new RunState(this.commands);
  }

  /** The turn's time in milliseconds; never goes back. */
  get time(): number {
    return this.#time;
  }

  /** How the run has ended. */
  get finished(): RunFinished | undefined {
    return this.#finished;
  }

  /** The step that a run past its pivot stopped at; absent while the run is not paused for that. */
  get pausedAt(): { readonly step: string | null } | undefined {
    return this.#pause === undefined ? undefined : { step: this.#pausedStep };
  }

  /** The key that a service sees at every attempt of a step; with `request`, one that changes with what is sent. */
  idempotencyKey(step: string, request?: JsonValue): string {
    const { internalId, digest } = this.options;
    const { generation = 0 } = this.started;
    const run = generation === 0 ? internalId : `${internalId}.${generation}`;
    const key = `${run}:${step.length > LONGEST_KEY_PATH ? digest(step) : step}`;
    return request === undefined ? key : `${key}:${digest(canonicalJson(request)).slice(0, 16)}`;
  }

  /** A step in flight. */
  inFlight(step: string): Pick<PendingStep, "scheduledAt" | "lastHeartbeat" | "scope"> | undefined {
    return this.commands.waits.step(step);
  }

  /** Whether nothing but children moves the run on. */
  get waitsForChildrenOnly(): boolean {
    return !this.commands.waits.hasSteps && !this.commands.hearsPeople;
  }

  /** The children in flight. */
  get children(): readonly PendingChild[] {
    return this.commands.waits.children;
  }

  /** Begins the run. What an earlier run leaves for it (see `reusableFacts`) comes true within the first turn. */
  async start(started: RunStarted, time: number, reused: readonly Fact[] = []): Promise<Turn> {
    this.#open(time);
    await this.#begin(started);
    if (reused.length > 0) await this.#reuse(reused);
    return this.#close();
  }

  /**
   * Rebuilds the run from its journal. The turn that comes back holds no entries: it says what is in flight and has to be started again.
   */
  async replay(journal: readonly JournalTurn[]): Promise<Turn> {
    return await this.replayEffective(effectiveTurns(journal));
  }

  /** The same for a journal whose void parts have been left out. */
  async replayEffective({ turns, resumed, kept }: EffectiveJournal): Promise<Turn> {
    // A run that goes on after a pause has its whole time again.
    this.#kept = kept.filter((fact) => fact.type !== "timer_fired" || fact.timer !== RUN_TIMER);
    this.commands.isReplaying = true;
    this.state.patches.learn(turns);
    for (const turn of turns) {
      this.#open(turn.time);
      for (const entry of turn.entries) {
        if (entry.type === "run_started") await this.#begin(entry);
        else if (isFact(entry)) {
          this.#apply(entry);
          await this.#drain();
        } else if (isCommand(entry)) this.commands.confirm(entry);
      }
      const { asked, confirmed } = this.commands.draft;
      if (asked.length > confirmed) {
        const extra = commandKey(asked[confirmed]!);
        this.#getStuck("non_determinism", `the definition asks for ${extra}, which the journal has not`);
      }
      if (this.#stuck === "non_determinism") {
        this.#difference ??= this.commands.compare(turn.entries.filter(isCommand));
      }
      this.#close();
    }
    this.commands.isReplaying = false;
    const rest = new TurnDraft();
    rest.starts.push(
      ...this.commands.waits.specs.map((spec) => resumed.has(spec.step) ? { ...spec, atMostOnce: false } : spec),
    );
    rest.cancels.push(...this.commands.waits.cancelled);
    rest.timersSet.push(...this.commands.waits.timers);
    return this.#turn(rest);
  }

  /** Applies facts in their order and runs the function until it waits again. Facts about what is already settled are dropped. */
  async advance(facts: readonly Fact[], time: number): Promise<Turn> {
    this.#open(time);
    for (const fact of facts) {
      if (this.#isNews(fact)) {
        this.commands.draft.entries.push(fact);
        this.#apply(fact);
        await this.#drain();
      }
    }
    if (this.#kept.length > 0) await this.#takeUpKept();
    return this.#close();
  }

  /** What had come true before the run was resumed comes true as soon as it is asked for. */
  async #takeUpKept(): Promise<void> {
    const { waits, draft } = this.commands;
    for (;;) {
      const fact = this.#kept.find((kept) => kept.type === "signal_received" || waits.expects(kept));
      if (fact === undefined || this.#finished !== undefined) break;
      this.#kept = this.#kept.filter((kept) => kept !== fact);
      draft.entries.push(fact);
      this.#apply(fact);
      await this.#drain();
    }
    draft.keepOnly(waits);
  }

  /** Cancels what is in flight and resolves when every step has its outcome. */
  settle(): Promise<void> {
    return this.commands.waits.settle();
  }

  /** Pauses the run, past its pivot, until it is cancelled. */
  pausePastPivot(error: Failure, cause: RunCause): Promise<void> {
    const at = error.step === null ? "" : ` at step "${error.step}"`;
    const pause: Pause = { reason: "past_pivot", message: `The run failed${at} past its pivot: ${error.message}` };
    this.#pause = pause;
    this.#pausedStep = cause === "timeout" ? RUN_TIMER : error.step;
    this.commands.produce({ type: "run_paused", pause, error, cause });
    return new Promise((resolve) => this.#onDecision = resolve);
  }

  async #begin(started: RunStarted): Promise<void> {
    this.started = started;
    this.startedAt = this.#time;
    if (!this.commands.isReplaying) this.commands.draft.entries.push(started);
    if (started.timeoutMs !== null) this.#limitRun(started.timeoutMs);
    this.state.begin(started, this.options.runId);
    this.#context = new DurableContext(this, this.root);
    this.#finishWith(runLifecycle(this.#context, this.options.definition, started.input));
    await this.#drain();
  }

  /** Lets everything run that is ready, and what that makes true. */
  async #drain(): Promise<void> {
    do await this.options.drain(); while (!this.commands.conditions.isEmpty && this.commands.conditions.settle());
  }

  /** In the order in which the facts came true then, as far as the run asks for them now. */
  async #reuse(facts: readonly Fact[]): Promise<void> {
    const { waits, draft } = this.commands;
    let left = facts;
    for (let before = Infinity; left.length < before;) {
      before = left.length;
      const rest: Fact[] = [];
      for (const fact of left) {
        const isAwaited = COMES_ANYWAY.has(fact.type) || waits.expects(fact, { anyRun: true });
        if (!isAwaited || this.#finished !== undefined) rest.push(fact);
        else {
          draft.entries.push(fact);
          this.#apply(fact);
          await this.#drain();
        }
      }
      left = rest;
    }
    draft.keepOnly(waits);
  }

  #finishWith(end: Promise<RunFinished | Continuation>): void {
    end.then((finished) => {
      if (finished.type === "run_continued") {
        this.#continued = finished;
        return;
      }
      this.commands.updates.close();
      this.#finished = finished;
      this.commands.produce(finished);
    }, () => this.#getStuck("non_determinism"));
  }

  #limitRun(timeoutMs: number): void {
    // The limit must not end with the scope that it cancels, hence a scope of its own.
    const timer = this.commands.timer(RUN_TIMER, this.#time + timeoutMs, new CancelScope());
    this.root.deadline = timer.due;
    void timer.promise.then(() => this.root.cancel("timeout"));
  }

  #apply(fact: Fact): void {
    this.commands.length++;
    if (isOutcome(fact)) return this.#settleStep(fact);
    switch (fact.type) {
      case "timer_fired":
        return this.#fireTimer(fact.timer);
      case "step_heartbeat":
        return this.commands.waits.keepHeartbeat(fact);
      case "signal_received":
        return this.commands.signals.add(fact.name, { id: fact.id, data: fact.data });
      case "update_received":
        return this.commands.updates.add(fact);
      case "child_finished":
        return this.#settleChild(fact);
      case "cancel_requested":
        return this.#cancel(fact.reason);
      case "resume_requested":
        for (const { step, runId } of fact.children) this.commands.restartChild(step, runId);
        this.#renewStep(fact.step);
        return this.#renewLimit();
      case "rollback_requested": {
        const before = this.#finished!;
        this.#finished = undefined;
        return this.#finishWith(reopen(this.#context, this.options.definition, before, fact.error));
      }
    }
  }

  #cancel(reason: CancelCause): void {
    this.root.cancel(reason);
    this.#pause = undefined;
    this.#onDecision?.();
  }

  /** A step that a person lets be tried again has its whole time again. */
  #renewStep(step: string | null): void {
    const pending = step === null ? undefined : this.commands.waits.step(step);
    if (pending !== undefined) pending.scheduledAt = this.#time;
  }

  /** A run that goes on after a pause has its whole time again. */
  #renewLimit(): void {
    const timer = this.commands.waits.timer(RUN_TIMER);
    if (timer === undefined || this.started.timeoutMs === null) return;
    this.commands.clearTimer(timer);
    this.commands.waits.freeTimer(RUN_TIMER);
    this.#limitRun(this.started.timeoutMs);
  }

  #settleStep(outcome: StepOutcome): void {
    const pending = this.commands.waits.takeStep(outcome.step);
    if (pending === undefined) return this.#getStuck("non_determinism");
    settleStep(pending, outcome, this.saga, this.commands);
    this.commands.waits.tellIfSettled();
  }

  #settleChild({ step, child }: Extract<Fact, { type: "child_finished" }>): void {
    const pending = this.commands.waits.takeChild(step);
    if (pending === undefined) return this.#getStuck("non_determinism");
    pending.scope.leave(pending);
    settleChild(pending, child, this.saga);
    this.commands.waits.tellIfSettled();
  }

  #fireTimer(name: string): void {
    const timer = this.commands.waits.takeTimer(name);
    if (timer === undefined) return this.#getStuck("non_determinism");
    timer.scope.leave(timer);
    timer.fire();
  }

  #isNews(fact: Fact): boolean {
    if (fact.type === "rollback_requested") return this.#finished !== undefined;
    if (this.#finished !== undefined) return false;
    if (fact.type === "cancel_requested") return this.root.cause === undefined || this.#pause !== undefined;
    return MESSAGES.has(fact.type) || this.commands.waits.expects(fact);
  }

  #open(time: number): void {
    this.commands.isOpen = true;
    this.#time = this.commands.time = Math.max(this.#time, time);
  }

  #close(): Turn {
    const draft = this.commands.draft;
    this.commands.draft = new TurnDraft();
    const hasEnded = this.#finished !== undefined || this.#continued !== undefined;
    if (hasEnded) draft.timersCleared.push(...this.commands.waits.timers.map(({ timer }) => timer));
    else if (this.#isIdle) this.#getStuck("foreign_await");
    this.commands.isOpen = false;
    return this.#turn(draft);
  }

  /** Whether the function has neither ended nor waits for anything that the engine knows of. */
  get #isIdle(): boolean {
    return !this.commands.waitsBeside(RUN_TIMER) && this.#pause === undefined;
  }

  #turn(draft: TurnDraft): Turn {
    const { entries, starts, cancels, timersSet, timersCleared, children, childOrders } = draft;
    return {
      time: this.#time,
      entries,
      starts,
      cancels,
      timersSet,
      timersCleared,
      children,
      childOrders,
      activity: this.#activity(),
      finished: this.#finished,
      continued: this.#continued,
      attributes: draft.attributes,
      pause: this.#pause,
      stuck: this.#stuck,
      mismatch: this.#mismatch,
      difference: this.#difference,
    };
  }

  #activity(): Activity {
    if (this.state.rollbacks > 0) return { status: "compensating", wakeAt: null };
    if (this.commands.waits.hasSteps) return { status: "running", wakeAt: null };
    return { status: "waiting", wakeAt: this.commands.waits.nextDue };
  }

  /** The first reason stays: what follows is often its consequence. */
  #getStuck(reason: PauseReason, mismatch?: string): void {
    if (this.#stuck === undefined) this.#mismatch = mismatch;
    this.#stuck ??= reason;
    if (!this.commands.isOpen) this.options.onStuck?.();
  }
}

/** What comes from people and may come at any time. */
const MESSAGES = new Set<Fact["type"]>(["signal_received", "update_received", "resume_requested"]);

/** What a run's first turn takes in beside what it waits for. */
const COMES_ANYWAY = new Set<Fact["type"]>(["signal_received", "cancel_requested"]);
