import type { JsonValue } from "./base/json.ts";
import { effectiveTurns } from "./engine/effective_turns.ts";
import type { Failure } from "./engine/failure.ts";
import { type Entry, type JournalTurn, type RunFiles, sentMethod, type StepScheduled } from "./engine/journal.ts";
import { isFinal, type RunStatus } from "./engine/run.ts";
import type { StoredRun } from "./engine/storage.ts";
import { foldSteps, type RollbackView, type StepView } from "./plan/run_view.ts";

/** A run with all that its journal tells: what people look at. */
export interface RunDetails {
  readonly run: StoredRun;
  readonly input: JsonValue;
  readonly steps: readonly StepView[];
  readonly rollback: RollbackView;
  /** What it waits for now, the oldest first. Empty where it has ended. */
  readonly waits: readonly Wait[];
  readonly children: readonly ChildDetails[];
  /** Endpoints that replace the definition's, by service name. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Files that the run depends on beside its definition. */
  readonly files: RunFiles | undefined;
  /** When the whole run is out of time; null where it has no limit. */
  readonly deadline: number | null;
  /** What is being undone, or was, and why. */
  readonly rollbackReason: Failure | null;
  /** The step from which on nothing is undone. */
  readonly pivot: string | null;
  /** How often another process took the run over. */
  readonly recoveries: number;
  /** When the last turn was committed. */
  readonly lastTurnAt: number | null;
  /** Signals that came, by name; a step may have taken them since. */
  readonly signals: readonly { readonly name: string; readonly id: string; readonly time: number }[];
  /** Signals that did not fit what a step waits for. */
  readonly refusals: readonly { readonly step: string; readonly signal: string; readonly reason: string }[];
}

/** A run that a step started. */
export interface ChildDetails {
  readonly runId: string;
  readonly step: string;
  readonly workflow: string;
  /** How it ended; null while it has not. */
  readonly status: RunStatus | null;
}

/** Something that a run waits for. `since` and `due` are milliseconds since the epoch. */
export type Wait =
  | { readonly kind: "signal"; readonly step: string; readonly signal: string; readonly since: number }
  | { readonly kind: "timer"; readonly step: string; readonly due: number; readonly since: number }
  | {
    readonly kind: "call" | "retry";
    readonly step: string;
    /** The step that this one undoes. */
    readonly undoes: string | null;
    readonly service: string;
    readonly method: string;
    readonly attempt: number;
    /** What the last attempt failed with. */
    readonly failure: Failure | null;
    /** When the next attempt starts; null where one is under way. */
    readonly due: number | null;
    readonly since: number;
  }
  | {
    readonly kind: "child";
    readonly step: string;
    readonly runId: string;
    readonly workflow: string;
    readonly since: number;
  };

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Folds a run's journal into what people want to know of it. What a resumed run has put behind it is left out, as `foldSteps` does. */
export function foldRun(run: StoredRun, journal: readonly JournalTurn[]): RunDetails {
  const fold = new RunFold();
  for (const { time, entries } of effectiveTurns(journal).turns) for (const entry of entries) fold.add(entry, time);
  return fold.finish(run, journal);
}

/** The fold behind `foldRun`. */
class RunFold {
  readonly #children = new Map<string, Draft<ChildDetails>>();
  /** By what settles them: a step's path, a timer's name. */
  readonly #waits = new Map<string, Wait>();
  readonly #undone: string[] = [];
  readonly #notUndone = new Set<string>();
  readonly #unknown = new Set<string>();
  readonly #undoing = new Map<string, string>();
  readonly #signals: { name: string; id: string; time: number }[] = [];
  readonly #refusals: { step: string; signal: string; reason: string }[] = [];
  #started: Extract<Entry, { type: "run_started" }> | undefined;
  #finished: Extract<Entry, { type: "run_finished" }> | undefined;
  #deadline: number | null = null;
  #rollbackReason: Failure | null = null;
  #pivot: string | null = null;
  #recoveries = 0;

  add(entry: Entry, time: number): void {
    switch (entry.type) {
      case "run_started":
        this.#started = entry;
        if (entry.timeoutMs !== null) this.#deadline = time + entry.timeoutMs;
        return;
      case "run_finished":
        this.#finished = entry;
        return this.#waits.clear();
      case "step_scheduled":
        return this.#schedule(entry, time);
      case "step_completed":
      case "step_failed":
      case "step_unknown":
      case "step_cancelled":
        return this.#settle(entry.step, entry.type);
      case "attempt_started":
      case "attempt_failed":
        return this.#attempt(entry, time);
      case "timer_set":
        return this.#setTimer(entry.timer, entry.due, time);
      case "timer_fired":
        return void this.#waits.delete(entry.timer);
      case "block_closed":
        return this.#close(entry.step);
      case "rollback_requested":
        // Reopened: what was left is tried again.
        this.#finished = undefined;
        return;
      case "rollback_started":
        this.#rollbackReason = entry.error;
        // What was still waited for has been called off.
        for (const [key, wait] of this.#waits) {
          if (wait.kind !== "call" && wait.kind !== "retry") this.#waits.delete(key);
        }
        return;
      case "pivot_passed":
        this.#pivot = entry.step;
        return;
      case "run_recovered":
        this.#recoveries++;
        return;
      default:
        return this.#addMessage(entry, time);
    }
  }

