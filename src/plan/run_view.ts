import type { JsonValue } from "../base/json.ts";
import { effectiveTurns } from "../engine/effective_turns.ts";
import type { Failure } from "../engine/failure.ts";
import type { JournalTurn } from "../engine/journal.ts";
import type { StepStatus } from "../engine/run.ts";
import { StepFold } from "./step_fold.ts";

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
  /** What a call sent, secrets left out, or what a child was started with; null where there is nothing to tell. */
  readonly input: JsonValue;
  /** What a call answered, a signal brought, or a child gave; null for other kinds, and until then. */
  readonly output: JsonValue;
  /** The name of the signal that it waits for now. */
  readonly waitsFor: string | null;
  /** When it goes on, or gives up waiting for its signal: milliseconds since the epoch. */
  readonly waitsUntil: number | null;
  /** Id of the run that a `workflow` step started last. */
  readonly childRun: string | null;
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

/**
 * Folds a journal into the steps that it tells of, in the order in which they began.
 *
 * What a resumed run has put behind it is left out: its step is under way again, as if it had never failed.
 */
export function foldSteps(turns: Iterable<JournalTurn>): StepView[] {
  const fold = new StepFold();
  for (const { time, entries } of effectiveTurns([...turns]).turns) {
    for (const entry of entries) fold.add(entry, time);
  }
  return fold.steps;
}
