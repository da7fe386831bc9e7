import type { JsonValue } from "../base/json.ts";
import type { RollbackContext } from "./compensation.ts";
import type { ChildSpec, StepSpec, StepSuccess } from "./context.ts";
import { CancelledError } from "./failure.ts";
import { commandKey, type Entry, type Note } from "./journal.ts";
import { Outstanding } from "./outstanding.ts";
import { PendingChild, PendingStep, PendingTimer, silence } from "./pending.ts";
import type { PauseReason } from "./run.ts";
import type { CancelScope } from "./scope.ts";
import { SignalBox } from "./signal_box.ts";
import { TurnDraft } from "./turn.ts";

/** What a workflow function asks for: recorded in the turn in the making, and outstanding until a fact settles it. */
export class Commands {
  readonly waits: Outstanding = new Outstanding();
  readonly signals: SignalBox = new SignalBox((refused) => this.note({ type: "signal_refused", ...refused }));
  draft: TurnDraft = new TurnDraft();
  /** Whether the journal already holds what is asked for now. */
  isReplaying = false;
  /** The turn's time in milliseconds. */
  time = 0;
  /** Whether the function may ask for anything now. */
  isOpen = false;
  readonly #runId: string;
  /** Runs that stand in for children that failed, by step. */
  readonly #restarted = new Map<string, string>();
  readonly #onStuck: (reason: PauseReason, mismatch?: string) => void;

  constructor(runId: string, onStuck: (reason: PauseReason, mismatch?: string) => void) {
    this.#runId = runId;
    this.#onStuck = onStuck;
  }

  /** Schedules a step in a scope. */
  step(spec: StepSpec, scope: CancelScope): Promise<StepSuccess> {
    this.#requireTurn();
    if (scope.cause !== undefined) return silence(Promise.reject(new CancelledError(scope.cause)));
    const pending = new PendingStep(spec, scope, this.time, (step) => this.draft.cancels.push(step.spec.step));
    this.waits.addStep(pending);
    const { step, service, method, request, key, compensates } = spec;
    this.produce({
      type: "step_scheduled",
      step,
      service,
      method,
      request,
      ...(key === undefined ? undefined : { key }),
      ...(compensates === undefined ? undefined : { compensates }),
    });
    this.draft.starts.push(spec);
    return pending.promise;
  }

  /** Sets a timer in a scope. */
  timer(name: string, due: number, scope: CancelScope): PendingTimer {
    this.#requireTurn();
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
    this.#requireTurn();
    if (scope.cause !== undefined) return silence(Promise.reject(new CancelledError(scope.cause)));
    this.waits.claim(step);
    this.produce({ type: "signal_awaited", step, signal: name });
    return this.signals.wait(step, name, scope, refuse);
  }

  /** Starts a child in a scope. */
  child(spec: ChildSpec, scope: CancelScope): Promise<StepSuccess> {
    this.#requireTurn();
    if (scope.cause !== undefined) return silence(Promise.reject(new CancelledError(scope.cause)));
    const { step, workflow, input } = spec;
    const runId = this.#restarted.get(step) ?? `${this.#runId}/${step}`;
    const pending = new PendingChild({ step, runId, action: "run", scope, spec }, this.#cancelChild);
    this.waits.addChild(pending);
    this.produce({ type: "child_scheduled", step, runId, workflow, action: "run", input });
    this.draft.children.push({ runId, spec });
    return pending.promise;
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
    this.#requireTurn();
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

  readonly #cancelChild = ({ runId, action, step }: PendingChild): void => {
    if (action === "run") this.draft.childOrders.push({ action: "cancel", runId, step });
  };

  /** Records something that the function asks for; on replay, to be compared with what the journal holds. */
  produce(entry: Entry): void {
    (this.isReplaying ? this.draft.unconfirmed : this.draft.entries).push(entry);
  }

  /** Compares a recorded command with what the function has asked for. */
  confirm(recorded: Entry): void {
    const asked = this.draft.unconfirmed.shift();
    if (asked === undefined || commandKey(asked) !== commandKey(recorded)) {
      const instead = asked === undefined ? "asks for nothing there" : `asks for ${commandKey(asked)}`;
      return this.#onStuck("non_determinism", `the journal has ${commandKey(recorded)}, the definition ${instead}`);
    }
    if (recorded.type === "step_scheduled") this.waits.keepRequest(recorded);
  }

  #requireTurn(): void {
    if (this.isOpen) return;
    this.#onStuck("foreign_await");
    throw new Error("A workflow function awaited something that is not durable");
  }
}