  #addMessage(entry: Entry, time: number): void {
    switch (entry.type) {
      case "signal_awaited":
        return this.#wait(entry.step, { kind: "signal", step: entry.step, signal: entry.signal, since: time });
      case "signal_received":
        this.#signals.push({ name: entry.name, id: entry.id, time });
        return;
      case "signal_refused":
        this.#refusals.push({ step: entry.step, signal: entry.signal, reason: entry.reason });
        return;
      case "child_scheduled":
        if (entry.action === "run") {
          this.#children.set(entry.runId, {
            runId: entry.runId,
            step: entry.step,
            workflow: entry.workflow,
            status: null,
          });
        }
        if (entry.compensates !== undefined) this.#undoing.set(entry.step, entry.compensates);
        return this.#wait(entry.step, {
          kind: "child",
          step: entry.step,
          runId: entry.runId,
          workflow: entry.workflow,
          since: time,
        });
      case "child_finished": {
        const child = this.#children.get(entry.child.runId);
        if (child !== undefined) child.status = entry.child.status;
        return this.#settle(
          entry.step,
          entry.child.status === "compensation_failed" ? "step_failed" : "step_completed",
        );
      }
      default:
        return;
    }
  }

  finish(run: StoredRun, journal: readonly JournalTurn[]): RunDetails {
    const views = foldSteps(journal);
    const running = new Set(views.filter(({ finishedAt }) => finishedAt === null).map(({ id }) => id));
    const known = new Set(views.map(({ id }) => id));
    /** A wait is over when its step is, whatever ended it. */
    const isOpen = ({ step }: Wait): boolean => !known.has(firstTry(step)) || running.has(firstTry(step));
    const started = this.#started;
    return {
      run,
      input: started?.input ?? null,
      steps: views,
      rollback: this.#finished?.rollback ?? this.#rollback(),
      waits: isFinal(run.status) ? [] : [...this.#waits.values()].filter(isOpen),
      children: [...this.#children.values()],
      endpoints: started?.endpoints ?? {},
      files: started?.files,
      deadline: this.#deadline,
      rollbackReason: this.#rollbackReason,
      pivot: this.#pivot,
      recoveries: this.#recoveries,
      lastTurnAt: journal.at(-1)?.time ?? null,
      signals: this.#signals,
      refusals: this.#refusals,
    };
  }

  #rollback(): RollbackView {
    return { undone: this.#undone, notUndone: [...this.#notUndone], unknown: [...this.#unknown] };
  }

  #schedule(entry: StepScheduled, time: number): void {
    const { step, service, compensates } = entry;
    if (compensates !== undefined) this.#undoing.set(step, compensates);
    this.#wait(step, {
      kind: "call",
      step,
      undoes: compensates ?? null,
      service,
      method: sentMethod(entry),
      attempt: 1,
      failure: null,
      due: null,
      since: time,
    });
  }

  #attempt(entry: Extract<Entry, { type: "attempt_started" | "attempt_failed" }>, time: number): void {
    const wait = this.#waits.get(entry.step);
    if (wait === undefined || (wait.kind !== "call" && wait.kind !== "retry")) return;
    const change = entry.type === "attempt_started"
      ? { kind: "call" as const, due: null }
      : entry.retryInMs === undefined
      ? { failure: entry.failure }
      : { kind: "retry" as const, failure: entry.failure, due: time + entry.retryInMs };
    this.#waits.set(entry.step, { ...wait, ...change, attempt: entry.attempt });
  }

  /** Only what is slept is waited for; the other timers bound something. */
  #setTimer(timer: string, due: number, since: number): void {
    const [, path, use] = /^(.*)!(sleep|every|retry)\d*$/.exec(timer) ?? [];
    if (path === undefined) return;
    const step = use === "every" ? path.replace(/\[\d+\]$/, "") : path;
    this.#wait(timer, { kind: "timer", step, due, since });
  }

  #wait(key: string, wait: Wait): void {
    this.#waits.set(key, wait);
  }

  #settle(step: string, outcome: Entry["type"]): void {
    this.#waits.delete(step);
    const undone = this.#undoing.get(step);
    if (undone === undefined) return;
    this.#notUndone.delete(undone);
    this.#unknown.delete(undone);
    if (outcome === "step_completed") this.#undone.push(undone);
    else if (outcome === "step_unknown") this.#unknown.add(undone);
    else this.#notUndone.add(undone);
  }

  /** A block that is over waits for nothing, whatever kept it waiting. */
  #close(step: string): void {
    this.#waits.delete(step);
    for (const [key, wait] of this.#waits) if (wait.step === step) this.#waits.delete(key);
  }
}

/** The step behind the path of a later try: `bill!2` is `bill`. */
function firstTry(path: string): string {
  return path.replace(/!\d+$/, "");
}
