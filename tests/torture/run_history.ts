import type { JournalTurn, RunFinished, StepOutcome, StepScheduled } from "../../src/engine/journal.ts";

/** A step in the journal of a run. */
export interface StepHistory {
  readonly path: string;
  readonly scheduled: StepScheduled;
  readonly scheduledAt: number;
  outcome?: StepOutcome;
  /** When the turn with the outcome was computed; it was in the store a moment later. */
  outcomeAt?: number;
  /** Place of the outcome among all of the run. */
  outcomeNumber?: number;
}

/** A child that a run has started. */
export interface ChildHistory {
  readonly runId: string;
  readonly step: string;
  /** How the child answered: first its end, then that of its undoing. */
  readonly statuses: string[];
}

/** What a journal tells, in the form in which it can be compared with what services saw. */
export interface RunHistory {
  readonly steps: ReadonlyMap<string, StepHistory>;
  readonly children: ReadonlyMap<string, ChildHistory>;
  readonly finished: RunFinished | undefined;
  /** How often the run was rolled back as a whole. */
  readonly rollbacks: number;
  /** Steps whose error the workflow lived with. */
  readonly handled: ReadonlySet<string>;
  /** In which way the journal contradicts itself. */
  readonly problems: readonly string[];
}

/** Reads a journal, and checks that it is one. */
export function readHistory(journal: readonly JournalTurn[]): RunHistory {
  return new HistoryReader().read(journal);
}

class HistoryReader {
  readonly steps = new Map<string, StepHistory>();
  readonly children = new Map<string, ChildHistory>();
  readonly handled = new Set<string>();
  readonly problems: string[] = [];
  readonly #timers = new Map<string, "set" | "fired">();
  readonly #signals = new Set<string>();
  finished: RunFinished | undefined;
  rollbacks = 0;
  #outcomes = 0;

  read(journal: readonly JournalTurn[]): RunHistory {
    if (journal[0]?.entries[0]?.type !== "run_started") this.problems.push("the journal has no beginning");
    let time = 0;
    for (const turn of journal) {
      if (turn.time < time) this.problems.push(`time goes back from ${time} to ${turn.time}`);
      time = turn.time;
      for (const entry of turn.entries) this.#read(entry, time);
    }
    if (this.finished === undefined) this.problems.push("the journal has no end");
    for (const { path, outcome } of this.steps.values()) {
      if (outcome === undefined) this.problems.push(`step ${path} has no outcome`);
    }
    return this;
  }

  #read(entry: JournalTurn["entries"][number], time: number): void {
    if (this.finished !== undefined && entry.type !== "rollback_requested") {
      this.problems.push(`${entry.type} comes after the end`);
    }
    switch (entry.type) {
      case "step_scheduled":
        if (this.steps.has(entry.step)) this.problems.push(`step ${entry.step} is scheduled twice`);
        this.steps.set(entry.step, { path: entry.step, scheduled: entry, scheduledAt: time });
        break;
      case "step_completed":
      case "step_failed":
      case "step_unknown":
      case "step_cancelled":
        this.#settle(entry, time);
        break;
      case "timer_set":
        if (this.#timers.has(entry.timer)) this.problems.push(`timer ${entry.timer} is set twice`);
        this.#timers.set(entry.timer, "set");
        break;
      case "timer_fired":
        if (this.#timers.get(entry.timer) !== "set") this.problems.push(`timer ${entry.timer} fires without being set`);
        this.#timers.set(entry.timer, "fired");
        break;
      case "signal_received":
        if (this.#signals.has(entry.id)) this.problems.push(`signal ${entry.id} is received twice`);
        this.#signals.add(entry.id);
        break;
      case "child_scheduled":
        if (entry.action === "run") {
          this.children.set(entry.step, { runId: entry.runId, step: entry.step, statuses: [] });
        }
        break;
      case "child_finished":
        [...this.children.values()].find(({ runId }) => runId === entry.child.runId)?.statuses.push(entry.child.status);
        break;
      case "error_handled":
        this.handled.add(entry.step);
        break;
      case "rollback_requested":
        this.finished = undefined;
        this.rollbacks++;
        break;
      case "run_finished":
        this.finished = entry;
        break;
    }
  }

  #settle(outcome: StepOutcome, time: number): void {
    const step = this.steps.get(outcome.step);
    if (step === undefined) {
      this.problems.push(`step ${outcome.step} has an outcome and was never scheduled`);
    } else if (step.outcome !== undefined) {
      this.problems.push(`step ${outcome.step} has two outcomes`);
    } else {
      step.outcome = outcome;
      step.outcomeAt = time;
      step.outcomeNumber = this.#outcomes++;
    }
  }
}
