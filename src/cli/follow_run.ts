import type { RunHandle, RunResult } from "../maestro.ts";
import type { Cli } from "./cli.ts";
import type { Progress } from "./progress/progress.ts";

/** Exit code of a run left as it is by a second Ctrl-C. */
const INTERRUPTED = 130;

/** Exit code of a run suspended by SIGTERM. */
const SUSPENDED = 143;

/** Nobody waits longer than this for a suspended run. */
const SUSPEND_LIMIT_MS = 9_000;

/**
 * Waits for a run's end, and heeds signals meanwhile: the first Ctrl-C cancels it and rolls it back, the second leaves it as it is,
 * SIGTERM suspends it.
 *
 * Gives the result, or the exit code of a run that was left before its end.
 */
export async function followRun(cli: Cli, run: RunHandle, progress: Progress): Promise<RunResult | number> {
  const { promise: left, resolve: leave } = Promise.withResolvers<number>();
  let interrupts = 0;
  const stopInterrupt = cli.host.onSignal("SIGINT", () => {
    if (++interrupts === 1) {
      progress.note("Cancelling: Ctrl-C again leaves the run as it is");
      run.cancel();
    } else {
      progress.note("Left as it is: nothing more is undone, and the store memory: keeps nothing to resume");
      leave(INTERRUPTED);
    }
  });
  let isSuspending = false;
  const stopTerminate = cli.host.onSignal("SIGTERM", () => {
    if (isSuspending) return;
    isSuspending = true;
    progress.note("Suspending: waiting for answers in flight; the store memory: keeps nothing to resume");
    setTimeout(() => leave(SUSPENDED), SUSPEND_LIMIT_MS);
    run.suspend().then(() => leave(SUSPENDED), () => leave(SUSPENDED));
  });
  /** A suspended run's result rejects; what counts then is that it was suspended. */
  const ended = run.result().catch((error) => isSuspending ? left : Promise.reject(error));
  try {
    return await Promise.race([ended, left]);
  } finally {
    stopInterrupt();
    stopTerminate();
  }
}
