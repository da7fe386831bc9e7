import type { JsonValue } from "../base/json.ts";
import type { Failure } from "../engine/failure.ts";
import { type ChildScheduled, type Entry, sentMethod, type StepScheduled } from "../engine/journal.ts";
import type { ChildEnd, StepStatus } from "../engine/run.ts";
import type { CompensationView, StepView } from "./run_view.ts";
import { sentInput } from "./sent_input.ts";

/** A view while it is being folded. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

type CallEnd = "completed" | "failed" | "unknown" | "cancelled";

/** The undoing of a step: how it goes, and what it undoes. */
interface Undoing {
  readonly view: Draft<CompensationView>;
  readonly of: string;
}

/** The fold behind `foldSteps`, one entry at a time. */
export class StepFold {
  readonly #steps = new Map<string, Draft<StepView>>();
  /** By the path of what undoes. */
  readonly #undoings = new Map<string, Undoing>();
  /** Payloads that no step has taken, by signal, oldest first. */
  readonly #signals = new Map<string, JsonValue[]>();
  /** The signal that each step waits for, or waited for. */
  readonly #awaited = new Map<string, string>();

  get steps(): StepView[] {
    return [...this.#steps.values()];
  }

  add(entry: Entry, time: number): void {
    switch (entry.type) {
      case "step_scheduled":
        return entry.compensates === undefined
          ? this.#schedule(entry, time)
          : this.#undo(entry.step, entry.compensates, time);
      case "step_completed":
        this.#end(entry.step, "completed", time, null, entry.attempts);
        return this.#giveOutput(entry.step, entry.output);
      case "step_failed":
        return this.#end(entry.step, "failed", time, entry.failure, entry.attempts);
      case "step_unknown":
        return this.#end(entry.step, "unknown", time, entry.failure, entry.attempts);
      case "step_cancelled":
        return this.#end(entry.step, "cancelled", time, null, entry.attempts);
      case "timer_set":
        return this.#setTimer(entry.timer, entry.due);
      case "timer_fired":
        return this.#fireTimer(entry.timer);
      case "signal_awaited":
        this.#awaited.set(entry.step, entry.signal);
        return this.#change(entry.step, { status: "waiting", waitsFor: entry.signal });
      case "signal_received":
        this.#signals.set(entry.name, [...this.#signals.get(entry.name) ?? [], entry.data]);
        return;
      case "child_scheduled":
        return entry.action === "undo"
          ? this.#undo(entry.step, entry.compensates!, time)
          : this.#startChild(entry, time);
      case "child_finished":
        return this.#endChild(entry.step, entry.child, time);
      default:
        return this.#note(entry, time);
    }
  }

  #note(entry: Entry, time: number): void {
    switch (entry.type) {
      case "block_opened":
        this.#steps.set(entry.step, newStep(entry.step, entry.kind, time));
        return;
      case "block_closed":
        if (entry.kind === "compensation") this.#refuseUndo(entry.step, entry.failure ?? null, time);
        else {
          const known = this.#steps.get(entry.step) ?? newStep(entry.step, entry.kind, time);
          this.#steps.set(entry.step, known);
          this.#end(entry.step, entry.status, time, entry.failure ?? null, known.attempts);
          if (entry.kind === "wait_for" && entry.status === "completed") known.output = this.#takeSignal(entry.step);
        }
        return;
      case "step_skipped":
        if (entry.kind === "compensation") this.#skipUndo(entry.step);
        else this.#steps.set(entry.step, { ...newStep(entry.step, entry.kind, null), status: "skipped", attempts: 0 });
        return;
      case "attempt_started":
        return this.#try(entry.step, { attempts: entry.attempt });
      case "attempt_failed": {
        const { step, attempt: attempts, failure: error, retryInMs } = entry;
        const view = this.#undoings.get(step)?.view ?? this.#steps.get(step);
        if (view !== undefined) Object.assign(view, { attempts, error });
        if (retryInMs !== undefined) this.#delay(step, time + retryInMs);
        return;
      }
      case "signal_refused":
        this.#signals.get(entry.signal)?.shift();
        return;
      case "run_recovered":
        for (const step of entry.inFlight) this.#try(step, {});
        return;
      case "reconciled":
        // While it is under way, its outcome says the same in a moment.
        if (this.#steps.get(entry.step)?.status !== "unknown") return;
        return this.#change(entry.step, { status: entry.isDone ? "completed" : "failed" });
      default:
        return;
    }
  }

  #schedule(entry: StepScheduled, time: number): void {
    const { step, service, request } = entry;
    const view = { ...newStep(step, "call", time), service, method: sentMethod(entry), input: sentInput(request) };
    this.#steps.set(step, view);
  }

