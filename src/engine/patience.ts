import { MaestroError } from "../base/errors.ts";
import type { Clock } from "./clock.ts";

/** How often a request is sent while the store does not answer, and the first delay; each further one is twice as long. */
const TRIES = 8;
const RETRY_MS = 50;

/**
 * Sends a request to the store, and sends it again while the store does not answer: it must do no harm twice.
 *
 * `isStopped` is asked before each further try.
 *
 * @throws whatever else the store says, and `store_unavailable` when it keeps saying that.
 */
export function patiently<T>(clock: Clock, send: () => Promise<T>, isStopped?: () => boolean): Promise<T> {
  return send().catch((thrown: unknown) => sendAgain(thrown, clock, send, isStopped));
}

/**
 * Goes on with `patiently` after a first try that failed with `first`.
 *
 * @throws as `patiently` does.
 */
export async function sendAgain<T>(
  first: unknown,
  clock: Clock,
  send: () => Promise<T>,
  isStopped?: () => boolean,
): Promise<T> {
  let thrown = first;
  for (let attempt = 1; attempt < TRIES; attempt++) {
    if (!MaestroError.is(thrown, "store_unavailable") || isStopped?.() === true) break;
    await new Promise<void>((resolve) => clock.after(RETRY_MS * 2 ** (attempt - 1), resolve));
    try {
      return await send();
    } catch (again) {
      thrown = again;
    }
  }
  throw thrown;
}

/** How long a suspended run waits for answers in flight. */
export const SUSPEND_GRACE_MS = 8_000;

/** Resolves when what `wait` hands out is called, and in any case after a time in milliseconds. */
export function withinTime(clock: Clock, ms: number, wait: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const stop = clock.after(ms, resolve);
    wait(() => {
      stop();
      resolve();
    });
  });
}
