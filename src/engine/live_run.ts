import { toError } from "../base/errors.ts";
import type { StepSpec } from "./context.ts";
import { Execution, type Fact, type Turn } from "./execution.ts";
import type { Entry, Note, RunFinished } from "./journal.ts";
import { StepRunner } from "./step_runner.ts";
import type { Claim, CommitTurnRequest } from "./storage.ts";
import type { LiveRunOptions, StartRunRequest } from "./worker.ts";

/** How long a suspended run waits for answers in flight. */
const SUSPEND_GRACE_MS = 8_000;

/**
 * A run that this process advances: facts come in, turns go to the store, effects go out.
 *
 * One turn is in flight at a time; facts that arrive meanwhile form the next one. An effect starts only after the turn that asked
 * for it is in the store, and no outcome is acted upon before it is there too.
 */
export class LiveRun {
  /** Resolves when the run has ended; rejects when it cannot go on here: the store failed, the claim was lost, it was suspended. */
  readonly ended: Promise<RunFinished>;
  readonly #options: LiveRunOptions;
  readonly #request: StartRunRequest;
  readonly #execution: Execution;
  readonly #traceId: string;
  readonly #steps = new Map<string, StepRunner>();
  readonly #timers = new Map<string, () => void>();
  #claim: Claim | undefined;
  #head = 0;
  #inbox: Fact[] = [];
  #notes: Note[] = [];
  #isTurning = false;
  /** Nothing new is started. */
  #isReleased = false;
  /** Nothing more is written. */
  #isAbandoned = false;
  #end!: (finished: RunFinished) => void;
  #fail!: (reason: Error) => void;
  #onIdle: (() => void) | undefined;

