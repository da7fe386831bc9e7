import type { CommitPlace } from "./commit.ts";
import type { FactInbox } from "./fact_inbox.ts";
import { failure } from "./failure.ts";
import { type Entry, isOutcome, type JournalTurn, type RunFinished, type RunStarted } from "./journal.ts";
import type { JournalWriter } from "./journal_writer.ts";
import type { RunNews } from "./run_news.ts";
import { isFinal, type RunRecord } from "./run.ts";
import { type ClaimedRun, type CommitTurnRequest, type Message, NO_CHANGE } from "./storage.ts";

/** The code of the error that such a run ends with. */
const TERMINATED = "terminated";

/** The end of a run that a person has terminated. */
interface Termination {
  readonly finished: RunFinished;
  readonly commit: Omit<CommitTurnRequest, keyof CommitPlace> & { readonly turn: JournalTurn };
}

/**
 * Ends a run as it stands, without its code: nothing is undone, nobody knows what the steps in flight came to, and its children end the
 * same way. `started` is given where the run has never begun.
 */
function terminate(
  run: RunRecord,
  turns: readonly JournalTurn[],
  { now, started, taken }: {
    readonly now: number;
    readonly started: RunStarted | undefined;
    readonly taken: readonly string[] | undefined;
  },
): Termination {
  const reason = failure(TERMINATED, "The run was terminated");
  const { steps, children, undone } = openWork(turns);
  const finished: RunFinished = {
    type: "run_finished",
    status: "cancelled",
    cause: "cancelled",
    output: null,
    error: reason,
    rollback: { undone, notUndone: [], unknown: [] },
  };
  const time = Math.max(now, turns.at(-1)?.time ?? 0);
  const entries: Entry[] = [
    ...(started === undefined ? [] : [started]),
    { type: "run_terminated" },
    ...steps.map((step) => (
      { type: "step_unknown", step, failure: { ...reason, step }, attempts: 1 } as const
    )),
    finished,
  ];
  const { status, cause, output, error } = finished;
  const messages: Message[] = children.map(({ step, runId }) => (
    { runId, id: `${run.internalId}:${step}:terminate`, time, kind: "terminate" }
  ));
  if (run.parent !== null) {
    const { runId, step } = run.parent;
    const child = { runId: run.id, status, output, error, isUndoable: false };
    messages.push({ runId, id: `${run.internalId}:${step}`, time, kind: "child_finished", step, child });
  }
  return {
    finished,
    commit: {
      turn: { time, entries },
      change: { status, cause, output, error, pause: null, wakeAt: null, finishedAt: time },
      durability: "sync",
      taken,
      messages: messages.length === 0 ? undefined : messages,
      release: true,
    },
  };
}

/** Ends a run in the store; gives its end, and what is to be told to other runs. */
export async function endForGood(
  run: RunRecord,
  started: RunStarted | undefined,
  { read, now, inbox, writer, news }: {
    readonly read: () => Promise<readonly JournalTurn[]>;
    readonly now: number;
    readonly inbox: FactInbox;
    readonly writer: JournalWriter;
    readonly news: RunNews;
  },
): Promise<{ readonly finished: RunFinished; readonly messages: readonly Message[] }> {
  const turns = started === undefined ? await read() : [];
  inbox.takeFacts();
  const { finished, commit } = terminate(run, turns, { now, started, taken: inbox.takeIds() });
  await writer.commit(commit);
  news.tell(commit.turn);
  return { finished, messages: commit.messages ?? [] };
}

/** Drops what comes for a run that was terminated: nothing moves it on. `undefined` for every other run. */
export async function dropMail(
  { run, messages }: Pick<ClaimedRun, "run" | "messages">,
  writer: JournalWriter,
): Promise<RunFinished | undefined> {
  const { status, cause, output, error } = run;
  if (!isFinal(status) || error?.code !== TERMINATED) return undefined;
  await writer.commit({ change: NO_CHANGE, taken: messages.map(({ id }) => id), release: true });
  return { type: "run_finished", status, cause, output, error, rollback: { undone: [], notUndone: [], unknown: [] } };
}

/** What a journal without a person's end holds. */
export function withoutTermination(turns: readonly JournalTurn[]): readonly JournalTurn[] {
  return turns.filter(({ entries }) => !entries.some(({ type }) => type === "run_terminated"));
}

/** The steps and children that have begun and not ended, and the steps that were undone. */
function openWork(turns: readonly JournalTurn[]): {
  readonly steps: readonly string[];
  readonly children: readonly { readonly step: string; readonly runId: string }[];
  readonly undone: readonly string[];
} {
  const steps = new Map<string, string | undefined>();
  const children = new Map<string, string>();
  const undone: string[] = [];
  for (const { entries } of turns) {
    for (const entry of entries) {
      if (entry.type === "step_scheduled") steps.set(entry.step, entry.compensates);
      else if (entry.type === "child_scheduled") children.set(entry.step, entry.runId);
      else if (entry.type === "child_finished") children.delete(entry.step);
      else if (isOutcome(entry)) {
        const compensates = steps.get(entry.step);
        if (compensates !== undefined && entry.type === "step_completed") undone.push(compensates);
        steps.delete(entry.step);
      }
    }
  }
  return { steps: [...steps.keys()], children: [...children].map(([step, runId]) => ({ step, runId })), undone };
}
