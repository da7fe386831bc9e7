import { roughDuration } from "../../base/duration.ts";
import type { StoredRun } from "../../run_store.ts";
import { describeFailure } from "../report_run.ts";
import type { RunStatus } from "../run_events.ts";
import { type Cell, drawTable, type TableOptions } from "./table.ts";

/** Options of `drawRuns`. */
export interface RunTableOptions extends TableOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Draws runs as a table, a line each. */
export function drawRuns(runs: readonly StoredRun[], options: RunTableOptions): string {
  const head = ["RUN", "STATUS", "WORKFLOW", "STARTED", "TOOK", "DETAIL"];
  return drawTable(head, runs.map((run) => row(run, options.now)), options);
}

function row(run: StoredRun, now: number): readonly Cell[] {
  const { id, status, workflow, startedAt, finishedAt } = run;
  return [
    { text: id },
    { text: status, color: colorOf(status) },
    { text: workflow },
    { text: showTime(startedAt) },
    { text: roughDuration((finishedAt ?? now) - startedAt) },
    { text: detailOf(run), color: "dim" },
  ];
}

/** The colour that goes with a status. */
export function colorOf(status: RunStatus): Cell["color"] {
  switch (status) {
    case "completed":
      return "green";
    case "failed":
    case "compensation_failed":
      return "red";
    case "compensated":
    case "compensating":
    case "paused":
      return "yellow";
    case "cancelled":
      return "dim";
    default:
      return "cyan";
  }
}

/** What else there is to know of a run, in a few words; empty where it completed or just goes on. */
function detailOf(run: StoredRun): string {
  const child = run.parent === null ? "" : `child of ${run.parent.runId}`;
  return [child, ownDetail(run)].filter((part) => part !== "").join("; ");
}

function ownDetail({ status, owner, pause, error, wakeAt, cause }: StoredRun): string {
  if (pause !== null && status === "paused") return `${pause.reason}: ${pause.message}`;
  if (status === "waiting") {
    const until = wakeAt === null ? "for a message" : `until ${showTime(wakeAt)}`;
    return owner === null ? `${until}; no process runs it` : until;
  }
  if (isCut(status) && owner === null) return "interrupted";
  if (error === null) return "";
  return cause === "cancelled" ? "cancelled" : describeFailure(error);
}

/** Whether a run of this status should have an owner. */
export function isCut(status: RunStatus): boolean {
  return status === "running" || status === "compensating";
}

/** A time to the second, RFC 3339. */
export function showTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
