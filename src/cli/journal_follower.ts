import type { RunStore, StoredRun } from "../run_store.ts";
import type { RunEvent, RunListener } from "./run_events.ts";

/** How often a run that another process advances is looked at. */
export const LOOK_EVERY_MS = 200;

/** Turns that are read at a time. */
const PAGE = 1_000;

/** Tells what a run's journal holds as events, and each time it is asked what has come since. */
export class JournalFollower {
  readonly #store: RunStore;
  readonly #run: StoredRun;
  readonly #traceId: string;
  #head = 0;

  /** Starts at the beginning of the journal. */
  constructor(store: RunStore, run: StoredRun) {
    this.#store = store;
    this.#run = run;
    this.#traceId = run.internalId.replaceAll("-", "");
  }

  /** Tells everything that has come since the last time, in order; as past where it is only to be taken in. */
  async catchUp(tell: RunListener, isPast = false): Promise<void> {
    for (;;) {
      const { from, turns } = await this.#store.storage.readJournal({
        runId: this.#run.id,
        from: this.#head,
        limit: PAGE,
      });
      this.#head = from + turns.length;
      for (const { time, entries } of turns) for (const entry of entries) tell(this.#event(time, entry, isPast));
      if (turns.length < PAGE) return;
    }
  }

  #event(time: number, entry: RunEvent["entry"], isPast: boolean): RunEvent {
    const { id, workflow } = this.#run;
    return { runId: id, workflow, traceId: this.#traceId, time, entry, isPast };
  }
}
