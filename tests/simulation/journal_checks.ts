import { isDeepStrictEqual } from "node:util";
import { effectiveTurns } from "../../src/engine/effective_turns.ts";
import { Execution } from "../../src/engine/execution.ts";
import {
  type Entry,
  isCommand,
  isFact,
  isOutcome,
  type JournalTurn,
  type RunFinished,
} from "../../src/engine/journal.ts";
import { drain } from "../../src/runtime/drain.ts";
import type { StoredRun } from "../../src/engine/storage.ts";
import type { Program } from "./program.ts";

/** A run with its journal. */
export interface KeptRun {
  readonly run: StoredRun;
  readonly journal: readonly JournalTurn[];
}

/** The last end that a journal tells of. */
export function endOf(journal: readonly JournalTurn[]): RunFinished | undefined {
  const ends = journal.flatMap(({ entries }) => entries.filter((entry) => entry.type === "run_finished"));
  return ends.at(-1);
}

/** What every journal promises, whatever run it is of. */
export function checkJournal({ run, journal }: KeptRun): string[] {
  const reader = new JournalReader();
  if (journal.length > 0 && journal[0]!.entries.every(({ type }) => type !== "run_started")) {
    reader.faults.push("its journal does not begin with run_started");
  }
  let time = -Infinity;
  for (const turn of journal) {
    if (turn.time < time) reader.faults.push(`time goes back in its journal, from ${time} to ${turn.time}`);
    time = turn.time;
  }
  for (const { entries } of effectiveTurns(journal).turns) for (const entry of entries) reader.read(entry);
  return reader.faults.map((fault) => `run ${run.id}: ${fault}`);
}

/** Reads a journal entry by entry, without running anything. */
class JournalReader {
  readonly faults: string[] = [];
  /** Steps that have been asked for and have no outcome. */
  readonly #open = new Set<string>();
  readonly #signals = new Set<string>();
  #hasEnded = false;

  read(entry: Entry): void {
    if (this.#hasEnded && !isNote(entry)) {
      if (entry.type !== "rollback_requested") this.faults.push(`${entry.type} comes after run_finished`);
      this.#hasEnded = false;
    }
    if (isOutcome(entry)) return this.#end(entry.step);
    switch (entry.type) {
      case "step_scheduled":
        if (this.#open.has(entry.step)) this.faults.push(`${entry.step} is asked for twice`);
        this.#open.add(entry.step);
        break;
      case "child_scheduled":
        // One that a person lets be tried again is asked for again.
        this.#open.add(entry.step);
        break;
      case "child_finished":
        return this.#end(entry.step);
      case "signal_received":
        if (this.#signals.has(entry.id)) this.faults.push(`signal ${entry.id} came twice`);
        this.#signals.add(entry.id);
        break;
      case "run_finished":
        this.#hasEnded = true;
        if (this.#open.size > 0) this.faults.push(`it has ended while ${[...this.#open]} had no outcome`);
        break;
    }
  }

  #end(step: string): void {
    if (!this.#open.delete(step)) this.faults.push(`${step} ended without being under way`);
  }
}

/** Notes are for people, and may come at any time. */
function isNote(entry: Entry): boolean {
  return !isFact(entry) && !isCommand(entry);
}

/** Replays a journal from its beginning to some of its turns, and to its end. */
export async function checkReplay(
  { run, journal }: KeptRun,
  { workflows }: Program,
  lengths: Iterable<number>,
): Promise<string[]> {
  const { definition } = workflows.get(run.definition)!;
  const { id: runId, internalId } = run;
  const found: string[] = [];
  for (const length of new Set([...lengths, journal.length])) {
    const turns = journal.slice(0, length);
    if (turns.length === 0) continue;
    const execution = new Execution({ runId, internalId, definition, drain, digest: (text) => text });
    const turn = await execution.replay(turns);
    if (turn.stuck !== undefined) found.push(`run ${runId}: replay of ${length} turns: ${turn.stuck} ${turn.mismatch}`);
    const inFlight = turn.starts.map(({ step }) => step).sort();
    const open = openSteps(turns);
    if (!isDeepStrictEqual(inFlight, open)) {
      found.push(`run ${runId}: after ${length} turns ${open} are under way, replay says ${inFlight}`);
    }
    if (length < journal.length) continue;
    const { finished } = turn;
    const end = endOf(journal);
    if (end !== undefined && !isDeepStrictEqual({ ...finished }, { ...end })) {
      found.push(`run ${runId}: it ended ${JSON.stringify(end)}, replay says ${JSON.stringify(finished)}`);
    }
  }
  return found;
}

function openSteps(turns: readonly JournalTurn[]): string[] {
  const open = new Set<string>();
  for (const entry of effectiveTurns(turns).turns.flatMap(({ entries }) => entries)) {
    if (entry.type === "step_scheduled") open.add(entry.step);
    else if (isOutcome(entry)) open.delete(entry.step);
  }
  return [...open].sort();
}
