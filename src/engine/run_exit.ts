import { MaestroError } from "../base/errors.ts";
import type { FactInbox } from "./fact_inbox.ts";
import type { RunFinished } from "./journal.ts";
import type { JournalWriter } from "./journal_writer.ts";
import type { Pause } from "./run.ts";
import type { ClaimedRun, RunChange } from "./storage.ts";

/** How a run left this process. */
export type RunExit =
  | { readonly kind: "finished"; readonly finished: RunFinished }
  | { readonly kind: "paused"; readonly pause: Pause }
  /** It waits in the store, and costs nothing here; `wakeAt` as in its record. */
  | { readonly kind: "parked"; readonly wakeAt: number | null };

/** The exit of a run that has ended, else is paused. */
export function exitOf(finished: RunFinished | undefined, pause: Pause | null | undefined): RunExit {
  return finished === undefined ? { kind: "paused", pause: pause! } : { kind: "finished", finished };
}

/**
 * Writes that a paused run goes on. Gives what that changes: `undefined` where nobody has asked for it, nothing where the run is past
 * its pivot, since there the turn that resumes it says so itself.
 */
export async function unpause(
  { run, messages }: ClaimedRun,
  writer: JournalWriter,
  inbox: FactInbox,
): Promise<RunChange | undefined> {
  const resumes = messages.filter(({ kind }) => kind === "resume");
  if (resumes.length === 0 && !messages.some(({ kind }) => kind === "cancel")) return undefined;
  if (run.pause!.reason === "past_pivot") {
    inbox.accept(resumes);
    return {};
  }
  const taken = resumes.map(({ id }) => id);
  const change: RunChange = { status: "running", pause: null };
  await writer.commit({ change, taken });
  return change;
}

/** The pause of a run all of whose children wait for a person; `undefined` where one does not. */
export function pauseForChildren(
  children: readonly { readonly runId: string }[],
  paused: ReadonlyMap<string, Pause>,
): Pause | undefined {
  const id = children[0]?.runId;
  if (id === undefined || !children.every(({ runId }) => paused.has(runId))) return undefined;
  const { reason, message } = paused.get(id)!;
  return { reason, message: `Its child run "${id}" is paused: ${message}` };
}

/** The error of whoever would go on with a run that may have another owner. */
export function lost(runId: string): MaestroError {
  return new MaestroError("claim_lost", `Run "${runId}" may have another owner`);
}
