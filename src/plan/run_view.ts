import type { Failure } from "../engine/failure.ts";
import { type Entry, type JournalTurn, sentMethod, type StepScheduled } from "../engine/journal.ts";
import type { StepStatus } from "../engine/run.ts";

/** One step of a run as people see it: a fold of the journal. */
export interface StepView {
  /** The step's path, such as `each[12]/charge`. */
  readonly id: string;
  /** `call`, `parallel`, … as in the plan. */
  readonly kind: string;
  /** The service of a call. */
  readonly service: string | null;
  /** The method of a call, as it was sent. */
  readonly method: string | null;
  /** Where the step stands. */
  readonly status: StepStatus;
  /** How often it was tried. */
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  /** When it ended; null while it has not. */
  readonly finishedAt: number | null;
  /** What it failed with. */
  readonly error: Failure | null;
  /** How it was undone; null where it was not. */
  readonly compensation: CompensationView | null;
}

/** How a step was undone. */
export interface CompensationView {
  /** Where the undoing stands. */
  readonly status: "running" | "retrying" | "completed" | "failed" | "unknown" | "skipped";
  /** How often it was tried. */
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  /** When it ended; null while it has not. */
  readonly finishedAt: number | null;
  /** What it failed with. */
  readonly error: Failure | null;
}

/** What a rollback came to, by step path. */
export interface RollbackView {
  /** Steps that were undone. */
  readonly undone: readonly string[];
  /** Steps whose compensation failed. */
  readonly notUndone: readonly string[];
  /** Steps of which nobody knows whether they are undone. */
  readonly unknown: readonly string[];
}

/** A step view while it is being folded. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Folds a journal into the steps that it tells of, in the order in which they began. */
export function foldSteps(turns: Iterable<JournalTurn>): StepView[] {
  const fold = new StepFold();
  for (const { time, entries } of turns) for (const entry of entries) fold.add(entry, time);
  return fold.steps;
}

/** The fold behind `foldSteps`, one entry at a time. */
class StepFold {
  readonly #steps = new Map<string, Draft<StepView>>();
  readonly #compensations = new Map<string, Draft<CompensationView>>();

  get steps(): StepView[] {
    return [...this.#steps.values()];
  }

  add(entry: Entry, time: number): void {
    switch (entry.type) {
      case "step_scheduled":
        return entry.compensates === undefined ? this.#schedule(entry, time) : this.#compensate(entry, time);
      case "step_completed":
        return this.#end(entry.step, "completed", time, null, entry.attempts);
      case "step_failed":
        return this.#end(entry.step, "failed", time, entry.failure, entry.attempts);
      case "step_unknown":
        return this.#end(entry.step, "unknown", time, entry.failure, entry.attempts);
      case "step_cancelled":
        return this.#end(entry.step, "cancelled", time, null, entry.attempts);
      case "block_opened":
        this.#steps.set(entry.step, newStep(entry.step, entry.kind, time));
        return;
      case "block_closed":
        if (entry.kind === "compensation") this.#refuseCompensation(entry.step, entry.failure ?? null, time);
        else {
          if (!this.#steps.has(entry.step)) this.#steps.set(entry.step, newStep(entry.step, entry.kind, time));
          this.#end(entry.step, entry.status, time, entry.failure ?? null, 1);
        }
        return;
      case "step_skipped":
        if (entry.kind === "compensation") this.#skipCompensation(entry.step);
        else this.#steps.set(entry.step, { ...newStep(entry.step, entry.kind, null), status: "skipped", attempts: 0 });
        return;
      case "attempt_failed":
        return this.#retry(entry.step, entry.attempt, entry.failure, entry.retryInMs !== undefined);
      case "attempt_started":
        return this.#attempt(entry.step, entry.attempt);
      default:
        return;
    }
  }

  #schedule(entry: StepScheduled, time: number): void {
    const { step, service } = entry;
    this.#steps.set(step, { ...newStep(step, "call", time), service, method: sentMethod(entry) });
  }

  #compensate({ step, compensates }: StepScheduled, time: number): void {
    const compensation = { status: "running" as const, attempts: 1, startedAt: time, finishedAt: null, error: null };
    this.#attach(step, compensates!, compensation, "compensating");
  }

  #attach(step: string, undone: string, compensation: Draft<CompensationView>, status: StepStatus): void {
    this.#compensations.set(step, compensation);
    const view = this.#steps.get(undone);
    if (view !== undefined) Object.assign(view, { compensation, status });
  }

  #refuseCompensation(step: string, error: Failure | null, time: number): void {
    const compensation = { status: "failed" as const, attempts: 0, startedAt: time, finishedAt: time, error };
    this.#attach(step, undoneBy(step), compensation, "compensation_failed");
  }

  #skipCompensation(step: string): void {
    const view = this.#steps.get(undoneBy(step));
    if (view === undefined) return;
    view.compensation = { status: "skipped", attempts: 0, startedAt: null, finishedAt: null, error: null };
  }

  #end(step: string, status: CallEnd, time: number, error: Failure | null, attempts: number): void {
    const compensation = this.#compensations.get(step);
    if (compensation !== undefined) {
      const ended = status === "cancelled" ? "failed" : status;
      Object.assign(compensation, { status: ended, finishedAt: time, error, attempts });
      const undone = this.#steps.get(undoneBy(step));
      if (undone !== undefined) undone.status = status === "completed" ? "compensated" : "compensation_failed";
      return;
    }
    const view = this.#steps.get(step);
    if (view !== undefined) Object.assign(view, { status, finishedAt: time, error, attempts });
  }

  #retry(step: string, attempts: number, error: Failure, isRetried: boolean): void {
    const view = this.#compensations.get(step) ?? this.#steps.get(step);
    if (view !== undefined) Object.assign(view, { attempts, error }, isRetried ? { status: "retrying" } : undefined);
  }

  #attempt(step: string, attempts: number): void {
    const view = this.#compensations.get(step) ?? this.#steps.get(step);
    if (view !== undefined) Object.assign(view, { attempts, status: "running" });
  }
}

type CallEnd = "completed" | "failed" | "unknown" | "cancelled";

const COMPENSATION_SUFFIX = "/compensate";

function undoneBy(compensation: string): string {
  return compensation.slice(0, -COMPENSATION_SUFFIX.length);
}

function newStep(id: string, kind: string, startedAt: number | null): Draft<StepView> {
  return {
    id,
    kind,
    service: null,
    method: null,
    status: "running",
    attempts: 1,
    startedAt,
    finishedAt: null,
    error: null,
    compensation: null,
  };
}
