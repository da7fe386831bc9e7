import type { Diagnostic } from "../../base/diagnostics.ts";
import { MaestroError } from "../../base/errors.ts";
import { plural } from "../../base/text.ts";
import type { WorkflowSource } from "../../load_workflow.ts";
import { createMaestro } from "../../maestro.ts";
import type { Cli } from "../cli.ts";
import { type DiagnosticFormat, reportDiagnostics } from "../report_diagnostics.ts";
import { readSource, readValues } from "../load.ts";
import { readSettings } from "../settings.ts";

/** Flags of `validate`. */
export type ValidateFlags = {
  readonly online: boolean | undefined;
  readonly format: DiagnosticFormat | undefined;
  readonly output: "json" | undefined;
  readonly envFile: string | undefined;
  readonly secretsFile: string | undefined;
  readonly config: string | undefined;
};

/** Exit code of an invalid workflow. */
const INVALID = 3;

/** Checks workflows and prints every finding. */
export async function validate(cli: Cli, flags: ValidateFlags, ...files: string[]): Promise<number> {
  const settings = await readSettings(cli, flags);
  const maestro = createMaestro({ runtime: await cli.host.runtime(), ...await readValues(cli, settings) });
  const format = flags.format ?? (settings.output === "json" ? "json" : "text");
  const found: Diagnostic[] = [];
  const sources: WorkflowSource[] = [];
  try {
    for (const file of files) {
      const source = await tryRead(cli, file);
      if ("code" in source) {
        found.push(source);
        continue;
      }
      sources.push(source);
      const { workflow, diagnostics } = await maestro.load(source, {
        online: flags.online ?? false,
        endpoints: settings.endpoints,
      });
      found.push(...diagnostics);
      if (format !== "text" || workflow === undefined) continue;
      const { steps, services } = workflow.plan;
      cli.host.stdout.write(
        `${source.file}: valid (${plural(steps.length, "step")}, ${plural(services.size, "service")})\n`,
      );
    }
  } finally {
    await maestro.close();
  }
  cli.host.stdout.write(reportDiagnostics(found, format, sources));
  return found.some(({ severity }) => severity === "error") ? INVALID : 0;
}

/** A workflow, or what is wrong with its file: the others are still checked. */
async function tryRead(cli: Cli, file: string): Promise<WorkflowSource | Diagnostic> {
  try {
    return await readSource(cli, file);
  } catch (thrown) {
    if (!MaestroError.is(thrown, "file_not_readable")) throw thrown;
    const { code, message, hint } = thrown;
    return { severity: "error", code, message, hint, file, line: 1, column: 1, endLine: 1, endColumn: 1 };
  }
}
