import type { Clock } from "../../engine/clock.ts";
import { WaitLine } from "./wait_line.ts";

/** A token bucket: `burst` calls at once, then `perSecond`; the others wait in order. */
export class RateLimit {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #line = new WaitLine();
  #tokens: number;
  #countedAt: number;
  #isTimerSet = false;

  constructor(perSecond: number, burst: number, clock: Clock) {
    this.#perMs = perSecond / 1_000;
    this.#burst = Math.max(1, burst);
    this.#clock = clock;
    this.#tokens = this.#burst;
    this.#countedAt = clock.now();
  }

  /** Takes one token. `false`, also as a promise's value, where the signal was aborted first: no token is spent then. */
  enter(signal: AbortSignal): boolean | Promise<boolean> {
    if (signal.aborted) return false;
    this.#refill();
    if (this.#tokens >= 1 && this.#line.isEmpty) {
      this.#tokens -= 1;
      return true;
    }
    const admitted = this.#line.join(signal);
    this.#setTimer();
    return admitted;
  }

  #refill(): void {
    const now = this.#clock.now();
    const passed = Math.max(0, now - this.#countedAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + passed * this.#perMs);
    this.#countedAt = now;
  }

  #setTimer(): void {
    if (this.#isTimerSet || this.#line.isEmpty) return;
    this.#isTimerSet = true;
    this.#clock.after(Math.ceil(Math.max(0, 1 - this.#tokens) / this.#perMs), () => {
      this.#isTimerSet = false;
      this.#refill();
      for (; this.#tokens >= 1 && !this.#line.isEmpty; this.#tokens -= 1) this.#line.admitFirst();
      this.#setTimer();
    });
  }
}
