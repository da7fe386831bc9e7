import type { VirtualClock } from "./virtual_clock.ts";

/** What a pacer works with. */
export interface PacerOptions {
  readonly clock: VirtualClock;
  /** Calls back when the event loop has gone round. */
  readonly later: (callback: () => void) => void;
  /** How much real time one wait may take, in milliseconds. */
  readonly limitMs: number;
}

/** Something that somebody waits for. */
interface Goal {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  /** Makes the error for when nothing will ever happen again. */
  readonly stuck: () => unknown;
  /** When it was set, by a clock that never goes back. */
  readonly since: number;
}

/** Rounds of the event loop in which nothing happens before everything counts as done. */
const QUIET_ROUNDS = 4;

/** How many steps of time are taken between two looks at the real clock. */
const STEPS_BETWEEN_LOOKS = 64;

/**
 * Moves virtual time: on to the next planned moment, but only when nothing can go on without.
 *
 * Time stands still while a call that takes real time is under way, and until the event loop has gone round several times without
 * anything happening. Nothing moves at all while nobody waits for anything.
 */
export class Pacer {
  readonly #options: PacerOptions;
  readonly #goals = new Set<Goal>();
  /** What takes real time, by name. */
  readonly #busy = new Map<symbol, string>();
  #touches = 0;
  #isMoving = false;
  #onChange: (() => void) | undefined;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** Notes that something has happened. */
  touch(): void {
    this.#touches++;
    this.#onChange?.();
  }

  /** Lets time stand still until the function that it gives is called. `name` says what for. */
  hold(name: string): () => void {
    const key = Symbol(name);
    this.#touches++;
    this.#busy.set(key, name);
    return () => {
      if (!this.#busy.delete(key)) return;
      this.#touches++;
      this.#onChange?.();
    };
  }

  /**
   * Lets time pass until something is so. Rejects with what `stuck` makes when nothing is planned any more, and when too much real time
   * has passed.
   */
  until(isMet: () => boolean, stuck: () => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#goals.add({ isMet, resolve, reject, stuck, since: performance.now() });
      if (!this.#isMoving) void this.#move();
    });
  }

  /** Waits no longer for what takes real time. */
  letGo(): void {
    this.#busy.clear();
    this.touch();
  }

  /** Ends every wait with an error. */
  fail(reason: unknown): void {
    for (const goal of this.#goals) goal.reject(reason);
    this.#goals.clear();
    this.#onChange?.();
  }

  async #move(): Promise<void> {
    this.#isMoving = true;
    try {
      for (let steps = 1; this.#goals.size > 0; steps++) {
        await this.#settle();
        if (this.#dropMet()) continue;
        if (steps % STEPS_BETWEEN_LOOKS === 0) this.#dropLate();
        if (this.#goals.size > 0 && !this.#options.clock.step()) this.#dropStuck();
      }
    } finally {
      this.#isMoving = false;
    }
  }

  /** Resolves when nothing can go on without time passing. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_ROUNDS;) {
      const before = this.#activity;
      await new Promise<void>((resolve) => this.#options.later(resolve));
      if (this.#goals.size === 0) return;
      if (this.#busy.size > 0) {
        if ([...this.#goals].some(({ isMet }) => isMet())) return;
        await this.#untilChange();
      }
      quiet = this.#activity === before ? quiet + 1 : 0;
    }
  }

  get #activity(): number {
    return this.#touches + this.#options.clock.changes;
  }

  /** Waits, in real time, for something to end that takes real time. */
  async #untilChange(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onChange = resolve;
    const timer = setTimeout(() => this.#dropLate(), this.#options.limitMs);
    await promise;
    clearTimeout(timer);
    this.#onChange = undefined;
  }

  /** Gives whether any wait has come to its end. */
  #dropMet(): boolean {
    const met = [...this.#goals].filter(({ isMet }) => isMet());
    for (const goal of met) {
      this.#goals.delete(goal);
      goal.resolve();
    }
    return met.length > 0;
  }

  #dropStuck(): void {
    for (const goal of this.#goals) goal.reject(goal.stuck());
    this.#goals.clear();
  }

  #dropLate(): void {
    const { limitMs } = this.#options;
    for (const goal of this.#goals) {
      if (performance.now() - goal.since < limitMs - 1) continue;
      this.#goals.delete(goal);
      goal.reject(this.#late());
    }
    this.#onChange?.();
  }

  #late(): Error {
    const { clock, limitMs } = this.#options;
    const at = new Date(clock.now()).toISOString();
    const names = [...this.#busy.values()].join(", ");
    const why = names === "" ? "the workflow goes on and on" : `still under way: ${names}`;
    return new Error(`Not over after ${limitMs / 1000} s of real time, at ${at} of virtual time: ${why}`);
  }
}
