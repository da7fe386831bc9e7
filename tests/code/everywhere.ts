import assert from "node:assert/strict";
import type { Workflow } from "../../src/code/workflow.ts";
import type { Maestro, Registrable, RunResult } from "../../src/maestro.ts";
import { type Death, Lab, type StoreKind } from "./lab.ts";

/** What is played with a crash at every place. */
export interface Scenario<Input, Output> {
  readonly workflow: Workflow<Input, Output>;
  readonly input: Input;
  /** Further definitions that the processes know. */
  readonly definitions?: readonly Registrable[] | undefined;
  /** What people do once the run has started; done again after a crash. */
  readonly act?: ((maestro: Maestro, runId: string) => Promise<unknown>) | undefined;
  /** Looks at what was done before it is done over again. */
  readonly reset?: (() => void) | undefined;
  /** Judges each run that was crashed. @default status, output and error are those of the run without a crash */
  readonly judge?: ((result: RunResult<Output>, undisturbed: RunResult<Output>) => void) | undefined;
  /** @default "memory" */
  readonly kind?: StoreKind | undefined;
}

const RUN = "r1";

/** More writes than any of these runs has. */
const MOST_WRITES = 200;

/**
 * Runs a workflow undisturbed, then once for each of its writes with a process that dies at that one, before the store has it or after, and
 * with a second process that takes the run over. Gives the result of the run that was left alone.
 */
export async function everywhere<Input, Output>(scenario: Scenario<Input, Output>): Promise<RunResult<Output>> {
  const undisturbed = await play(scenario, undefined);
  assert(undisturbed !== undefined);
  const { judge = judgeSame } = scenario;
  for (let write = 0; write < MOST_WRITES; write++) {
    for (const isWritten of [false, true]) {
      const result = await play(scenario, { write, isWritten });
      if (result === undefined) return undisturbed;
      judge(result, undisturbed);
    }
  }
  throw new Error("the run does not end");
}

/** `undefined` where the process has not come to die. */
async function play<Input, Output>(
  { workflow, input, definitions = [], act, reset, kind }: Scenario<Input, Output>,
  death: Death | undefined,
): Promise<RunResult<Output> | undefined> {
  reset?.();
  const lab = new Lab(kind);
  const perform = async (maestro: Maestro): Promise<RunResult<Output>> => {
    const run = await maestro.start(workflow as Workflow<Input | undefined, Output>, { input, id: RUN });
    await act?.(maestro, RUN);
    return await run.result();
  };
  try {
    const first = await lab.open([workflow, ...definitions] as Registrable[], { death });
    const result = await Promise.race([perform(first.maestro), first.died]);
    if (death === undefined) return result as RunResult<Output>;
    if (result !== undefined) return undefined;
    const second = await lab.open([workflow, ...definitions] as Registrable[]);
    return await perform(second.maestro);
  } finally {
    await lab.close();
  }
}

function judgeSame<Output>(result: RunResult<Output>, undisturbed: RunResult<Output>): void {
  const { status, output, error } = undisturbed;
  assert.deepEqual([result.status, result.output, result.error], [status, output, error]);
}
