import type { Clock } from "./clock.ts";
import type { RunListener } from "./hooks.ts";
import type { Entry, JournalTurn, Note } from "./journal.ts";
import type { RunRecord } from "./run.ts";

/** What a run's news need. */
export interface RunNewsOptions {
  readonly clock: Clock;
  readonly onEvent?: RunListener | undefined;
}

/** What people want to know of a run in this process: told at once, and kept for the next commit where it is in no turn. */
export class RunNews {
  /** 32 hexadecimal digits that the run's calls carry. */
  readonly traceId: string;
  readonly #options: RunNewsOptions;
  readonly #run: Pick<RunRecord, "id" | "workflow">;
  #notes: Note[] = [];

  constructor(options: RunNewsOptions, run: RunRecord) {
    this.#options = options;
    this.#run = run;
    this.traceId = run.internalId.replaceAll("-", "");
  }

  /** Tells a note and keeps it. */
  readonly hear = (note: Note): void => {
    this.#notes.push(note);
    this.#tell(note, this.#options.clock.now());
  };

  /** Tells what a turn holds. */
  tell({ time, entries }: JournalTurn): void {
    if (this.#options.onEvent !== undefined) { for (const entry of entries) this.#tell(entry, time); }
  }

  /** Tells what the journal held when this process took the run over. */
  tellPast(turns: readonly JournalTurn[]): void {
    if (this.#options.onEvent === undefined) return;
    for (const { time, entries } of turns) for (const entry of entries) this.#tell(entry, time, true);
  }

  /** Removes and gives the notes that are to be committed. */
  takeNotes(): readonly Note[] {
    const notes = this.#notes;
    if (notes.length > 0) this.#notes = [];
    return notes;
  }

  #tell(entry: Entry, time: number, isPast = false): void {
    const { id, workflow } = this.#run;
    const event = { runId: id, workflow, traceId: this.traceId, time, entry };
    this.#options.onEvent?.(isPast ? { ...event, isPast } : event);
  }
}
