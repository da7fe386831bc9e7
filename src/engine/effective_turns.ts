import { type Entry, type Fact, isFact, isOutcome, type JournalTurn } from "./journal.ts";
import type { ChildEnd } from "./run.ts";

/** A journal as replay takes it. */
export interface EffectiveJournal {
  readonly turns: readonly JournalTurn[];
  /** Steps that a person let be tried again, though they had failed. */
  readonly resumed: ReadonlySet<string>;
  /** What had come true in void parts, and comes true again when the run asks for it: nothing that completed is done twice. */
  readonly kept: readonly Fact[];
}

/**
 * Leaves out of a journal what a resumed run has put behind it.
 *
 * A run that failed past its pivot and was resumed goes on as if the step that it stopped at had never failed: all from that failure
 * to the pause is void, but for what had completed meanwhile.
 */
export function effectiveTurns(turns: readonly JournalTurn[]): EffectiveJournal {
  const resumed = new Set<string>();
  const kept = new Map<string, Fact>();
  let effective = turns;
  for (const turn of turns) {
    const resume = turn.entries.find((entry) => entry.type === "resume_requested");
    if (resume === undefined) continue;
    const end = effective.indexOf(turn);
    const before = effective.slice(0, end);
    for (const fact of keptFacts(before, resume.step)) kept.set(keyOf(fact), fact);
    effective = [...cutAtFailure(before, resume.step), ...effective.slice(end)];
    if (resume.step !== null) resumed.add(resume.step);
  }
  if (kept.size > 0) {
    for (const { entries } of effective) for (const entry of entries) if (isFact(entry)) kept.delete(keyOf(entry));
  }
  return { turns: effective, resumed, kept: [...kept.values()] };
}

/** What a resume at a step leaves of a journal. */
export function cutJournal({ turns, resumed, kept }: EffectiveJournal, step: string | null): EffectiveJournal {
  const all = new Map([...kept, ...keptFacts(turns, step)].map((fact) => [keyOf(fact), fact]));
  return { turns: cutAtFailure(turns, step), resumed, kept: [...all.values()] };
}

function keptFacts(turns: readonly JournalTurn[], step: string | null): Fact[] {
  return voidEntries(turns, step).filter(isFact).filter((fact) => {
    if (isOutcome(fact)) return fact.type === "step_completed";
    if (fact.type === "child_finished") return fact.child.status === "completed";
    return fact.type === "signal_received" || fact.type === "timer_fired" && !isEnd(fact, step);
  });
}

/** How the children of steps had ended, last, in the part of a journal that resuming makes void. */
export function voidChildren(turns: readonly JournalTurn[], step: string | null): ReadonlyMap<string, ChildEnd> {
  const ends = voidEntries(turns, step).filter((entry) => entry.type === "child_finished");
  return new Map(ends.map((end) => [end.step, end.child]));
}

function voidEntries(turns: readonly JournalTurn[], step: string | null): Entry[] {
  const { turn, entry } = failureOf(turns, step);
  return [turns[turn]!.entries.slice(entry), ...turns.slice(turn + 1).map(({ entries }) => entries)].flat();
}

function cutAtFailure(turns: readonly JournalTurn[], step: string | null): JournalTurn[] {
  const { turn, entry } = failureOf(turns, step);
  const last = turns[turn]!;
  return [...turns.slice(0, turn), { ...last, entries: last.entries.slice(0, entry) }];
}

/** Where the failure of a step stands; the first fact of the last turn where it was no outcome that failed. */
function failureOf(turns: readonly JournalTurn[], step: string | null): { turn: number; entry: number } {
  for (let turn = turns.length - 1; turn >= 0; turn--) {
    const entry = turns[turn]!.entries.findIndex((candidate) => isEnd(candidate, step));
    if (entry >= 0) return { turn, entry };
  }
  const turn = turns.findLastIndex(({ entries }) => entries.some(({ type }) => type === "run_paused"));
  return { turn, entry: Math.max(0, turns[turn]!.entries.findIndex(isFact)) };
}

function isEnd(entry: Entry, step: string | null): boolean {
  if (entry.type === "timer_fired") return entry.timer === step;
  if (entry.type === "child_finished") return entry.step === step && entry.child.status !== "completed";
  return isOutcome(entry) && entry.type !== "step_completed" && entry.step === step;
}

function keyOf(fact: Fact): string {
  if (fact.type === "signal_received") return `signal ${fact.id}`;
  if (fact.type === "step_heartbeat") return `heartbeat ${fact.step}`;
  return "timer" in fact ? `timer ${fact.timer}` : "step" in fact ? `step ${fact.step}` : fact.type;
}
