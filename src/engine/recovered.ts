import { pauseFor } from "./commit.ts";
import { cutJournal, effectiveTurns, voidChildren } from "./effective_turns.ts";
import type { Execution } from "./execution.ts";
import type { Fact, JournalTurn, Reopening, RunStarted } from "./journal.ts";
import type { Pause } from "./run.ts";
import type { ClaimedRun, Message, ReadJournalRequest, Storage } from "./storage.ts";
import type { Turn } from "./turn.ts";

/** A run that brought its process down this often before anything of it was written is left alone (kernel rule 14). */
const MOST_CRASHES = 5;

/** Turns that are read from the store at a time. */
const PAGE = 1_000;

/** Reads a run's whole journal, from where it last began anew. */
export async function readTurns(storage: Pick<Storage, "readJournal">, runId: string): Promise<JournalTurn[]> {
  const turns: JournalTurn[] = [];
  let from = 0;
  for (;;) {
    const request: ReadJournalRequest = { runId, from, limit: PAGE };
    const page = await storage.readJournal(request);
    turns.push(...page.turns);
    if (page.turns.length < PAGE) return turns;
    from = page.from + PAGE;
  }
}

/** Reads what a run was started with. */
export async function readStart(storage: Pick<Storage, "readJournal">, runId: string): Promise<RunStarted> {
  return startOf((await storage.readJournal({ runId, limit: 1 })).turns, runId);
}

/** What a run was started with, by its journal. */
export function startOf([turn]: readonly JournalTurn[], runId: string): RunStarted {
  const started = turn?.entries.find((entry) => entry.type === "run_started");
  if (started === undefined) throw new Error(`The journal of run "${runId}" has no beginning`);
  return started;
}

/** A run as its journal leaves it. */
export interface RecoveredRun {
  readonly execution: Execution;
  /** What is in flight and has to be started again. */
  readonly turn: Turn;
  readonly turns: readonly JournalTurn[];
  /** Counts the attempts that a step in flight had before. */
  readonly attemptsBefore: (step: string) => number;
}

/** Replays a run that was taken over; where a person lets it go on past its pivot, that is committed first. */
export async function recover(
  { crashes, messages }: Pick<ClaimedRun, "crashes" | "messages">,
  turns: readonly JournalTurn[],
  { newExecution, now, commit }: {
    readonly newExecution: () => Execution;
    readonly now: () => number;
    readonly commit: (turn: Turn) => Promise<unknown>;
  },
): Promise<RecoveredRun> {
  const execution = newExecution();
  const turn = await execution.replay(turns);
  const isResumed = turn.stuck === undefined && messages.some(({ kind }) => kind === "resume");
  if (!isResumed || execution.pausedAt === undefined) {
    return { execution, turn, turns, attemptsBefore: countAttempts(turns, crashes) };
  }
  const { step } = execution.pausedAt;
  const resuming = await resumeAt(step, turns, newExecution(), now());
  await commit(resuming);
  const longer = [...turns, { time: resuming.time, entries: resuming.entries }];
  const again = newExecution();
  return {
    execution: again,
    turn: await again.replay(longer),
    turns: longer,
    attemptsBefore: countAttempts(turns, 0, step),
  };
}

/** Computes the turn by which a person lets a run go on past its pivot; the execution is spent on it. */
async function resumeAt(
  step: string | null,
  turns: readonly JournalTurn[],
  execution: Execution,
  now: number,
): Promise<Turn> {
  // What earlier resumes have made void must stay so.
  const journal = effectiveTurns(turns);
  await execution.replayEffective(cutJournal(journal, step));
  const children = [...voidChildren(journal.turns, step)].map(([child, { status, runId }]) => (
    { step: child, runId: status === "completed" ? runId : nextRunOf(child, turns) }
  ));
  // The journal's time never goes back, though what the last turns hold is void.
  const time = Math.max(now, turns.at(-1)?.time ?? 0);
  return await execution.advance([{ type: "resume_requested", step, children }], time);
}

/** `run/kid`, then `run/kid~2`: no run of the child's has had this id. */
function nextRunOf(step: string, turns: readonly JournalTurn[]): string {
  const runs = turns.flatMap(({ entries }) => entries).filter((entry) =>
    entry.type === "child_scheduled" && entry.step === step
  );
  const [first] = runs;
  return `${first?.type === "child_scheduled" ? first.runId : step}~${runs.length + 1}`;
}

/** The fact that a message brings; `undefined` for what no workflow function hears of. */
export function factOf(message: Message): Fact | undefined {
  switch (message.kind) {
    case "signal":
      return { type: "signal_received", name: message.name, data: message.data, id: message.id };
    case "cancel":
      return { type: "cancel_requested", reason: "cancelled" };
    case "compensate": {
      const { error, replyTo } = message;
      return { type: "rollback_requested", error, ...(replyTo === undefined ? undefined : { replyTo }) };
    }
    case "child_finished":
      return { type: "child_finished", step: message.step, child: message.child };
    case "update":
      return { type: "update_received", name: message.name, data: message.data, id: message.id };
    case "resume":
    case "terminate":
      return undefined;
  }
}

/**
 * Counts the attempts that a step in flight had before its process ended: those that were written down, and one for each time that a
 * process took the run over and ended before it wrote anything.
 *
 * A step that failed for certain and that a person just now lets be tried again begins anew, and so does one that the last process had
 * never started: nothing of them can have taken effect.
 */
function countAttempts(
  turns: readonly JournalTurn[],
  crashes: number,
  resumed?: string | null,
): (step: string) => number {
  const written = new Map<string, number>();
  let hasFailed = false;
  for (const { entries } of turns) {
    for (const entry of entries) {
      if (entry.type === "attempt_started") written.set(entry.step, entry.attempt);
      else if (entry.type === "step_failed") hasFailed ||= entry.step === resumed;
    }
  }
  const unstarted = turns.at(-1)?.entries.flatMap((entry) => entry.type === "run_suspended" ? entry.unstarted : []);
  return (step) => {
    if (step === resumed && hasFailed) return 0;
    return unstarted?.includes(step) ? crashes : (written.get(step) ?? 1) + crashes;
  };
}

/** The last time that the run, which had ended, was asked to undo itself. */
export function lastReopening(turns: readonly JournalTurn[]): Reopening | undefined {
  for (const { entries } of turns.toReversed()) {
    const request = entries.findLast((entry) => entry.type === "rollback_requested");
    if (request !== undefined) return request;
  }
  return undefined;
}

/** Why a run that was taken over is not to be tried at all. */
export function refusalOf({ crashes, messages, run }: ClaimedRun): Pause | undefined {
  // A run that only waits has nothing that could bring a process down: machines are switched off during a long wait.
  const isIdle = run.status === "waiting";
  const isCrashing = crashes >= MOST_CRASHES && !isIdle && !messages.some(({ kind }) => kind === "resume");
  return isCrashing ? pauseFor("crash_loop", run) : undefined;
}
