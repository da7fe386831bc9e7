import type { JsonValue } from "../base/json.ts";
import type { RollbackContext } from "./compensation.ts";
import type { ChildSpec, StepSpec, StepSuccess } from "./context.ts";
import { CancelledError } from "./failure.ts";
import { ForeignAwaitError } from "./foreign_await.ts";
import { Conditions } from "./conditions.ts";
import { commandKey, type Entry, type Note, type UpdateCompleted } from "./journal.ts";
import { Outstanding } from "./outstanding.ts";
import { PendingChild, PendingStep, PendingTimer, silence } from "./pending.ts";
import type { Difference, PauseReason } from "./run.ts";
import type { CancelScope } from "./scope.ts";
import { SignalBox } from "./signal_box.ts";
import { TurnDraft } from "./turn.ts";
import { UpdateBox } from "./update_box.ts";

/** Answers to updates that are kept for callers when a run begins anew. */
const MOST_ANSWERS = 100;

/** What a workflow function asks for: recorded in the turn in the making, and outstanding until a fact settles it. */
export class Commands {
  readonly waits: Outstanding = new Outstanding();
  readonly signals: SignalBox = new SignalBox((refused) => this.note({ type: "signal_refused", ...refused }));
  readonly conditions: Conditions = new Conditions();
  readonly updates: UpdateBox = new UpdateBox((id, output, failure) => this.#answer(id, output, failure));
  /** The last answers to updates. */
  readonly answers: UpdateCompleted[] = [];
  draft: TurnDraft = new TurnDraft();
  /** Whether the journal already holds what is asked for now. */
  isReplaying = false;
  /** The turn's time in milliseconds. */
  time = 0;
  /** Whether the function may ask for anything now. */
  isOpen = false;
  /** Whether a question about the run's state is being answered: then it may not either. */
  isAsked = false;
  /** Commands and facts so far; the same at every replay. */
  length = 0;
  /** What the ids of children begin with. */
  childPrefix: string;
  /** Runs that stand in for children that failed, by step. */
  readonly #restarted = new Map<string, string>();
  readonly #onStuck: (reason: PauseReason, mismatch?: string) => void;

  constructor(runId: string, onStuck: (reason: PauseReason, mismatch?: string) => void) {
    this.childPrefix = runId;
    this.#onStuck = onStuck;
  }

  /** Schedules a step in a scope. */
  step(spec: StepSpec, scope: CancelScope): Promise<StepSuccess> {
    this.requireTurn();
    if (scope.cause !== undefined) return silence(Promise.reject(new CancelledError(scope.cause)));
    const pending = new PendingStep(spec, scope, this.time, this.#cancelStep);
    this.waits.addStep(pending);
    const { step, service, method, request, key, compensates } = spec;
    const entry = { type: "step_scheduled", step, service, method, request } as const;
    if (key === undefined && compensates === undefined) this.produce(entry);
    else {
      this.produce({
        ...entry,
        ...(key === undefined ? undefined : { key }),
        ...(compensates === undefined ? undefined : { compensates }),
      });
    }
    this.draft.starts.push(spec);
    return pending.promise;
  }

  /** Sets a timer in a scope. */
  timer(name: string, due: number, scope: CancelScope): PendingTimer {
    this.requireTurn();
    const pending = new PendingTimer(name, due, scope, (timer) => this.clearTimer(timer));
    this.waits.addTimer(pending);
    this.produce({ type: "timer_set", timer: name, due });
    this.draft.timersSet.push({ timer: name, due });
    return pending;
  }

  /** Calls a timer off; a timer that has fired is left alone. */
  clearTimer(timer: PendingTimer): void {
    if (this.waits.takeTimer(timer.timer) === undefined) return;
    timer.scope.leave(timer);
    this.draft.timersCleared.push(timer.timer);
  }

  /** Waits for a signal in a scope. */
  signal(
    step: string,
    name: string,
    scope: CancelScope,
    refuse?: (data: JsonValue) => string | undefined,
  ): Promise<JsonValue> {
    this.requireTurn();
    if (scope.cause !== undefined) return silence(Promise.reject(new CancelledError(scope.cause)));
    this.waits.claim(step);
    this.produce({ type: "signal_awaited", step, signal: name });
    return this.signals.wait(step, name, scope, refuse);
  }

  /** Whether anything is waited for but one timer. */
  waitsBeside(timer: string): boolean {
    const { waits, signals, conditions } = this;
    return waits.hasWork || signals.waiting > 0 || !conditions.isEmpty || waits.hasTimerBeside(timer);
  }

  /** Whether a message from people may move the run on. */
  get hearsPeople(): boolean {
    return this.signals.waiting > 0 || !this.conditions.isEmpty || this.updates.isListening;
  }

  /** Waits in a scope until a check holds. */
  until(check: () => boolean, scope: CancelScope): Promise<void> {
    this.requireTurn();
    if (scope.cause !== undefined) return silence(Promise.reject(new CancelledError(scope.cause)));
    return this.conditions.wait(check, scope);
  }

  #answer(id: string, output: JsonValue, failure: UpdateCompleted["failure"]): void {
    const answer: UpdateCompleted = { type: "update_completed", id, output, failure };
    if (this.answers.push(answer) > MOST_ANSWERS) this.answers.shift();
    this.produce(answer);
  }

  /** Starts a child in a scope. */
  child(spec: ChildSpec, scope: CancelScope): Promise<StepSuccess> {
    this.requireTurn();
    if (scope.cause !== undefined) return silence(Promise.reject(new CancelledError(scope.cause)));
    const { step, workflow, input } = spec;
    const runId = this.#restarted.get(step) ?? spec.runId ?? this.childId(step);
    const pending = new PendingChild({ step, runId, action: "run", scope, spec }, this.#cancelChild);
    this.waits.addChild(pending);
    this.produce({ type: "child_scheduled", step, runId, workflow, action: "run", input });
    this.draft.children.push({ runId, spec });
    return pending.promise;
  }

  /** The id of the child that a step starts, unless the step gives another. */
  childId(step: string): string {
    return `${this.childPrefix}/${step}`;
  }

  /** Puts another run in the place of a child that failed: now where the step is under way, else when it is asked for again. */
  restartChild(step: string, runId: string): void {
    this.#restarted.set(step, runId);
    const pending = this.waits.child(step);
    if (pending?.spec === undefined || pending.runId === runId) return;
    const { spec } = pending;
    pending.runId = runId;
    this.produce({ type: "child_scheduled", step, runId, workflow: spec.workflow, action: "run", input: spec.input });
    this.draft.children.push({ runId, spec });
  }

  /** Asks a child that has completed to undo itself. */
  undoChild(
    { step, compensates, runId, workflow, error }: Parameters<RollbackContext["undoChild"]>[0],
    scope: CancelScope,
  ): Promise<StepSuccess> {
    this.requireTurn();
    const pending = new PendingChild({ step, runId, action: "undo", scope, spec: undefined }, this.#cancelChild);
    this.waits.addChild(pending);
    this.produce({ type: "child_scheduled", step, runId, workflow, action: "undo", input: null, compensates });
    this.draft.childOrders.push({ action: "undo", runId, step, error });
    return pending.promise;
  }

  /** Records something for people. */
  note(note: Note): void {
    if (!this.isReplaying) this.draft.entries.push(note);
  }

  readonly #cancelStep = ({ spec: { step } }: PendingStep): void => {
    this.draft.cancels.push(step);
  };

  readonly #cancelChild = ({ runId, action, step }: PendingChild): void => {
    if (action === "run") this.draft.childOrders.push({ action: "cancel", runId, step });
  };

  /** Records something that the function asks for; on replay, to be compared with what the journal holds. */
  produce(entry: Entry): void {
    this.length++;
    (this.isReplaying ? this.draft.asked : this.draft.entries).push(entry);
  }

  /** Compares a recorded command with what the function has asked for. */
  confirm(recorded: Entry): void {
    const asked = this.draft.asked[this.draft.confirmed++];
    if (asked === undefined || commandKey(asked) !== commandKey(recorded)) {
      const instead = asked === undefined ? "asks for nothing there" : `asks for ${commandKey(asked)}`;
      return this.#onStuck("non_determinism", `the journal has ${commandKey(recorded)}, the definition ${instead}`);
    }
    if (recorded.type === "step_scheduled") this.waits.keepRequest(recorded);
  }

  /** What the turn's journal holds and what the function has asked for, where a command of theirs is not the same. */
  compare(recorded: readonly Entry[]): Difference | undefined {
    const expected = recorded.map(commandKey);
    const came = this.draft.asked.map(commandKey);
    const isSame = expected.length === came.length && expected.every((key, index) => key === came[index]);
    return isSame ? undefined : { expected, came };
  }

  /** Refuses what is asked for at a time when nothing may be. */
  requireTurn(): void {
    if (this.isAsked) throw new Error("A query only reads the state of the workflow: it may ask for nothing");
    if (this.isOpen) return;
    this.#onStuck("foreign_await");
    throw new ForeignAwaitError();
  }
}
