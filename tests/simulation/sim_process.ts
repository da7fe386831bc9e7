import type { Clock } from "../../src/engine/clock.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** The wall clock's beginning, in milliseconds since the epoch. */
export const EPOCH: number = Date.UTC(2030, 0, 1);

/**
 * A process of a simulation, seen from outside: everything that reaches it comes through `after`.
 *
 * One that has crashed is never reached again; one that is paused is reached when it goes on.
 */
export class SimProcess implements Clock {
  readonly name: string;
  /** Told when it has crashed. */
  onCrash: (() => void) | undefined;
  readonly #time: VirtualTime;
  #isDead = false;
  /** By how much its wall clock is wrong. */
  #skew: number;
  /** What would have reached it while it is paused. */
  #waiting: (() => void)[] | undefined;

  constructor(name: string, time: VirtualTime, skew: number) {
    this.name = name;
    this.#time = time;
    this.#skew = skew;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isPaused(): boolean {
    return this.#waiting !== undefined;
  }

  now(): number {
    return EPOCH + this.#time.now + this.#skew;
  }

  ticks(): number {
    return this.#time.now;
  }

  after(delayMs: number, callback: () => void): () => void {
    if (this.#isDead) return nothing;
    let isOff = false;
    const reach = (): void => {
      if (isOff || this.#isDead) return;
      if (this.#waiting !== undefined) this.#waiting.push(reach);
      else callback();
    };
    const stop = this.#time.after(delayMs, reach);
    return () => {
      isOff = true;
      stop();
    };
  }

  /** Ends it as `kill -9` does. */
  crash(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#waiting = undefined;
    this.onCrash?.();
  }

  /** Stops it for a while: nothing of it runs, and its clock goes on. */
  pause(ms: number): void {
    if (this.#isDead || this.#waiting !== undefined) return;
    this.#waiting = [];
    this.#time.after(ms, () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const reach of waiting) this.#time.after(0, reach);
    });
  }

  /** Sets its wall clock; timers go by time that has passed, as those of the operating system do. */
  jump(ms: number): void {
    this.#skew += ms;
  }
}

/** What a process that has crashed waits for. */
export const NEVER: Promise<never> = new Promise(nothing);

function nothing(): void {}
