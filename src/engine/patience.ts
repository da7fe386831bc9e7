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
export async function patiently<T>(clock: Clock, send: () => Promise<T>, isStopped?: () => boolean): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await send();
    } catch (thrown) {
      const isFinal = !MaestroError.is(thrown, "store_unavailable") || attempt === TRIES;
      if (isFinal || isStopped?.() === true) throw thrown;
    }
    await new Promise<void>((resolve) => clock.after(RETRY_MS * 2 ** (attempt - 1), resolve));
  }
}
