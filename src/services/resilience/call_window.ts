const SLICES = 10;

/** Counts the calls and failures of the last while, in ten slices, so that the window slides by a tenth of its length. */
export class CallWindow {
  readonly #sliceMs: number;
  readonly #calls: number[] = new Array<number>(SLICES).fill(0);
  readonly #failures: number[] = new Array<number>(SLICES).fill(0);
  #slice: number;
  #sumCalls = 0;
  #sumFailures = 0;

  constructor(windowMs: number, now: number) {
    this.#sliceMs = windowMs / SLICES;
    this.#slice = Math.floor(now / this.#sliceMs);
  }

  /** As of the latest `add`. */
  get calls(): number {
    return this.#sumCalls;
  }

  /** As of the latest `add`. */
  get failures(): number {
    return this.#sumFailures;
  }

  /** Counts one call. A clock that was set back counts it to the latest slice. */
  add(now: number, failed: boolean): void {
    this.#slideTo(Math.floor(now / this.#sliceMs));
    const index = this.#slice % SLICES;
    this.#calls[index]! += 1;
    this.#sumCalls += 1;
    if (!failed) return;
    this.#failures[index]! += 1;
    this.#sumFailures += 1;
  }

  /** Forgets every call. */
  clear(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
    this.#sumCalls = 0;
    this.#sumFailures = 0;
  }

  #slideTo(slice: number): void {
    if (slice - this.#slice >= SLICES) {
      this.clear();
      this.#slice = slice;
    }
    while (this.#slice < slice) {
      this.#slice += 1;
      const index = this.#slice % SLICES;
      this.#sumCalls -= this.#calls[index]!;
      this.#sumFailures -= this.#failures[index]!;
      this.#calls[index] = 0;
      this.#failures[index] = 0;
    }
  }
}