  constructor(options: LiveRunOptions, request: StartRunRequest) {
    this.#options = options;
    this.#request = request;
    this.#traceId = request.run.internalId.replaceAll("-", "");
    this.#execution = new Execution({
      runId: request.run.id,
      internalId: request.run.internalId,
      definition: request.definition,
      drain: options.drain,
      digest: options.digest,
    });
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.ended.catch(() => undefined);
  }

  /** Computes the first turn and creates the run with it. */
  async begin(): Promise<void> {
    const { storage, clock } = this.#options;
    const { run, bundle, started } = this.#request;
    const turn = await this.#execution.start(started, clock.now());
    this.#requireProgress(turn);
    this.#claim = await storage.createRun({
      run: { ...run, ...changeOf(turn) },
      definition: bundle,
      worker: this.#options.ref,
      first: { turn: { time: turn.time, entries: turn.entries }, turnId: this.#options.nextTurnId() },
    });
    this.#head = 1;
    this.#act(turn);
  }

  /** Asks the run to be cancelled and rolled back. */
  cancel(): void {
    this.#receive({ type: "cancel_requested", reason: "cancelled" });
  }

  /** Starts nothing more, waits at most 8 s for answers in flight, then abandons the calls without writing an outcome. */
  async suspend(): Promise<void> {
    this.#isReleased = true;
    if (!this.#isIdle) {
      await new Promise<void>((resolve) => {
        const stop = this.#options.clock.after(SUSPEND_GRACE_MS, resolve);
        this.#onIdle = () => {
          stop();
          resolve();
        };
      });
    }
    this.#abandon(new Error("The run was suspended"));
  }

  /** Whether every answer so far is in the store. */
  get #isIdle(): boolean {
    return this.#steps.size === 0 && !this.#isTurning && this.#inbox.length === 0;
  }

  #receive(fact: Fact): void {
    if (this.#isAbandoned) return;
    this.#inbox.push(fact);
    if (!this.#isTurning) void this.#turns();
  }

  async #turns(): Promise<void> {
    this.#isTurning = true;
    try {
      while (this.#inbox.length > 0 && !this.#execution.isFinished) {
        const facts = this.#inbox;
        this.#inbox = [];
        const turn = await this.#execution.advance(facts, this.#options.clock.now());
        this.#requireProgress(turn);
        if (this.#isAbandoned) return;
        if (turn.entries.length === 0 && turn.timersCleared.length === 0) continue;
        await this.#commit(turn);
        this.#head++;
        this.#act(turn);
      }
    } catch (thrown) {
      this.#abandon(toError(thrown));
    } finally {
      this.#isTurning = false;
      if (this.#isIdle) this.#onIdle?.();
    }
  }

  #commit(turn: Turn): Promise<void> {
    const notes = this.#notes;
    if (notes.length > 0) this.#notes = [];
    return this.#options.storage.commitTurn({
      claim: this.#claim!,
      head: this.#head,
      turnId: this.#options.nextTurnId(),
      turn: { time: turn.time, entries: notes.length === 0 ? turn.entries : [...notes, ...turn.entries] },
      change: changeOf(turn),
    });
  }

  #act(turn: Turn): void {
    if (this.#options.onEvent !== undefined) { for (const entry of turn.entries) this.#tell(entry, turn.time); }
    for (const timer of turn.timersCleared) this.#stopTimer(timer);
    if (turn.finished !== undefined) this.#end(turn.finished);
    if (this.#isReleased) return;
    for (const { timer, due } of turn.timersSet) this.#startTimer(timer, due, turn);
    for (const spec of turn.starts) this.#startStep(spec, turn);
    for (const step of turn.cancels) this.#steps.get(step)?.cancel();
  }

  #startStep(spec: StepSpec, turn: Turn): void {
    const { clock, random } = this.#options;
    const { run, caller } = this.#request;
    const runner = new StepRunner({
      spec,
      caller,
      clock,
      random,
      runId: run.id,
      workflow: run.workflow,
      traceId: this.#traceId,
      idempotencyKey: this.#execution.idempotencyKey(spec.step),
      outerDeadline: this.#execution.outerDeadline(spec.step),
      onNote: this.#hear,
    });
    this.#steps.set(spec.step, runner);
    // A step that was cancelled in the turn that asked for it must not send anything.
    if (turn.cancels.length > 0 && turn.cancels.includes(spec.step)) runner.cancel();
    void runner.run().then((outcome) => {
      this.#steps.delete(spec.step);
      this.#receive(outcome);
    });
  }

  #startTimer(timer: string, due: number, turn: Turn): void {
    if (turn.timersCleared.includes(timer)) return;
    const stop = this.#options.clock.after(due - this.#options.clock.now(), () => {
      this.#timers.delete(timer);
      this.#receive({ type: "timer_fired", timer });
    });
    this.#timers.set(timer, stop);
  }

  #stopTimer(timer: string): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  readonly #hear = (note: Note): void => {
    this.#notes.push(note);
    this.#tell(note, this.#options.clock.now());
  };

  #tell(entry: Entry, time: number): void {
    const { id, workflow } = this.#request.run;
    this.#options.onEvent?.({ runId: id, workflow, traceId: this.#traceId, time, entry });
  }

  #requireProgress(turn: Turn): void {
    if (turn.paused === undefined) return;
    throw new Error(`Run "${this.#request.run.id}" cannot go on: ${turn.paused}`);
  }

  /** From here on nothing is written: what arrives would be at a place of the journal that this process no longer knows. */
  #abandon(reason: Error): void {
    this.#isAbandoned = true;
    this.#isReleased = true;
    for (const timer of [...this.#timers.keys()]) this.#stopTimer(timer);
    for (const runner of this.#steps.values()) runner.abandon();
    this.#inbox = [];
    this.#fail(reason);
  }
}

const NO_CHANGE: CommitTurnRequest["change"] = {};

/** What a turn changes in the run's record. */
function changeOf({ finished, time }: Turn): CommitTurnRequest["change"] {
  if (finished === undefined) return NO_CHANGE;
  const { status, cause, output, error } = finished;
  return { status, cause, output, error, finishedAt: time };
}
