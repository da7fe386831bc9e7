import { seededRandom } from "../base/seeded_random.ts";
import type { JsonValue } from "../base/json.ts";
import type {
  ChildSpec,
  CompensationSpec,
  RollbackOptions,
  RollbackOutcome,
  ScopeOptions,
  StepSpec,
  StepSuccess,
  WorkflowContext,
} from "./context.ts";
import { rollback, type RollbackContext } from "./compensation.ts";
import type { Attributes } from "./attributes.ts";
import { type Continuation, ContinuedError } from "./continuation.ts";
import type { Execution } from "./execution.ts";
import { CancelledError, type Failure } from "./failure.ts";
import type { Note } from "./journal.ts";
import type { LifecycleContext } from "./lifecycle.ts";
import { silence } from "./pending.ts";
import type { RunCause } from "./run.ts";
import type { SagaStep } from "./saga.ts";
import { CancelScope } from "./scope.ts";
import type { UpdateHandler } from "./update_box.ts";

/** The verbs of a workflow, on top of an execution. */
export class DurableContext implements LifecycleContext, RollbackContext {
  readonly #execution: Execution;
  readonly scope: CancelScope;

  constructor(execution: Execution, scope: CancelScope) {
    this.#execution = execution;
    this.scope = scope;
  }

  get runId(): string {
    return this.#execution.options.runId;
  }

  get workflow(): { readonly name: string; readonly version: string } {
    return this.#execution.options.definition;
  }

  get env(): Readonly<Record<string, string | null>> {
    return this.#execution.started.env;
  }

  get timeoutMs(): number | null {
    return this.#execution.started.timeoutMs;
  }

  get startedAt(): number {
    return this.#execution.startedAt;
  }

  get context(): Readonly<Record<string, string>> {
    return this.#execution.started.context ?? NOTHING;
  }

  get attributes(): Attributes {
    return this.#execution.state.attributes;
  }

  get isReplaying(): boolean {
    return this.#execution.commands.isReplaying;
  }

  get journalLength(): number {
    return this.#execution.commands.length;
  }

  now(): number {
    const { time, commands } = this.#execution;
    if (!commands.isAsked) commands.requireTurn();
    return time;
  }

  random(key: string): () => number {
    this.#execution.commands.requireTurn();
    const { seed, generation = 0 } = this.#execution.started;
    return seededRandom(generation === 0 ? `${seed} ${key}` : `${seed}.${generation} ${key}`);
  }

  idempotencyKey(step: string, request?: JsonValue): string {
    return this.#execution.idempotencyKey(step, request);
  }

  step(spec: StepSpec): Promise<StepSuccess> {
    return this.#execution.commands.step(spec, this.scope);
  }

  sleep(timer: string, ms: number): Promise<void> {
    return this.sleepUntil(timer, this.now() + ms);
  }

  sleepUntil(timer: string, due: number): Promise<void> {
    if (this.scope.cause !== undefined) return silence(Promise.reject(new CancelledError(this.scope.cause)));
    return this.#execution.commands.timer(timer, due, this.scope).promise;
  }

  signal(step: string, name: string, refuse?: (data: JsonValue) => string | undefined): Promise<JsonValue> {
    return this.#execution.commands.signal(step, name, this.scope, refuse);
  }

  child(spec: ChildSpec): Promise<StepSuccess> {
    return this.#execution.commands.child(spec, this.scope);
  }

  childId(step: string): string {
    return this.#execution.commands.childId(step);
  }

  undoChild(request: Parameters<RollbackContext["undoChild"]>[0]): Promise<StepSuccess> {
    return this.#execution.commands.undoChild(request, this.scope);
  }

  until(check: () => boolean): Promise<void> {
    return this.#execution.commands.until(check, this.scope);
  }

