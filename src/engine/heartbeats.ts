import type { JsonValue } from "../base/json.ts";
import type { Clock } from "./clock.ts";

/** What the signs of life of a step need from around them. */
export interface HeartbeatOptions {
  readonly clock: Clock;
  /** How long a call may give no sign of life; absent: as long as it likes. */
  readonly timeoutMs: number | undefined;
  /** The last details of the process before. */
  readonly last: JsonValue | undefined;
  /** Puts details into the journal. */
  readonly write: (details: JsonValue) => void;
  /** Called when a call has given no sign of life for too long. */
  readonly onMissed: () => void;
}

/** Details are written down at most this often, so that a process that ends at once loses no more than this. */
const WRITE_EVERY_MS = 1_000;

/** A step that has gone on for long may lose a hundredth of it, but no more than this. */
const WRITE_AT_LEAST_EVERY_MS = 60_000;

/** The signs of life of one step: what the next attempt is told of them, now and then the journal, and somebody when they stop. */
export class Heartbeats {
  /** The last details. */
  last: JsonValue | undefined;
  readonly #options: HeartbeatOptions;
  readonly #startedAt: number;
  #seenAt = 0;
  #stopWatch: (() => void) | undefined;
  #writtenAt = -Infinity;
  /** Set while there are details that are to be written down later. */
  #stopWrite: (() => void) | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.last = options.last;
  }

  /** Takes a sign of life; without details the last ones stay. */
  beat(details: JsonValue | undefined): void {
    const now = this.#seenAt = this.#options.clock.now();
    if (details === undefined) return;
    this.last = details;
    if (this.#stopWrite !== undefined) return;
    const everyMs = Math.min(WRITE_AT_LEAST_EVERY_MS, Math.max(WRITE_EVERY_MS, (now - this.#startedAt) / 100));
    const waitMs = this.#writtenAt + everyMs - now;
    if (waitMs <= 0) this.#write();
    else this.#stopWrite = this.#options.clock.after(waitMs, () => this.#write());
  }

  /** Begins to wait for signs of life: a call has been sent. */
  watch(): void {
    const { clock, timeoutMs } = this.#options;
    if (timeoutMs === undefined) return;
    this.unwatch();
    this.#seenAt = clock.now();
    this.#arm(timeoutMs);
  }

  /** Waits no longer: the call has come back. */
  unwatch(): void {
    this.#stopWatch?.();
  }

  /** Ends everything: the step has its outcome, which says more. */
  stop(): void {
    this.unwatch();
    this.#stopWrite?.();
  }

  #arm(delayMs: number): void {
    const { clock, timeoutMs, onMissed } = this.#options;
    this.#stopWatch = clock.after(delayMs, () => {
      const leftMs = this.#seenAt + timeoutMs! - clock.now();
      if (leftMs > 0) this.#arm(leftMs);
      else onMissed();
    });
  }

  #write(): void {
    this.#stopWrite = undefined;
    this.#writtenAt = this.#options.clock.now();
    this.#options.write(this.last!);
  }
}
