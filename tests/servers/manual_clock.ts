import type { Clock } from "../../src/engine/clock.ts";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = Date.UTC(2030, 0, 1);
  readonly #timers = new Set<{ readonly due: number; readonly callback: () => void }>();

  /** Timers that have not fired or been called off. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { due: this.#now + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Sets the wall clock back; timers go by time that has passed, so they fire when they would have. */
  setBack(ms: number): void {
    this.#now -= ms;
    const timers = [...this.#timers];
    this.#timers.clear();
    for (const { due, callback } of timers) this.#timers.add({ due: due - ms, callback });
  }

  /** Moves the time on and fires what is due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#first(end); next !== undefined; next = this.#first(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }

  #first(end: number): { readonly due: number; readonly callback: () => void } | undefined {
    let first: { readonly due: number; readonly callback: () => void } | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (first === undefined || timer.due < first.due)) first = timer;
    }
    return first;
  }
}
