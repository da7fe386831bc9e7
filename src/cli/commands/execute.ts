import { MaestroError } from "../../base/errors.ts";
import { joinPath, toSlashes } from "../../base/paths.ts";
import { didYouMean } from "../../base/text.ts";
import type { LoadedWorkflow } from "../../load_workflow.ts";
import type { RunFiles } from "../../maestro.ts";
import type { Cli } from "../cli.ts";
import { readInput } from "../input.ts";
import { loadValid, readSource } from "../load.ts";
import { driveRun, openRunSession } from "../run_session.ts";
import { isEnded } from "../run_statuses.ts";
import { readSettings, type Settings } from "../settings.ts";
import { openStore } from "../store.ts";

/** Flags of `execute`. */
export type ExecuteFlags = {
  readonly input: string | undefined;
  readonly set: readonly string[] | undefined;
  readonly id: string | undefined;
  readonly endpoint: readonly string[] | undefined;
  readonly envFile: string | undefined;
  readonly secretsFile: string | undefined;
  readonly store: string | undefined;
  readonly encryptKeyFile: string | undefined;
  readonly timeout: string | undefined;
  readonly output: "json" | undefined;
  readonly quiet: boolean | undefined;
  readonly logFormat: "json" | "text" | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error" | undefined;
  readonly config: string | undefined;
};

/** Runs a workflow to its end; with `--id` of a run that exists, follows that one. */
export async function execute(cli: Cli, flags: ExecuteFlags, file: string): Promise<number> {
  const settings = await readSettings(cli, flags);
  if (file === "-" && flags.input === "-") {
    throw new MaestroError("usage", "Workflow and input cannot both come from standard input");
  }
  if (flags.id === "") throw new MaestroError("usage", "--id must not be empty");
  const source = await readSource(cli, file);
  const input = await readInput(cli, flags.input, flags.set ?? []);
  const session = await openRunSession(cli, flags, settings, await openStore(cli, settings));
  return await driveRun(cli, session, async () => {
    const { maestro, store, progress } = session;
    const workflow = await loadValid(cli, maestro, source, settings.quiet || settings.logFormat === "json");
    const before = flags.id === undefined ? undefined : await store.refresh(flags.id);
    const endpoints = endpointsOf(workflow, settings);
    const files = filesOf(cli, source.file, settings);
    const { timeoutMs } = settings;
    const handle = await maestro.start(workflow, { input, id: flags.id, endpoints, timeoutMs, files });
    if (before !== undefined && isEnded(before.status)) {
      progress.note(`Run ${before.id} has ended before: this is its result`);
    }
    return { handle, before };
  });
}

/** What another process reads again when it goes on with the run. */
function filesOf({ host }: Cli, workflow: string, { envFile, secretsFile }: Settings): RunFiles {
  const place = (path: string): string => joinPath(toSlashes(host.cwd), toSlashes(path));
  return {
    workflow: place(workflow),
    ...(envFile === undefined ? undefined : { env: place(envFile) }),
    ...(secretsFile === undefined ? undefined : { secrets: place(secretsFile) }),
  };
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
