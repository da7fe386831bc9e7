import { MaestroError } from "../base/errors.ts";
import type { Clock } from "./clock.ts";
import type { Claim, CommitTurnRequest, Storage } from "./storage.ts";

/** How often a commit is sent when the store does not answer, and the first delay; each further one is twice as long. */
const TRIES = 8;
const RETRY_MS = 50;

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
  /** Nothing more is sent again. */
  #isStopped = false;

  constructor(options: JournalWriterOptions, claim: Claim, head: number) {
    this.#options = options;
    this.#claim = claim;
    this.#head = head;
  }

  /**
   * Commits. The very same commit is sent again while nobody can say whether it arrived; meanwhile the caller starts no effect.
   *
   * @throws {MaestroError} `claim_lost`, or what the store keeps saying.
   */
  async commit(request: Omit<CommitTurnRequest, "claim" | "head" | "turnId">): Promise<void> {
    const { storage, clock, nextTurnId } = this.#options;
    const whole = { ...request, claim: this.#claim, head: this.#head, turnId: nextTurnId() };
    for (let attempt = 1;; attempt++) {
      try {
        await storage.commitTurn(whole);
        break;
      } catch (thrown) {
        const isFinal = !MaestroError.is(thrown, "store_unavailable") || attempt === TRIES;
        if (isFinal || this.#isStopped) throw thrown;
      }
      await new Promise<void>((resolve) => clock.after(RETRY_MS * 2 ** (attempt - 1), resolve));
    }
    if (whole.turn !== undefined) this.#head++;
  }

  /** Gives up what is being sent. */
  stop(): void {
    this.#isStopped = true;
  }
}
