import { MaestroError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { RunStatus } from "./run_events.ts";

/** Every status of a run, those of runs that have ended last. */
const STATUSES = [
  "pending",
  "running",
  "waiting",
  "compensating",
  "paused",
  "completed",
  "failed",
  "compensated",
  "compensation_failed",
  "cancelled",
] as const satisfies readonly RunStatus[];

/** Statuses of runs that have ended. */
const ENDED: ReadonlySet<string> = new Set(STATUSES.slice(5));

/**
 * Reads the values of `--status`, each one status or several with commas between them.
 *
 * @throws {MaestroError} `usage` for a word that is no status.
 */
export function parseStatuses(values: readonly string[] | undefined): readonly RunStatus[] | undefined {
  if (values === undefined) return undefined;
  return values.flatMap((value) => value.split(",")).map((word) => {
    const status = STATUSES.find((candidate) => candidate === word.trim());
    if (status !== undefined) return status;
    throw new MaestroError("usage", `--status must be a status, but is "${word}"`, {
      hint: didYouMean(word, STATUSES) ?? `the statuses are ${STATUSES.join(", ")}`,
    });
  });
}

/** Whether a run of this status has ended. */
export function isEnded(status: RunStatus): boolean {
  return ENDED.has(status);
}

/** Statuses of runs that have not ended and are not paused: somebody should be at them. */
export const GOING: readonly RunStatus[] = STATUSES.slice(0, 4);
