import { runCommandLine } from "./command_line.ts";
import { createCli } from "./cli.ts";
import type { Host } from "../runtime/runtime.ts";
import { reportError } from "./report_error.ts";

/** Runs the command line to its end and ends the process with the exit code. */
export async function main(host: Host): Promise<void> {
  const cli = createCli(host);
  const fail = (error: unknown): never => {
    cli.cleanUp?.();
    return host.exit(reportError(cli, error));
  };
  host.onUncaught(fail);
  try {
    host.exit(await runCommandLine(cli, host.args));
  } catch (error) {
    fail(error);
  }
}
