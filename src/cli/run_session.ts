import type { Redactor } from "../base/redact.ts";
import { createMaestro, type Maestro, type RunHandle } from "../maestro.ts";
import type { StoredRun } from "../run_store.ts";
import type { Cli } from "./cli.ts";
import { helpfulCommand } from "./command_hint.ts";
import { type FollowOptions, followRun, holdSignals, introduce } from "./follow_run.ts";
import { readValues } from "./load.ts";
import { createProgress, type Progress } from "./progress/progress.ts";
import { reportResult } from "./report_result.ts";
import type { RunEvent, RunListener } from "./run_events.ts";
import { readSettings, type SettingFlags, type Settings } from "./settings.ts";
import { openExistingStore, type OpenStore } from "./store.ts";

/** What commands that advance runs work with. */
export interface RunSession extends OpenStore {
  readonly settings: Settings;
  readonly maestro: Maestro;
  readonly progress: Progress;
  readonly redactor: Redactor;
  /** What hears the runs of this process; replaced where a run is watched instead. */
  listener: RunListener | undefined;
  /** Writes a command as a person types it, with the flags that name the store. */
  command(args: readonly string[]): string;
}

/** Wires the store to an engine and to progress. Whoever opens it closes `maestro`, which closes the store too. */
export async function openRunSession(
  cli: Cli,
  flags: SettingFlags,
  settings: Settings,
  open: OpenStore,
): Promise<RunSession> {
  try {
    const values = await readValues(cli, settings);
    const progress = await createProgress(cli, settings, values.redactor);
    const maestro = createMaestro({
      runtime: await cli.host.runtime(),
      ...values,
      storage: open.store.storage,
      readValues: (files) =>
        readValues(cli, {
          envFile: flags.envFile ?? files.env ?? settings.envFile,
          secretsFile: flags.secretsFile ?? files.secrets ?? settings.secretsFile,
        }),
      onEvent: progress.onEvent && ((event: RunEvent) => session.listener?.(event)),
    });
    const session: RunSession = {
      ...open,
      settings,
      maestro,
      progress,
      redactor: values.redactor,
      listener: progress.onEvent,
      command: (args) => helpfulCommand(settings, args),
    };
    return session;
  } catch (error) {
    await open.store.close();
    throw error;
  }
}

/**
 * Follows a run to its end and answers as `execute` does: the result on standard output, how it went wrong on standard error, the exit
 * code. Closes the session, unless the run was left: it has calls in flight then, and nobody is to wait for them.
 *
 * `begin` starts the run, or takes it over.
 */
export async function driveRun(
  cli: Cli,
  session: RunSession,
  begin: () => Promise<{ readonly handle: RunHandle } & Partial<Omit<FollowOptions, "held">>>,
): Promise<number> {
  let isLeft = false;
  const held = holdSignals(cli);
  try {
    const { handle, before, isIntroduced } = await begin();
    const end = await followRun(cli, session, handle, { before, isIntroduced, held });
    session.progress.stop();
    isLeft = typeof end === "number";
    return typeof end === "number" ? end : await reportResult(cli, session, end);
  } finally {
    held.release();
    session.progress.stop();
    if (!isLeft) await session.maestro.close();
  }
}

/** Flags of commands that take a run further. */
export type DriveFlags = {
  readonly store: string | undefined;
  readonly encryptKeyFile: string | undefined;
  readonly envFile: string | undefined;
  readonly secretsFile: string | undefined;
  readonly output: "json" | undefined;
  readonly quiet: boolean | undefined;
  readonly logFormat: "json" | "text" | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error" | undefined;
  readonly config: string | undefined;
};

/** Opens the store that is there, finds a run in it, and does something to it that takes it further; answers as `execute` does. */
export async function driveStored(
  cli: Cli,
  flags: DriveFlags,
  reference: string,
  act: (maestro: Maestro, run: StoredRun) => Promise<RunHandle>,
): Promise<number> {
  const settings = await readSettings(cli, flags);
  const open = await openExistingStore(cli, settings, { isReadOnly: false });
  const session = await openRunSession(cli, flags, settings, open);
  return await driveRun(cli, session, async () => {
    const run = await session.store.find(reference);
    const isIntroduced = run.owner === null;
    // Once it is taken over it goes on, and tells of that.
    if (isIntroduced) await introduce(session, run);
    const handle = await act(session.maestro, run);
    // A new run has no past that is to be shown.
    return { handle, before: handle.id === run.id ? run : undefined, isIntroduced };
  });
}
