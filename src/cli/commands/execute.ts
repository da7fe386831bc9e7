import { MaestroError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import type { LoadedWorkflow } from "../../load_workflow.ts";
import { createMaestro, type RunResult } from "../../maestro.ts";
import type { Redactor } from "../../base/redact.ts";
import type { Cli } from "../cli.ts";
import { readInput } from "../input.ts";
import { followRun } from "../follow_run.ts";
import { loadValid, readSource, readValues } from "../load.ts";
import { createProgress } from "../progress/progress.ts";
import { exitCodeOf } from "../report_run.ts";
import { runJson } from "../run_json.ts";
import { readSettings, type Settings } from "../settings.ts";

/** Flags of `execute`. */
export type ExecuteFlags = {
  readonly input: string | undefined;
  readonly set: readonly string[] | undefined;
  readonly id: string | undefined;
  readonly endpoint: readonly string[] | undefined;
  readonly envFile: string | undefined;
  readonly secretsFile: string | undefined;
  readonly store: string | undefined;
  readonly timeout: string | undefined;
  readonly output: "json" | undefined;
  readonly quiet: boolean | undefined;
  readonly logFormat: "json" | "text" | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error" | undefined;
  readonly config: string | undefined;
};

/** Runs a workflow to its end. */
export async function execute(cli: Cli, flags: ExecuteFlags, file: string): Promise<number> {
  const settings = await readSettings(cli, flags);
  checkStore(settings.store);
  if (file === "-" && flags.input === "-") {
    throw new MaestroError("usage", "Workflow and input cannot both come from standard input");
  }
  const source = await readSource(cli, file);
  const input = await readInput(cli, flags.input, flags.set ?? []);
  const values = await readValues(cli, settings);
  const progress = await createProgress(cli, settings, values.redactor);
  const maestro = createMaestro({ runtime: await cli.host.runtime(), ...values, onEvent: progress.onEvent });
  let end: RunResult | number;
  try {
    const workflow = await loadValid(cli, maestro, source, settings.quiet || settings.logFormat === "json");
    const endpoints = endpointsOf(workflow, settings);
    const { timeoutMs } = settings;
    const run = await maestro.start(workflow, { input, id: flags.id, endpoints, timeoutMs });
    end = await followRun(cli, run, progress);
  } finally {
    progress.stop();
  }
  // A run that was left has calls in flight, and nobody is to wait for them.
  if (typeof end === "number") return end;
  if (end.status !== "completed") progress.report(end);
  printResult(cli, end, settings, values.redactor);
  await maestro.close();
  return exitCodeOf(end.status);
}

function printResult(cli: Cli, result: RunResult, settings: Settings, redactor: Redactor): void {
  if (settings.output === "json") cli.host.stdout.write(`${JSON.stringify(redactor.json(runJson(result)), null, 2)}\n`);
  else if (result.status === "completed") cli.host.stdout.write(`${JSON.stringify(redactor.json(result.output))}\n`);
}

function checkStore(store: string | undefined): void {
  if (store === undefined || store === "memory:") return;
  const scheme = /^[a-z]+:/.exec(store)?.[0] ?? store;
  throw new MaestroError("store_unavailable", `This release of Maestro has no "${scheme}" store`, {
    hint: "use --store memory:, the only one so far; it keeps nothing when the process ends",
  });
}

/** The addresses that are for this workflow. A flag that names no service of it is a mistake. */
function endpointsOf({ plan, file }: LoadedWorkflow, settings: Settings): Record<string, string> {
  const names = [...plan.services.keys()];
  const stray = settings.endpointFlags.find((service) => !plan.services.has(service));
  if (stray === undefined) {
    return Object.fromEntries(Object.entries(settings.endpoints).filter(([service]) => plan.services.has(service)));
  }
  const known = names.length === 0 ? "it has no services" : `its services are ${names.join(", ")}`;
  throw new MaestroError("usage", `--endpoint names "${stray}", which is no service of ${file}`, {
    hint: didYouMean(stray, names) ?? known,
  });
}
