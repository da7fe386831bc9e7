import { type Application, proposeCompletions } from "@stricli/core";
import type { Cli } from "./cli.ts";

/** Prints what may follow the words of an unfinished command line: one proposal a line, with its meaning behind a tab. */
export async function complete(cli: Cli, application: Application<Cli>, words: readonly string[]): Promise<number> {
  const proposals = await proposeCompletions(application, words.length === 0 ? [""] : words, cli).catch(() => []);
  cli.host.stdout.write(proposals.map(({ completion, brief }) => `${completion}\t${brief}\n`).join(""));
  return 0;
}
