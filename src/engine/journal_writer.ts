import { MaestroError } from "../base/errors.ts";
import type { Clock } from "./clock.ts";
import type { JournalTurn } from "./journal.ts";
import type { CommitPlace } from "./commit.ts";
import { sendAgain } from "./patience.ts";
import type { Claim, CommitTurnRequest, Storage } from "./storage.ts";

/** Entries from which on people are told, and with which a run is paused (kernel rule 34). */
const MANY = 50_000;
const MOST = 1_000_000;

/** What a writer needs. */
export interface JournalWriterOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  /** Unlike a position in the journal, never the same for two turns that were computed at the same place. */
  readonly nextTurnId: () => string;
}

/** The end of one run's journal, and the right to write there. */
export class JournalWriter {
  readonly #options: JournalWriterOptions;
  readonly #claim: Claim;
  #head: number;
  #length = 0;
  #hasWarned = false;
  /** Nothing more is sent again. */
  #isStopped = false;
  readonly #hasStopped = (): boolean => this.#isStopped;

  constructor(options: JournalWriterOptions, claim: Claim, head: number) {
    this.#options = options;
    this.#claim = claim;
    this.#head = head;
  }

  /** The place of the next commit; that of a turn moves it on. */
  place(turn: { readonly entries: readonly unknown[] } | undefined, isRestart = false): CommitPlace {
    const place = { claim: this.#claim, head: this.#head, turnId: this.#options.nextTurnId() };
    if (turn !== undefined) {
      this.#head++;
      this.#length = turn.entries.length + (isRestart ? 0 : this.#length);
      if (isRestart) this.#hasWarned = false;
    }
    return place;
  }

  /**
   * Commits, once. Where that fails, `insist` is to be called before anything else.
   *
   * @throws {MaestroError} whatever the store says.
   */
  send(request: CommitTurnRequest): Promise<void> {
    return this.#options.storage.commitTurn(request);
  }

  /**
   * Sends the very same commit again while nobody can say whether it arrived; meanwhile the caller starts no effect.
   *
   * @throws {MaestroError} `claim_lost`, or what the store keeps saying.
   */
  async insist(request: CommitTurnRequest, thrown: unknown): Promise<void> {
    const { storage, clock } = this.#options;
    try {
      await sendAgain(thrown, clock, () => storage.commitTurn(request), this.#hasStopped);
    } catch (last) {
      // What is too large was surely not written: what is committed instead takes its place.
      if (MaestroError.is(last, "payload_too_large")) this.#head = request.head;
      throw last;
    }
  }

  /**
   * Commits at the next place, as often as it takes.
   *
   * @throws as `insist` does.
   */
  async commit(request: Omit<CommitTurnRequest, keyof CommitPlace>): Promise<void> {
    const whole: CommitTurnRequest = { ...request, ...this.place(request.turn) };
    try {
      await this.send(whole);
    } catch (thrown) {
      await this.insist(whole, thrown);
    }
  }

  /** Learns how long the journal is already. */
  count(turns: readonly JournalTurn[]): void {
    for (const { entries } of turns) this.#length += entries.length;
    this.#hasWarned = this.#length >= MANY;
  }

  /** Whether the journal's length calls for anything: a warning, or an end. */
  get isLong(): boolean {
    return this.#length >= MANY && (!this.#hasWarned || this.isFull);
  }

  /** Whether nothing more is to be appended. */
  get isFull(): boolean {
    return this.#length >= MOST;
  }

  /** What people should know of the journal's length, once. */
  warning(): string | undefined {
    if (this.#hasWarned || this.#length < MANY) return undefined;
    this.#hasWarned = true;
    return `The run's journal has ${MANY} entries; with ${MOST} it is paused`;
  }

  /** Gives up what is being sent. */
  stop(): void {
    this.#isStopped = true;
  }
}
