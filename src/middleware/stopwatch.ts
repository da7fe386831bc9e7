import { type Clock, systemClock } from "../engine/clock.ts";

/** Options of middleware that measures or waits. */
export interface TimedOptions {
  /** Decides what time it is and every wait. @default the machine's clock */
  readonly clock?: Clock | undefined;
}

/** Begins to measure; gives a function that tells the milliseconds since. */
export function stopwatch(clock: Clock = systemClock): () => number {
  const ticks = (): number => clock.ticks?.() ?? clock.now();
  const begun = ticks();
  return () => ticks() - begun;
}