  #startChild({ step, runId, input }: ChildScheduled, time: number): void {
    const path = firstTry(step);
    const view = this.#steps.get(path) ?? newStep(path, "workflow", time);
    this.#steps.set(path, Object.assign(view, { status: "running", waitsUntil: null, childRun: runId, input }));
  }

  #endChild(step: string, { status, output, error }: ChildEnd, time: number): void {
    if (this.#undoings.has(step)) {
      return this.#end(step, status === "compensation_failed" ? "failed" : "completed", time, error, 1);
    }
    // The block around the attempts says how the step itself ended.
    if (status === "completed") this.#giveOutput(firstTry(step), output);
  }

  #undo(path: string, undone: string, time: number): void {
    const view = { status: "running" as const, attempts: 1, startedAt: time, finishedAt: null, error: null };
    this.#attach(path, firstTry(undone), view, "compensating");
  }

  #attach(path: string, of: string, view: Draft<CompensationView>, status: StepStatus): void {
    this.#undoings.set(path, { view, of });
    this.#change(of, { compensation: view, status });
  }

  #refuseUndo(path: string, error: Failure | null, time: number): void {
    const view = { status: "failed" as const, attempts: 0, startedAt: time, finishedAt: time, error };
    this.#attach(path, this.#undoneBy(path), view, "compensation_failed");
  }

  #skipUndo(path: string): void {
    const compensation = { status: "skipped" as const, attempts: 0, startedAt: null, finishedAt: null, error: null };
    this.#change(this.#undoneBy(path), { compensation });
  }

  #undoneBy(path: string): string {
    return this.#undoings.get(path)?.of ?? firstTry(path.replace(/\/compensate(?:!\d+)?$/, ""));
  }

  #end(step: string, status: CallEnd, time: number, error: Failure | null, attempts: number): void {
    const undoing = this.#undoings.get(step);
    if (undoing === undefined) {
      return this.#change(step, { status, finishedAt: time, error, attempts, waitsFor: null, waitsUntil: null });
    }
    Object.assign(undoing.view, {
      status: status === "cancelled" ? "failed" : status,
      finishedAt: time,
      error,
      attempts,
    });
    this.#change(undoing.of, { status: status === "completed" ? "compensated" : "compensation_failed" });
  }

  #giveOutput(step: string, output: JsonValue): void {
    if (!this.#undoings.has(step)) this.#change(step, { output });
  }

  #takeSignal(step: string): JsonValue {
    return this.#signals.get(this.#awaited.get(step) ?? "")?.shift() ?? null;
  }

  /** An attempt is under way. */
  #try(step: string, more: { attempts?: number }): void {
    const undoing = this.#undoings.get(step);
    if (undoing !== undefined) Object.assign(undoing.view, { status: "running", ...more });
    else this.#change(step, { status: "running", waitsUntil: null, ...more });
  }

  /** The next attempt comes later. */
  #delay(step: string, due: number): void {
    const undoing = this.#undoings.get(step);
    if (undoing !== undefined) undoing.view.status = "retrying";
    else this.#change(step, { status: "retrying", waitsUntil: due });
  }

  #setTimer(timer: string, due: number): void {
    const { step, use } = readTimer(timer);
    if (use === "sleep" || use === "every") this.#change(step, { status: "waiting", waitsUntil: due });
    else if (use === "retry") this.#change(step, { status: "retrying", waitsUntil: due });
    else if (this.#steps.get(step)?.kind === "wait_for") this.#change(step, { waitsUntil: due });
  }

  #fireTimer(timer: string): void {
    const { step, use } = readTimer(timer);
    const view = this.#steps.get(step);
    if (use === "timeout" || view === undefined || view.finishedAt !== null) return;
    this.#change(step, { status: "running", waitsUntil: null });
  }

  #change(step: string, change: Partial<StepView>): void {
    const view = this.#steps.get(step);
    if (view !== undefined) Object.assign(view, change);
  }
}

/** What a timer of the interpreter is for, and the step that it belongs to: `a!sleep`, `poll[3]!every`, `bill!retry1`, `a!timeout`. */
function readTimer(timer: string): { readonly step: string; readonly use: string } {
  const [, step = timer, use = ""] = /^(.*)!(sleep|every|retry|timeout)\d*$/.exec(timer) ?? [];
  return { step: use === "every" ? step.replace(/\[\d+\]$/, "") : step, use };
}

/** The step behind the path of a later try: `bill!2` is `bill`. */
function firstTry(path: string): string {
  return path.replace(/!\d+$/, "");
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
    input: null,
    output: null,
    waitsFor: null,
    waitsUntil: null,
    childRun: null,
  };
}
