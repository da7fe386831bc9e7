import { WaitLine } from "./wait_line.ts";

/** Lets a limited number of calls in at once; the others wait in order. */
export class Bulkhead {
  readonly #line = new WaitLine();
  #free: number;

  constructor(size: number) {
    this.#free = size;
  }

  /** Takes a place, which `leave` gives back. `false`, also as a promise's value, where the signal was aborted first. */
  enter(signal: AbortSignal): boolean | Promise<boolean> {
    if (this.#free === 0) return this.#line.join(signal);
    if (signal.aborted) return false;
    this.#free -= 1;
    return true;
  }

  /** Gives a place back, to whoever has waited longest. */
  leave(): void {
    if (this.#line.isEmpty) this.#free += 1;
    else this.#line.admitFirst();
  }
}
