import type { JsonObject } from "../base/json.ts";
import { toError } from "../base/errors.ts";
import type { RunHandle, RunResult } from "../maestro.ts";
import type { StoredRun } from "../run_store.ts";
import { type Cli, say } from "./cli.ts";
import { printable } from "./printable.ts";
import { describeFailure, exitCodeOf } from "./report_run.ts";
import { runJson } from "./run_json.ts";
import { type DriveFlags, openRunSession, type RunSession } from "./run_session.ts";
import { GOING } from "./run_statuses.ts";
import { readSettings } from "./settings.ts";
import { openExistingStore } from "./store.ts";

/** Runs that are taken over at a time. */
const AT_ONCE = 50;

/** Exit code of runs that were let go of before their end. */
const INTERRUPTED = { SIGINT: 130, SIGTERM: 143 } as const;

/** Exit codes from the best to the worst. */
const BY_SEVERITY = [0, 6, 4, 1, 5, 7];

/**
 * Goes on with every unfinished run that nobody drives, all at once, to their ends. Paused runs wait for a person and are left alone.
 *
 * Says a line for each run that has ended. Ctrl-C and SIGTERM let go of all. The exit code is that of the run that went worst.
 */
export async function resumeAll(cli: Cli, flags: DriveFlags): Promise<number> {
  const settings = await readSettings(cli, flags);
  const open = await openExistingStore(cli, settings, { isReadOnly: false });
  const session = await openRunSession(cli, flags, settings, open);
  // A picture of one run is no use for many; log lines name theirs.
  if (settings.logFormat === undefined && settings.logLevel === undefined) session.listener = undefined;
  const { promise: left, resolve: leave } = Promise.withResolvers<number>();
  const all = new OrphanRuns(cli, session);
  const stops = (["SIGINT", "SIGTERM"] as const).map((name) =>
    cli.host.onSignal(name, () => void all.letGo().then(() => leave(INTERRUPTED[name])))
  );
  try {
    return await Promise.race([all.follow(), left]);
  } finally {
    for (const stop of stops) stop();
    await session.maestro.close();
  }
}

/** The unfinished runs of a store that nobody drives. */
class OrphanRuns {
  readonly #cli: Cli;
  readonly #session: RunSession;
  readonly #results: JsonObject[] = [];
  #isLeaving = false;

  constructor(cli: Cli, session: RunSession) {
    this.#cli = cli;
    this.#session = session;
  }

  /** Takes them over and waits for their ends; gives the worst exit code. */
  async follow(): Promise<number> {
    const { store, maestro, settings, redactor } = this.#session;
    const orphans: StoredRun[] = [];
    // Children go on with their parents.
    for await (const run of store.all({ status: GOING, rootsOnly: true })) if (run.owner === null) orphans.push(run);
    if (orphans.length === 0 && !settings.quiet) say(this.#cli, "No run was interrupted");
    const ends: Promise<number>[] = [];
    for (let at = 0; at < orphans.length && !this.#isLeaving; at += AT_ONCE) {
      const handles = await Promise.all(orphans.slice(at, at + AT_ONCE).map(({ id }) => maestro.resume(id)));
      ends.push(...handles.map((handle) => this.#end(handle)));
    }
    const codes = await Promise.all(ends);
    if (settings.output === "json") {
      this.#cli.host.stdout.write(`${JSON.stringify(redactor.json({ runs: this.#results }), null, 2)}\n`);
    }
    return codes.reduce((worst, code) => BY_SEVERITY.indexOf(code) > BY_SEVERITY.indexOf(worst) ? code : worst, 0);
  }

  /** Suspends them all. */
  async letGo(): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const { progress, command, maestro } = this.#session;
    progress.note(`Suspending: \`${command(["runs", "resume", "--all"])}\` goes on`);
    await maestro.close().catch(() => undefined);
  }

  async #end(handle: RunHandle): Promise<number> {
    const { settings, redactor } = this.#session;
    try {
      const result = await handle.result();
      if (settings.output === "json") this.#results.push(runJson(result));
      else this.#cli.host.stdout.write(redactor.text(`${result.runId}  ${describeEnd(result)}\n`));
      return exitCodeOf(result.status);
    } catch (thrown) {
      // Those that were let go of are no errors.
      if (this.#isLeaving) return await new Promise<never>(() => undefined);
      say(this.#cli, redactor.text(printable(`${handle.id}: ${toError(thrown).message}`)));
      return 1;
    }
  }
}

function describeEnd({ workflow, status, pause, error }: RunResult): string {
  const why = pause !== null ? `${pause.reason}: ${pause.message}` : error !== null ? describeFailure(error) : "";
  return printable(`${status}  ${workflow}${why === "" ? "" : `  ${why}`}`);
}
