import { decodeUtf8 } from "../base/decode_utf8.ts";
import { MaestroError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import type { Redactor } from "../base/redact.ts";
import type { LoadedWorkflow, WorkflowSource } from "../load_workflow.ts";
import type { Maestro } from "../maestro.ts";
import { type Cli, say } from "./cli.ts";
import { readKeyValueFile } from "./key_value_file.ts";
import { reportDiagnostics } from "./report_diagnostics.ts";
import { fileError } from "./report_error.ts";

/**
 * Reads a workflow, or a document that messages call otherwise; `-` is standard input.
 *
 * @throws MaestroError `file_not_readable`.
 */
export async function readSource(cli: Cli, file: string, what = "the workflow"): Promise<WorkflowSource> {
  if (file === "-") return { file: "<stdin>", text: await cli.host.stdin.readText() };
  const bytes = await cli.host.files.readBytes(file).catch((error) => {
    throw fileError(what, file, error);
  });
  return { file, text: decodeUtf8(bytes) };
}

/** Where `env.NAME` and `secrets.NAME` come from: the files that flags name, else the process's environment. */
export interface Values {
  env(name: string): string | undefined;
  secrets(name: string): string | undefined;
  /** Knows every secret of the secrets file already; `createMaestro` teaches it the others as they are read. */
  readonly redactor: Redactor;
}

/** Reads the env and secrets files. `secrets.NAME` falls back to `MAESTRO_SECRET_NAME`. */
export async function readValues(
  cli: Cli,
  files: { readonly envFile?: string | undefined; readonly secretsFile?: string | undefined },
): Promise<Values> {
  const env = files.envFile === undefined ? undefined : await readKeyValueFile(cli, "env file", files.envFile);
  const secrets = files.secretsFile === undefined
    ? undefined
    : await readKeyValueFile(cli, "secrets file", files.secretsFile);
  for (const secret of secrets?.values() ?? []) cli.redactor.add(secret);
  return {
    env: (name) => env?.get(name) ?? cli.host.env(name),
    secrets: (name) => secrets?.get(name) ?? cli.host.env(`MAESTRO_SECRET_${name}`),
    redactor: cli.redactor,
  };
}

/**
 * Loads a workflow that must be valid. Errors are told one by one, warnings by their number only unless `quiet`.
 *
 * @throws MaestroError `invalid_workflow`, after every error was told.
 */
export async function loadValid(
  cli: Cli,
  maestro: Maestro,
  source: WorkflowSource,
  quiet: boolean,
): Promise<LoadedWorkflow> {
  const { workflow, diagnostics, sources } = await maestro.load(source);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (workflow === undefined) {
    cli.host.stderr.write(reportDiagnostics(errors, "text", sources));
    throw new MaestroError("invalid_workflow", `${source.file} has ${plural(errors.length, "error")}`);
  }
  if (diagnostics.length > 0 && !quiet) {
    const count = plural(diagnostics.length, "warning");
    say(cli, cli.style.dim(`${source.file} has ${count}: \`maestro validate ${source.file}\` shows them`));
  }
  return workflow;
}
