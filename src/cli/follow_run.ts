import { explainRun } from "../explain_run.ts";
import type { RunHandle, RunResult } from "../maestro.ts";
import type { StoredRun } from "../run_store.ts";
import type { Cli } from "./cli.ts";
import { JournalFollower, LOOK_EVERY_MS } from "./journal_follower.ts";
import type { RunSession } from "./run_session.ts";
import { isEnded } from "./run_statuses.ts";

/** Exit code of a run left as it is by Ctrl-C. */
const INTERRUPTED = 130;

/** Exit code of a run suspended by SIGTERM. */
const SUSPENDED = 143;

/** Nobody waits longer than this for a suspended run. */
const SUSPEND_LIMIT_MS = 9_000;

/** Signals that came before there was a run to do something about. */
export interface HeldSignals {
  /** Gives them, and holds no more. */
  release(): readonly ("SIGINT" | "SIGTERM")[];
}

/** Holds signals back while a run is being started: it may be in the store already. A second Ctrl-C ends the process at once. */
export function holdSignals({ host }: Cli): HeldSignals {
  const held: ("SIGINT" | "SIGTERM")[] = [];
  const stops = (["SIGINT", "SIGTERM"] as const).map((name) =>
    host.onSignal(name, () => {
      if (name === "SIGINT" && held.includes(name)) host.exit(INTERRUPTED);
      held.push(name);
    })
  );
  return {
    release() {
      for (const stop of stops) stop();
      return held;
    },
  };
}

/**
 * Waits for a run's end, and heeds signals meanwhile: the first Ctrl-C cancels it and rolls it back, the second leaves it as it is,
 * SIGTERM suspends it. A run that another process drives is shown by its journal, and Ctrl-C only stops watching it.
 *
 * Gives the result, or the exit code of a run that was left before its end.
 */
export async function followRun(
  cli: Cli,
  session: RunSession,
  run: RunHandle,
  { before, isIntroduced, held }: FollowOptions,
): Promise<RunResult | number> {
  const { promise: left, resolve: leave } = Promise.withResolvers<number>();
  const stopHeeding = heedSignals(cli, session, run, { leave, held });
  if (before !== undefined && run.isDriven && isIntroduced !== true) await introduce(session, before);
  const stopWatching = before === undefined || run.isDriven ? undefined : await watch(session, before);
  /** A run that was left rejects; what counts then is how it was left. */
  const ended = run.result().catch((error) => stopHeeding.isLeaving() ? left : Promise.reject(error));
  try {
    const end = await Promise.race([ended, left]);
    await stopWatching?.();
    return end;
  } finally {
    stopHeeding();
  }
}

/** Options of `followRun`. */
export interface FollowOptions {
  /** The run as it was in the store; absent: it is new. */
  readonly before: StoredRun | undefined;
  /** Whether it has been said what the run was at. @default false */
  readonly isIntroduced?: boolean | undefined;
  readonly held: HeldSignals;
}

interface Heeding {
  /** Lets signals end the process again. */
  (): void;
  isLeaving(): boolean;
}

function heedSignals(
  cli: Cli,
  session: RunSession,
  run: RunHandle,
  { leave, held }: { readonly leave: (code: number) => void; readonly held: HeldSignals },
): Heeding {
  const { progress, isKept, command } = session;
  const goOn = isKept
    ? `\`${command(["runs", "resume", run.id])}\` goes on with it`
    : "the store memory: keeps nothing to resume";
  let interrupts = 0;
  let isLeaving = false;
  const detach = (code: number): void => {
    isLeaving = true;
    progress.note(
      `No longer watched: the run goes on in another process, and \`${command(["why", run.id])}\` tells how`,
    );
    leave(code);
  };
  const interrupt = (): void => {
    if (!run.isDriven && interrupts === 0) return detach(INTERRUPTED);
    if (++interrupts === 1) {
      progress.note("Cancelling: Ctrl-C again leaves the run as it is");
      run.cancel();
    } else {
      isLeaving = true;
      progress.note(`Left as it is, and nothing more is undone: ${goOn}`);
      leave(INTERRUPTED);
    }
  };
  const terminate = (): void => {
    if (isLeaving) return;
    if (!run.isDriven) return detach(SUSPENDED);
    isLeaving = true;
    progress.note(`Suspending: waiting for answers in flight; ${goOn}`);
    setTimeout(() => leave(SUSPENDED), SUSPEND_LIMIT_MS);
    run.suspend().then(() => leave(SUSPENDED), () => leave(SUSPENDED));
  };
  const stopInterrupt = cli.host.onSignal("SIGINT", interrupt);
  const stopTerminate = cli.host.onSignal("SIGTERM", terminate);
  for (const name of held.release()) (name === "SIGINT" ? interrupt : terminate)();
  const stop = (): void => {
    stopInterrupt();
    stopTerminate();
  };
  return Object.assign(stop, { isLeaving: () => isLeaving });
}

/** Says what a run that this process takes over was at: its past is not told again. */
export async function introduce({ progress, store }: RunSession, run: StoredRun): Promise<void> {
  if (progress.onEvent === undefined || run.status === "paused" || isEnded(run.status)) return;
  const details = await store.details(run);
  const { summary } = explainRun({ ...details, run: { ...run, owner: "this process" } }, { now: Date.now() });
  progress.note(`Going on with run ${run.id}. ${summary}`);
}

/** Shows a run by its journal; the returned function tells the rest and ends that. */
async function watch(session: RunSession, run: StoredRun): Promise<() => Promise<void>> {
  const { progress, store } = session;
  const { onEvent } = progress;
  if (onEvent === undefined) return () => Promise.resolve();
  if (run.owner !== null && !isEnded(run.status)) progress.note("Another process is at the run: this one only watches");
  // Should this process take the run over later, the journal tells that as well.
  session.listener = undefined;
  const follower = new JournalFollower(store, run);
  await follower.catchUp(onEvent, true);
  let looking = Promise.resolve();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    // A look that fails tells nothing new: the run's result does.
    looking = follower.catchUp(onEvent).catch(() => undefined).finally(() => isLooking = false);
  }, LOOK_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await looking;
    await follower.catchUp(onEvent).catch(() => undefined);
  };
}
