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

/** The statuses that may follow each status. */
export const RUN_TRANSITIONS: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  pending: ["running", "cancelled"],
  running: ["waiting", "compensating", "paused", "completed", "failed", "cancelled"],
  waiting: ["running", "compensating", "paused", "cancelled"],
  compensating: ["compensated", "compensation_failed", "paused"],
  paused: ["running", "compensating", "failed", "cancelled"],
  completed: ["compensating"],
  failed: [],
  compensated: [],
  compensation_failed: ["compensating"],
  cancelled: [],
};

/** Tells whether a run in this status has ended. */
export function isEnded(status: RunStatus): boolean {
  return status === "completed" || status === "failed" || status === "compensated" ||
    status === "compensation_failed" || status === "cancelled";
}

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
