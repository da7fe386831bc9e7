import { changeOf, commitOf, type CommitParts, isRestart } from "./commit.ts";
import type { Fact, Reopening, RunStarted } from "./journal.ts";
import { JournalWriter, type JournalWriterOptions } from "./journal_writer.ts";
import type { OpenedRun } from "./opened_run.ts";
import type { RunRecord } from "./run.ts";
import type { RunNews } from "./run_news.ts";
import type { Claim, CommitTurnRequest, CreateRunRequest, RunChange, WorkerRef } from "./storage.ts";
import type { Turn } from "./turn.ts";

/** What a ledger is made of. */
export interface LedgerOptions extends JournalWriterOptions {
  /** The worker as the store knows it. */
  readonly ref: WorkerRef;
}

/** What the store holds of a run that this process drives: the end of its journal, and its record as it was last written. */
export class Ledger {
  /** What the record in the store says. */
  known: RunChange;
  /** Who asked the run, which had ended, to undo itself. */
  reopening: Reopening | undefined;
  readonly #options: LedgerOptions;
  readonly #run: RunRecord;
  readonly #news: RunNews;
  #writer: JournalWriter | undefined;

  constructor(options: LedgerOptions, run: RunRecord, news: RunNews) {
    this.#options = options;
    this.#run = run;
    this.#news = news;
    this.known = run;
  }

  /** The end of the journal; only after `open`. */
  get writer(): JournalWriter {
    return this.#writer!;
  }

  /** Begins to write, by the right of a claim. */
  open(claim: Claim, head: number): void {
    this.#writer = new JournalWriter(this.#options, claim, head);
  }

  /** Learns who has asked a run that had ended to undo itself. */
  hear(facts: readonly Fact[]): void {
    this.reopening = facts.findLast((fact) => fact.type === "rollback_requested") ?? this.reopening;
  }

  /** Learns that the record says something else. */
  learn(change: RunChange): void {
    this.known = { ...this.known, ...change };
  }

  /**
   * What creates the run. Whether the first turn goes with it: children are created by the turn that asks for them, and a run that is
   * created has room for its own first turn only.
   */
  creation(
    turn: Turn,
    opened: OpenedRun,
    started: RunStarted,
  ): { readonly request: CreateRunRequest; readonly hasTurn: boolean } {
    const { ref, nextTurnId } = this.#options;
    const hasTurn = turn.children.length === 0 && (turn.finished ?? turn.stuck ?? turn.continued) === undefined;
    const { time, entries } = turn;
    const run = hasTurn ? { ...this.#run, ...changeOf(turn, this.known) } : this.#run;
    const first = hasTurn ? { turn: { time, entries }, turnId: nextTurnId() } : { started };
    return { request: { run, definition: opened.bundle, worker: ref, first }, hasTurn };
  }

  /** Commits a turn, as often as it takes; gives what was committed. @throws {MaestroError} as `JournalWriter.insist` does. */
  async commit(turn: Turn, parts: Pick<CommitParts, "opened" | "saga" | "taken">): Promise<CommitTurnRequest> {
    const commit = commitOf(turn, this.writer.place(turn, isRestart(turn)), {
      ...parts,
      run: this.#run,
      notes: this.#news.takeNotes(),
      known: this.known,
      reopening: this.reopening,
      worker: this.#options.ref,
    });
    try {
      await this.writer.send(commit);
    } catch (thrown) {
      await this.writer.insist(commit, thrown);
    }
    if (commit.change.status !== undefined) this.learn(commit.change);
    return commit;
  }

  /** Gives the claim up. What had happened for people to know is kept. */
  async release(change: RunChange, time: number): Promise<void> {
    const entries = this.#news.takeNotes();
    const turn = entries.length === 0 ? undefined : { time, entries };
    await this.writer.commit({ turn, change, release: true });
  }

  /** A journal without end would take ever longer to replay: people are told early, and the run stops late (kernel rule 34). */
  get isTooLong(): boolean {
    if (!this.writer.isLong) return false;
    const warning = this.writer.warning();
    if (warning !== undefined) this.#news.hear({ type: "log", step: "", text: warning });
    return this.writer.isFull;
  }

  /** Gives up what is being written. */
  stop(): void {
    this.#writer?.stop();
  }
}
