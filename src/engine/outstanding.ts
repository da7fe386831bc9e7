import type { StepSpec } from "./context.ts";
import { type Fact, isOutcome, type StepScheduled } from "./journal.ts";
import type { PendingChild, PendingStep, PendingTimer } from "./pending.ts";
import type { TimerSet } from "./turn.ts";

/** What a run waits for: the calls, children and timers that it asked for and that have not ended. */
export class Outstanding {
  readonly #steps = new Map<string, PendingStep>();
  readonly #children = new Map<string, PendingChild>();
  readonly #timers = new Map<string, PendingTimer>();
  readonly #used = new Set<string>();
  #onSettled: (() => void) | undefined;

  /** Makes a key taken for good. */
  claim(key: string): void {
    if (this.#used.has(key)) throw new Error(`Step "${key}" is asked for twice in one run`);
    this.#used.add(key);
  }

  addStep(pending: PendingStep): void {
    this.claim(pending.spec.step);
    this.#steps.set(pending.spec.step, pending);
    pending.scope.enter(pending);
  }

  addChild(pending: PendingChild): void {
    this.claim(pending.step);
    this.#children.set(pending.step, pending);
    pending.scope.enter(pending);
  }

  addTimer(pending: PendingTimer): void {
    this.claim(pending.timer);
    this.#timers.set(pending.timer, pending);
    pending.scope.enter(pending);
  }

  step(path: string): PendingStep | undefined {
    return this.#steps.get(path);
  }

  timer(name: string): PendingTimer | undefined {
    return this.#timers.get(name);
  }

  /** Removes and gives a step; the caller settles it and then calls `tellIfSettled`. */
  takeStep(path: string): PendingStep | undefined {
    return take(this.#steps, path);
  }

  /** Removes and gives a child; the caller settles it and then calls `tellIfSettled`. */
  takeChild(path: string): PendingChild | undefined {
    return take(this.#children, path);
  }

  takeTimer(name: string): PendingTimer | undefined {
    return take(this.#timers, name);
  }

  /** Lets a timer's name be used again. */
  freeTimer(name: string): void {
    this.#used.delete(name);
  }

  /** Steps in flight, in the order in which they were asked for. */
  get specs(): StepSpec[] {
    return [...this.#steps.values()].map(({ spec }) => spec);
  }

  /** Paths of the steps in flight whose cancellation was asked for. */
  get cancelled(): string[] {
    return [...this.#steps.values()].filter(({ isCancelled }) => isCancelled).map(({ spec }) => spec.step);
  }

  /** The children in flight. */
  get children(): PendingChild[] {
    return [...this.#children.values()];
  }

  get timers(): TimerSet[] {
    return [...this.#timers.values()].map(({ timer, due }) => ({ timer, due }));
  }

  get hasSteps(): boolean {
    return this.#steps.size > 0;
  }

  get hasWork(): boolean {
    return this.#steps.size > 0 || this.#children.size > 0;
  }

  /** Whether any timer but the named one is set. */
  hasTimerBeside(name: string): boolean {
    return this.#timers.size > (this.#timers.has(name) ? 1 : 0);
  }

  /** When the first timer is due; null where none is set. */
  get nextDue(): number | null {
    let next: number | null = null;
    for (const { due } of this.#timers.values()) if (next === null || due < next) next = due;
    return next;
  }

  /** Whether a fact settles something that is outstanding; with `anyRun` also by what another child came to. */
  expects(fact: Fact, { anyRun = false }: { readonly anyRun?: boolean } = {}): boolean {
    if (isOutcome(fact) || fact.type === "step_heartbeat") return this.#steps.has(fact.step);
    if (fact.type === "timer_fired") return this.#timers.has(fact.timer);
    if (fact.type !== "child_finished") return false;
    const child = this.#children.get(fact.step);
    return child !== undefined && (anyRun || child.runId === fact.child.runId);
  }

  child(path: string): PendingChild | undefined {
    return this.#children.get(path);
  }

  /** Cancels the work in flight and resolves when all of it has its outcome. */
  settle(): Promise<void> {
    for (const pending of [...this.#steps.values(), ...this.#children.values()]) {
      if (!pending.isCancelled) pending.onCancelled();
    }
    if (!this.hasWork) return Promise.resolve();
    return new Promise((resolve) => this.#onSettled = resolve);
  }

  /** Resolves what `settle` gave when nothing is in flight any more. */
  tellIfSettled(): void {
    if (!this.hasWork) this.#onSettled?.();
  }

  /** Keeps what the call of a step told of how far it is. */
  keepHeartbeat({ step, details }: Extract<Fact, { type: "step_heartbeat" }>): void {
    const pending = this.#steps.get(step);
    if (pending !== undefined) pending.lastHeartbeat = details;
  }

  /** Every attempt sends the same, also after a crash: what the journal holds, not what the code now asks for. */
  keepRequest({ step, request, key }: StepScheduled): void {
    const pending = this.#steps.get(step);
    if (pending !== undefined) pending.spec = { ...pending.spec, request, key };
  }
}

function take<T>(map: Map<string, T>, key: string): T | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}
