import { explainRun } from "../explain_run.ts";
import type { RunResult } from "../maestro.ts";
import type { Cli } from "./cli.ts";
import { exitCodeOf, type RunAdvice } from "./report_run.ts";
import { runJson } from "./run_json.ts";
import type { RunSession } from "./run_session.ts";

/** Says how a run ended: its output on standard output, what went wrong and what helps on standard error. Gives the exit code. */
export async function reportResult(cli: Cli, session: RunSession, result: RunResult): Promise<number> {
  const { settings: { output }, redactor, progress } = session;
  if (result.status !== "completed") progress.report(result, await adviceFor(session, result));
  if (output === "json") cli.host.stdout.write(`${JSON.stringify(redactor.json(runJson(result)), null, 2)}\n`);
  else if (result.status === "completed") cli.host.stdout.write(`${JSON.stringify(redactor.json(result.output))}\n`);
  return exitCodeOf(result.status);
}

/** What a person can do about a run that needs one, where the store keeps it. */
async function adviceFor({ store, isKept, command }: RunSession, result: RunResult): Promise<RunAdvice> {
  const pause = result.pause ?? undefined;
  const needsPerson = result.status === "paused" || result.status === "compensation_failed";
  const run = needsPerson && isKept ? await store.refresh(result.runId) : undefined;
  if (run === undefined) return { pause, commands: [] };
  const { commands } = explainRun(await store.details(run), { now: Date.now() });
  return { pause, commands: commands.map(({ args }) => command(args)) };
}
