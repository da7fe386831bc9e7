import { workflow, type WorkflowFunction, type WorkflowOptions } from "../../src/code/workflow.ts";
import type { Stored } from "../../src/base/stored.ts";
import type { Maestro, MaestroOptions, RunHandle, RunResult } from "../../src/maestro.ts";
import { withLab } from "./lab.ts";

/** How a workflow is played. */
export interface PlayOptions<Output> extends Partial<WorkflowOptions> {
  readonly maestro?: Partial<MaestroOptions> | undefined;
  /** What is done while it runs. */
  readonly act?: ((run: RunHandle<Output>, maestro: Maestro) => Promise<unknown> | void) | undefined;
}

/** Runs a function as a workflow without input, in a process of its own, to its end. */
export async function playCode<Result>(
  run: WorkflowFunction<void, Result>,
  { maestro: options = {}, act, ...settings }: PlayOptions<Stored<Result>> = {},
): Promise<RunResult<Stored<Result>>> {
  const played = workflow("played", { version: "1", ...settings }, run);
  const results: RunResult<Stored<Result>>[] = [];
  await withLab(async (lab) => {
    const { maestro } = await lab.open([], options);
    const handle = await maestro.start(played, { id: "r1" });
    await act?.(handle, maestro);
    results.push(await handle.result());
  });
  return results[0]!;
}
