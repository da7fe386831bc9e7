/** Callers that wait for something, first come first served. Each may leave when its signal is aborted. */
export class WaitLine {
  readonly #waiting = new Set<Waiter>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Queues the caller. Gives `true` when it was admitted and `false` when its signal was aborted before. */
  join(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => this.#waiting.add(new Waiter(this.#waiting, signal, resolve)));
  }

  /** Admits the first in line. */
  admitFirst(): void {
    for (const waiter of this.#waiting) return waiter.leave(true);
  }
}

class Waiter {
  readonly #line: Set<Waiter>;
  readonly #signal: AbortSignal;
  readonly #resolve: (admitted: boolean) => void;

  constructor(line: Set<Waiter>, signal: AbortSignal, resolve: (admitted: boolean) => void) {
    this.#line = line;
    this.#signal = signal;
    this.#resolve = resolve;
    signal.addEventListener("abort", this);
  }

  leave(admitted: boolean): void {
    this.#line.delete(this);
    this.#signal.removeEventListener("abort", this);
    this.#resolve(admitted);
  }

  /** The signal's abort. */
  handleEvent(): void {
    this.leave(false);
  }
}
