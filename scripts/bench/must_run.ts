import { runCommand } from "../command.ts";

const LIMIT_MS = 5 * 60_000;

/** Runs a program in the root of the repository and gives what it printed; throws where it fails. */
export async function mustRun(command: string, args: readonly string[]): Promise<string> {
  const { code, output } = await runCommand(command, args, { timeoutMs: LIMIT_MS });
  if (code !== 0) throw new Error(`${command} failed:\n${output}`);
  return output;
}
