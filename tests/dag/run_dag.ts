import type { RunEvent } from "../../src/engine/hooks.ts";
import type { JournalTurn } from "../../src/engine/journal.ts";
import type { Dag } from "../../src/dag/dag.ts";
import { createMaestro, type Maestro, type RunHandle, type RunResult } from "../../src/maestro.ts";
import { drain } from "../../src/runtime/drain.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";

/** What a run of a DAG came to. */
export interface Played<Output> {
  readonly result: RunResult<Output>;
  readonly events: readonly RunEvent[];
  readonly journal: readonly JournalTurn[];
}

/** A Maestro over memory, and what it finds where it reads files. */
export function testMaestro(
  options: Partial<Parameters<typeof createMaestro>[0]> = {},
  files: Readonly<Record<string, string>> = {},
): Maestro {
  const readFile = (path: string): Promise<Uint8Array> => {
    const text = files[path];
    if (text === undefined) return Promise.reject(new Error(`no file ${path}`));
    return Promise.resolve(new TextEncoder().encode(text));
  };
  return createMaestro({ runtime: { name: "node", fetch: createFetch, drain, readFile }, ...options });
}

/** Runs a DAG to its end. */
export async function runDag<Input, Output>(
  dag: Dag<Input, Output>,
  input: Input,
  onStarted?: (run: RunHandle<Output>) => void,
): Promise<Played<Output>> {
  const events: RunEvent[] = [];
  const storage = new MemoryStorage();
  const maestro = testMaestro({ storage, onEvent: (event) => events.push(event) });
  try {
    const run = await maestro.start(dag, { input });
    onStarted?.(run);
    const result = await run.result();
    return { result, events, journal: (await storage.readJournal({ runId: run.id })).turns };
  } finally {
    await maestro.close();
  }
}

/** Settles when nobody waits for a call any more. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
}
