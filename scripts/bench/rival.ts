import assert from "node:assert/strict";
import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import { createMaestro, type LoadedWorkflow, type Maestro, type MaestroOptions } from "../../src/maestro.ts";

/** One of those that are compared. */
export interface Rival {
  run(): Promise<void>;
  close(): Promise<void>;
}

/** What Maestro is to run again and again. */
export interface RunnerOptions extends MaestroOptions {
  /** The workflow's path, by which the files that it names are found. @default one without a folder */
  readonly file?: string | undefined;
  readonly text: string;
  readonly input: JsonObject;
  /** What every run must come to. */
  readonly output: JsonValue;
}

/** Maestro as a library: what the command line does for each run, without a process for each. */
export async function openRunner({ file, text, input, output, ...options }: RunnerOptions): Promise<Rival> {
  const maestro = createMaestro(options);
  const workflow = await loadText(maestro, text, file);
  const run = async () => await (await maestro.start(workflow, { input })).result();
  const first = await run();
  assert.deepEqual(first.error, null);
  assert.deepEqual(first.output, output);
  return {
    async run() {
      const { status, error } = await run();
      if (status !== "completed") throw new Error(`A run ended ${status}: ${error?.message}`);
    },
    close: () => maestro.close(),
  };
}

/** Loads a workflow that has no faults. */
export async function loadText(
  maestro: Maestro,
  text: string,
  file: string = "workflow.yaml",
): Promise<LoadedWorkflow> {
  const { workflow, diagnostics } = await maestro.load({ file, text });
  if (workflow === undefined) throw new Error(JSON.stringify(diagnostics));
  return workflow;
}

/** Runs a rival so many times, so many at a time. */
export async function runMany(rival: Rival, concurrency: number, runs: number): Promise<void> {
  await repeatWork(runs, concurrency, () => rival.run());
}

/** Does something so many times, so many at a time. */
export async function repeatWork(times: number, concurrency: number, work: () => Promise<unknown>): Promise<void> {
  let left = times;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
