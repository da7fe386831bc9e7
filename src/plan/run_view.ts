import type { Failure } from "../engine/failure.ts";
import type { StepStatus } from "../engine/run.ts";

/** One step of a run as people see it: a fold of the journal. */
export interface StepView {
  /** The step's path, such as `each[12]/charge`. */
  readonly id: string;
  /** `call`, `parallel`, … as in the plan. */
  readonly kind: string;
  readonly service: string | null;
  readonly method: string | null;
  readonly status: StepStatus;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly error: Failure | null;
  readonly compensation: CompensationView | null;
}

/** How a step was undone. */
export interface CompensationView {
  readonly status: "running" | "retrying" | "completed" | "failed" | "unknown" | "skipped";
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly error: Failure | null;
}

/** What a rollback came to, by step path. */
export interface RollbackView {
  readonly undone: readonly string[];
  readonly notUndone: readonly string[];
  readonly unknown: readonly string[];
}
