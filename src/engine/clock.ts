/** The time, as the engine reads it; injected so that tests and simulations decide it. */
export interface Clock {
  /** Wall-clock milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds that never go back. @default the wall clock */
  ticks?(): number;
  /** Calls back once after a delay; gives a function that calls it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** `setTimeout` fires after 1 ms for delays beyond 2^31 - 1, so long waits are cut into pieces. */
const LONGEST_TIMER_MS = 30_000;

/** The machine's clock. Waits longer than 30 s are compared with the wall clock on the way, so that suspended machines wake up right. */
export const systemClock: Clock = {
  now: () => Date.now(),
  ticks: () => performance.now(),
  after(delayMs, callback) {
    const due = Date.now() + delayMs;
    let timer: ReturnType<typeof setTimeout>;
    const arm = (): void => {
      const left = due - Date.now();
      timer = left <= LONGEST_TIMER_MS ? setTimeout(callback, Math.max(0, left)) : setTimeout(arm, LONGEST_TIMER_MS);
    };
    arm();
    return () => clearTimeout(timer);
  },
};