  compensateWith(step: string, undo: CompensationSpec): void {
    const { commands, saga } = this.#execution;
    commands.requireTurn();
    commands.waits.claim(step);
    saga.add({ step, scope: this.scope, undo, isUnknown: false, tries: 0 });
  }

  isPatched(patch: string): boolean {
    return this.#execution.state.isPatched(patch);
  }

  setAttributes(attributes: Attributes): void {
    this.#execution.state.setAttributes(attributes);
  }

  onUpdate(name: string, handler: UpdateHandler): void {
    this.#execution.commands.requireTurn();
    this.#execution.commands.updates.handle(name, handler);
  }

  onQuery(name: string, handler: (data: JsonValue) => JsonValue): void {
    this.#execution.state.onQuery(name, handler);
  }

  continueAsNew(input: JsonValue): never {
    this.#execution.commands.requireTurn();
    this.#execution.state.continuation = { type: "run_continued", input };
    throw new ContinuedError();
  }

  get continuation(): Continuation | undefined {
    return this.#execution.state.continuation;
  }

  get isUndoable(): boolean {
    return this.#execution.saga.isUndoable && !this.isPastPivot;
  }

  note(note: Note): void {
    this.#execution.commands.note(note);
  }

  withScope<T>(options: ScopeOptions, run: (context: WorkflowContext) => Promise<T>): Promise<T> {
    return silence(this.#withScope(options, run));
  }

  async #withScope<T>(options: ScopeOptions, run: (context: WorkflowContext) => Promise<T>): Promise<T> {
    const { timer, timeoutMs } = options;
    const due = timeoutMs === undefined ? undefined : this.now() + timeoutMs;
    const scope = new CancelScope(this.scope, due);
    const limit = timer === undefined || due === undefined
      ? undefined
      : this.#execution.commands.timer(timer, due, this.scope);
    limit?.promise.then(() => scope.cancel("timeout"), () => undefined);
    try {
      return await run(new DurableContext(this.#execution, scope));
    } finally {
      if (limit !== undefined) this.#execution.commands.clearTimer(limit);
      scope.close();
    }
  }

  rollback(options: RollbackOptions): Promise<RollbackOutcome> {
    return silence(this.#rollback(options));
  }

  async #rollback(options: RollbackOptions): Promise<RollbackOutcome> {
    const { within, error } = options;
    const scopeCause = within[0]?.cause;
    const cause = scopeCause === "timeout" || scopeCause === "cancelled" ? scopeCause : "error";
    return await this.#undo(this.#execution.saga.take(within), options, { cause, error });
  }

  async rollbackLeft(options: Pick<RollbackOptions, "error" | "order">): Promise<void> {
    await this.#undo(this.#execution.saga.takeLeft(), options, { cause: "error", error: options.error });
  }

  async #undo(
    steps: readonly SagaStep[],
    options: Pick<RollbackOptions, "error" | "order">,
    why: { readonly cause: RunCause; readonly error: Failure },
  ): Promise<RollbackOutcome> {
    if (steps.length > 0) this.note({ type: "rollback_started", ...why, steps: steps.length });
    const { saga, state } = this.#execution;
    state.rollbacks++;
    try {
      const { outcome, left } = await rollback(this.shielded(), steps, options);
      saga.remember(outcome, left);
      return outcome;
    } finally {
      state.rollbacks--;
    }
  }

  get isPastPivot(): boolean {
    return this.#execution.saga.isPastPivot;
  }

  pausePastPivot(error: Failure, cause: RunCause): Promise<void> {
    return this.#execution.pausePastPivot(error, cause);
  }

  rolledBack(): RollbackOutcome {
    return this.#execution.saga.outcome;
  }

  settleUnknown(step: string): void {
    this.#execution.saga.settleUnknown(step);
  }

  settle(): Promise<void> {
    return this.#execution.settle();
  }

  shielded(): DurableContext {
    return new DurableContext(this.#execution, new CancelScope());
  }
}

const NOTHING: Readonly<Record<string, string>> = {};
