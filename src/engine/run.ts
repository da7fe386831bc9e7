import type { JsonValue } from "../base/json.ts";
import type { Failure } from "./failure.ts";

/** Where a run stands. The last five are final, except that a person may drive `compensation_failed` on. */
export type RunStatus =
  | "pending"
  | "running"
  | "waiting"
  | "compensating"
  | "paused"
  | "completed"
  | "failed"
  | "compensated"
  | "compensation_failed"
  | "cancelled";

/** Why a run did not complete. */
export type RunCause = "error" | "timeout" | "cancelled";

/** Where a step stands. */
export type StepStatus =
  | "pending"
  | "running"
  | "retrying"
  | "waiting"
  | "completed"
  | "failed"
  | "skipped"
  | "cancelled"
  | "unknown"
  | "compensating"
  | "compensated"
  | "compensation_failed";

/** A run as its record in the store shows it. */
export interface RunRecord {
  /** The id that people use: given with `--id`, or made. */
  readonly id: string;
  /** The id inside idempotency keys; never reused. */
  readonly internalId: string;
  readonly workflow: string;
  readonly version: string;
  /** Hash of the definition bundle. */
  readonly definition: string;
  readonly status: RunStatus;
  readonly cause: RunCause | null;
  readonly output: JsonValue;
  readonly error: Failure | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number | null;
}
