import { openRunLog } from "../../open_run_log.ts";
import type { StoredRun } from "../../run_store.ts";
import { type Cli, say } from "../cli.ts";
import { JournalFollower, LOOK_EVERY_MS } from "../journal_follower.ts";
import { learnSecrets } from "../learn_secrets.ts";
import type { RunEvent } from "../run_events.ts";
import { isEnded } from "../run_statuses.ts";
import type { StoreFlags } from "../run_routes.ts";
import { type StoreSession, withStore } from "../store_session.ts";
import { isCut } from "../view/run_table.ts";

/** Flags of `runs logs`. */
export type RunsLogsFlags = StoreFlags & {
  readonly follow: boolean | undefined;
  readonly logFormat: "json" | "text" | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error" | undefined;
};

/** Prints a run's journal as log lines, and with `--follow` what comes, until the run has ended or is paused. */
export function runsLogs(cli: Cli, flags: RunsLogsFlags, reference: string): Promise<number> {
  return withStore(cli, flags, async (session) => {
    const { store, settings } = session;
    const run = await store.find(reference);
    await learnSecrets(cli, settings, store, run);
    let time = run.startedAt;
    const log = await openRunLog({
      format: settings.logFormat ?? (settings.output === "json" ? "json" : "text"),
      level: settings.logLevel ?? "info",
      redactor: cli.redactor,
      write: (line) => cli.host.stdout.write(line),
      now: () => time,
    });
    const tell = (event: RunEvent): void => {
      time = event.time;
      log.onEvent(event);
    };
    const follower = new JournalFollower(store, run);
    await follower.catchUp(tell);
    if (flags.follow ?? false) await follow(cli, session, run, () => follower.catchUp(tell));
    return 0;
  });
}

/** Asks again and again until nothing more comes by itself; says once where nobody is there to advance the run. */
async function follow(
  cli: Cli,
  { store, command }: StoreSession,
  { id }: StoredRun,
  catchUp: () => Promise<void>,
): Promise<void> {
  let isTold = false;
  for (;;) {
    // First the state, then the journal: what ended the run is told before this returns.
    const run = await store.refresh(id);
    await catchUp();
    if (run === undefined || isEnded(run.status)) return;
    if (run.status === "paused") {
      return say(cli, cli.redactor.text(cli.style.yellow(`The run is paused: \`${command(["why", id])}\` says why`)));
    }
    if (!isTold && run.owner === null && isCut(run.status)) {
      isTold = true;
      say(cli, cli.style.yellow(`No process runs it: \`${command(["runs", "resume", id])}\` goes on with it`));
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
