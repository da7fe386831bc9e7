import type { JournalTurn, RunStarted } from "../../engine/journal.ts";
import type { RunRecord } from "../../engine/run.ts";
import type { ListRunsRequest, Message } from "../../engine/storage.ts";

/** A run as `MemoryStorage` keeps it. */
export interface KeptRun {
  record: RunRecord;
  /** Grows from run to run. */
  readonly number: number;
  token: number;
  owner: string | null;
  lastTurnId: string;
  crashes: number;
  started: RunStarted | undefined;
  readonly turns: JournalTurn[];
  /** What no turn has taken yet, by id, oldest first. */
  readonly inbox: Map<string, Message>;
  /** Ids of all messages that the run ever had. */
  readonly heard: Set<string>;
}

/** Tells whether a run meets every condition of a listing. */
export function isMatch(run: RunRecord, conditions: Omit<ListRunsRequest, "cursor" | "limit">): boolean {
  const { status, workflow, queue, parent, rootsOnly, startedFrom, startedBefore, text } = conditions;
  if (status !== undefined && !status.includes(run.status)) return false;
  if (workflow !== undefined && run.workflow !== workflow) return false;
  if (queue !== undefined && run.queue !== queue) return false;
  if (parent !== undefined && run.parent?.runId !== parent) return false;
  if (rootsOnly === true && run.parent !== null) return false;
  if (startedFrom !== undefined && run.startedAt < startedFrom) return false;
  if (startedBefore !== undefined && run.startedAt >= startedBefore) return false;
  if (text === undefined) return true;
  const places = [run.id, run.workflow, run.error?.code ?? "", run.error?.message ?? ""];
  return places.some((place) => place.toLowerCase().includes(text.toLowerCase()));
}
