import type { Clock } from "./clock.ts";
import type { Storage, WorkerRef } from "./storage.ts";

/** What a lease needs. */
export interface LeaseOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly worker: WorkerRef;
  /** Told when the store had taken the worker for dead: its runs are no longer its own. */
  readonly onLost: () => void;
}

/**
 * A worker's sign of life. Renewed at a third of its length while it is held.
 *
 * When the last confirmed renewal is older than half the lease, by the wall clock or by one that never goes back, others may be about to
 * take the worker's runs: no attempt starts before the next renewal (a laptop that was suspended, a process that was stopped).
 */
export class Lease {
  readonly #options: LeaseOptions;
  #confirmedAt = -Infinity;
  #confirmedTicks = -Infinity;
  #stop: (() => void) | undefined;
  #renewal: Promise<void> | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Renews from now on. */
  hold(): void {
    if (this.#stop === undefined) this.#arm();
  }

  /** Sends a request that tells the store of the worker, and counts as a renewal when it is answered. */
  readonly during = async <T>(send: () => Promise<T>): Promise<T> => {
    // The lease counts from when the store was told, which may be long before its answer is read.
    const { clock } = this.#options;
    const at = clock.now();
    const ticks = this.#ticks();
    const answer = await send();
    this.#confirmedAt = Math.max(this.#confirmedAt, at);
    this.#confirmedTicks = Math.max(this.#confirmedTicks, ticks);
    return answer;
  };

  /** Ends the renewals. */
  drop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** What an attempt has to wait for; `undefined`: nothing. */
  readonly admit = (): Promise<void> | undefined => {
    const { worker: { leaseMs } } = this.#options;
    if (!this.#isConfirmed || this.#age() <= leaseMs / 2) return undefined;
    return this.#renewal ??= this.#renewUntilConfirmed();
  };

  /** Whether the store has ever been told of the worker: before that it has nothing to lose. */
  get #isConfirmed(): boolean {
    return this.#confirmedTicks !== -Infinity;
  }

  #age(): number {
    const { clock } = this.#options;
    return Math.max(clock.now() - this.#confirmedAt, this.#ticks() - this.#confirmedTicks);
  }

  #ticks(): number {
    const { clock } = this.#options;
    return clock.ticks === undefined ? clock.now() : clock.ticks();
  }

  #arm(): void {
    const { clock, worker } = this.#options;
    this.#stop = clock.after(worker.leaseMs / 3, () => {
      this.#arm();
      this.#renewal ??= this.#renewUntilConfirmed();
    });
  }

  async #renewUntilConfirmed(): Promise<void> {
    const { storage, clock, worker, onLost } = this.#options;
    for (;;) {
      try {
        const wasConfirmed = this.#isConfirmed;
        if (!await this.during(() => storage.renewWorker({ worker })) && wasConfirmed) onLost();
        // An answer that was long under way says little.
        if (this.#age() <= worker.leaseMs / 2) break;
      } catch {
        // The store is out of reach for a moment; until it answers nothing new starts.
        await new Promise<void>((resolve) => clock.after(worker.leaseMs / 10, resolve));
        if (this.#stop === undefined) break;
      }
    }
    this.#renewal = undefined;
  }
}
