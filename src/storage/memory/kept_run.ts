import type { JournalTurn, RunStarted } from "../../engine/journal.ts";
import { isFinal, type RunRecord, type RunStatus } from "../../engine/run.ts";
import type { JournalPage, ListRunsRequest, Message, PendingTurn } from "../../engine/storage.ts";

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
  turns: JournalTurn[];
  /** Position of the first turn in `turns`. */
  base: number;
  /** What no turn has taken yet, by id, oldest first. */
  readonly inbox: Map<string, Message>;
  /** Ids of all messages that the run ever had. */
  readonly heard: Set<string>;
}

/** Tells whether a run meets every condition of a listing. */
export function isMatch(run: RunRecord, conditions: Omit<ListRunsRequest, "cursor" | "limit">): boolean {
  const { status, workflow, queue, parent, rootsOnly, startedFrom, startedBefore, idPrefix, attributes } = conditions;
  if (status !== undefined && !status.includes(run.status)) return false;
  if (workflow !== undefined && run.workflow !== workflow) return false;
  if (queue !== undefined && run.queue !== queue) return false;
  if (parent !== undefined && run.parent?.runId !== parent) return false;
  if (rootsOnly === true && run.parent !== null) return false;
  if (startedFrom !== undefined && run.startedAt < startedFrom) return false;
  if (startedBefore !== undefined && run.startedAt >= startedBefore) return false;
  if (idPrefix !== undefined && !run.id.startsWith(idPrefix)) return false;
  for (const name in attributes) {
    if (!Object.hasOwn(run.attributes, name) || run.attributes[name] !== attributes[name]) return false;
  }
  return conditions.text === undefined || hasText(run, conditions.text.toLowerCase());
}

function hasText({ id, workflow, error, attributes }: RunRecord, text: string): boolean {
  const places = [id, workflow, error?.code ?? "", error?.message ?? "", ...Object.values(attributes).map(String)];
  return places.some((place) => place.toLowerCase().includes(text));
}

/** Tells whether a run stands at the top of a tree that may be deleted, as far as itself is concerned. */
export function isEndedRoot(
  { parent, status, finishedAt }: RunRecord,
  endedBefore: number,
  statuses: readonly RunStatus[] | undefined,
): boolean {
  return parent === null && isFinal(status) && finishedAt !== null && finishedAt < endedBefore &&
    statuses?.includes(status) !== false;
}

/** Tells whether a run of this status is interrupted where its owner goes away. */
export function isUnderWay(status: RunStatus): boolean {
  return status === "pending" || status === "running" || status === "compensating";
}

/** A page of a run's journal. */
export function pageOf(kept: KeptRun | undefined, from: number, limit: number): JournalPage {
  if (kept === undefined) return { from, turns: [] };
  const first = Math.max(from, kept.base);
  const start = first - kept.base;
  return { from: first, turns: kept.turns.slice(start, start + limit) };
}

/** What a run's next turn will be made of. */
export function pendingOf(kept: KeptRun | undefined): PendingTurn | undefined {
  return kept && { started: kept.started, messages: [...kept.inbox.values()] };
}

/** How many turns a run's journal has had. */
export function headOf({ base, turns }: KeptRun): number {
  return base + turns.length;
}
