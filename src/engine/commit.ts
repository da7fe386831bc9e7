import type { StepSpec } from "./context.ts";
import type { Note, Reopening } from "./journal.ts";
import type { Pause, PauseReason, RunRecord } from "./run.ts";
import type { Saga } from "./saga.ts";
import { type CommitTurnRequest, type CreateRunRequest, type Message, NO_CHANGE, type RunChange } from "./storage.ts";
import type { OpenedRun } from "./opened_run.ts";
import type { Turn } from "./turn.ts";

/** What a commit is made of, beside the turn. */
export interface CommitParts {
  readonly run: RunRecord;
  readonly opened: OpenedRun;
  readonly saga: Saga;
  /** What happened since the last commit that only people want to know. */
  readonly notes: readonly Note[];
  /** What the record in the store says. */
  readonly known: RunChange;
  /** Set where the run had ended before. */
  readonly reopening: Reopening | undefined;
  /** Messages whose facts are in the turn. */
  readonly taken: readonly string[] | undefined;
  readonly worker: CreateRunRequest["worker"];
}

/** Works out what a turn commits, at its place in the journal. */
export function commitOf(turn: Turn, { claim, head, turnId }: CommitPlace, parts: CommitParts): CommitTurnRequest {
  const { time, entries, finished, pause } = turn;
  const { notes } = parts;
  return {
    claim,
    head,
    turnId,
    turn: { time, entries: notes.length === 0 ? entries : [...notes, ...entries] },
    restart: isRestart(turn) ? true : undefined,
    change: changeOf(turn, parts.known),
    durability: finished !== undefined || turn.starts.some(isAtMostOnce) ? "sync" : undefined,
    taken: parts.taken,
    children: turn.children.length === 0 ? undefined : childrenOf(turn, parts),
    messages: turn.childOrders.length === 0 && finished === undefined ? undefined : messagesOf(turn, parts),
    release: finished !== undefined || pause !== undefined ? true : undefined,
  };
}

/** Where a commit goes. */
export type CommitPlace = Pick<CommitTurnRequest, "claim" | "head" | "turnId">;

function isAtMostOnce({ atMostOnce }: StepSpec): boolean {
  return atMostOnce === true;
}

/** Whether the journal begins anew with a turn. */
export function isRestart({ entries: [first] }: Pick<Turn, "entries">): boolean {
  return first?.type === "run_started" && first.generation !== undefined;
}

/** What a turn changes in the run's record. */
export function changeOf(turn: Turn, known: RunChange): RunChange {
  const change = statusChange(turn, known);
  return turn.attributes === undefined ? change : { ...change, attributes: turn.attributes };
}

function statusChange({ finished, pause, activity, time }: Turn, known: RunChange): RunChange {
  if (finished !== undefined) {
    const { status, cause, output, error } = finished;
    return { status, cause, output, error, pause: null, wakeAt: null, finishedAt: time };
  }
  if (pause !== undefined) return { status: "paused", pause, wakeAt: null };
  const { status, wakeAt } = activity;
  if (status === known.status && wakeAt === known.wakeAt) return NO_CHANGE;
  return known.finishedAt == null ? { status, wakeAt } : { status, wakeAt, finishedAt: null };
}

function childrenOf({ children }: Turn, { opened, run, worker }: CommitParts): CreateRunRequest[] {
  return children.map(({ runId, spec }) => {
    const { run: child, started } = opened.prepareChild(spec, runId);
    const isElsewhere = child.queue !== run.queue;
    return { run: child, definition: spec.bundle, worker: isElsewhere ? undefined : worker, first: { started } };
  });
}

function messagesOf(turn: Turn, parts: CommitParts): Message[] | undefined {
  const { run, reopening, saga } = parts;
  const { time, finished } = turn;
  const messages: Message[] = turn.childOrders.map((order) => {
    const { runId, step } = order;
    const to = { runId, id: `${run.internalId}:${step}:${order.action}`, time };
    return order.action === "cancel"
      ? { ...to, kind: "cancel" }
      : { ...to, kind: "compensate", error: order.error, replyTo: { runId: run.id, step } };
  });
  const parent = reopening === undefined ? run.parent : reopening.replyTo;
  if (finished !== undefined && parent != null) {
    const { status, output, error } = finished;
    messages.push({
      runId: parent.runId,
      id: `${run.internalId}:${parent.step}`,
      time,
      kind: "child_finished",
      step: parent.step,
      child: { runId: run.id, status, output, error, isUndoable: saga.isUndoable && !saga.isPastPivot },
    });
  }
  return messages.length === 0 ? undefined : messages;
}

/** The pause of a run whose turn must not be committed. */
export function pauseOf({ stuck, mismatch, difference }: Turn, run: Pick<RunRecord, "workflow">): Pause {
  const pause = pauseFor(stuck!, run, mismatch);
  return difference === undefined ? pause : { ...pause, difference };
}

/** What a turn that must not be committed says of the run. */
export function pauseFor(reason: PauseReason, run: Pick<RunRecord, "workflow">, detail?: string): Pause {
  const message = MESSAGES[reason](run.workflow);
  return { reason, message: detail === undefined ? message : `${message}: ${detail}` };
}

const MESSAGES: Readonly<Record<PauseReason, (workflow: string) => string>> = {
  non_determinism: (name) => `The journal does not fit the definition of "${name}"`,
  foreign_await: (name) =>
    `"${name}" awaits something that is not durable: put it into an activity or a ctx.step, and time into ctx.sleep`,
  missing_secret: () => "A secret or variable that the run needs is not set",
  missing_definition: (name) => `The definition of "${name}" is not to be had here`,
  wrong_key: () => "The run's data cannot be decrypted with this key",
  crash_loop: () => "Its process ended five times before it could write anything",
  past_pivot: () => "The run failed past its pivot",
  history_limit: () => "Its journal has grown too long",
};
