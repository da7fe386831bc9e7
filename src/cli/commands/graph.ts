import { drawWorkflow, type PictureFormat } from "../../draw_workflow.ts";
import { createMaestro } from "../../maestro.ts";
import type { Cli } from "../cli.ts";
import { loadValid, readSource } from "../load.ts";

/** Flags of `graph`. */
export type GraphFlags = {
  readonly format: PictureFormat | undefined;
};

/** Draws a workflow. */
export async function graph(cli: Cli, { format = "ascii" }: GraphFlags, file: string): Promise<number> {
  const maestro = createMaestro({ runtime: await cli.host.runtime() });
  const source = await readSource(cli, file);
  const workflow = await loadValid(cli, maestro, source, true);
  cli.host.stdout.write(await drawWorkflow(workflow, source.text, format));
  return 0;
}
