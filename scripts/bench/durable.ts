import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../src/engine/storage.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { openRunner, type Rival, runMany } from "./rival.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { type Cost, costOf } from "./stopwatch.ts";
import { BareProgram, openTracedStore, type Statement } from "./traced_store.ts";

/** What durable steps come to beside the bare statements. */
export interface DurableRow {
  /** Runs at a time. */
  readonly concurrency: number;
  readonly stepsPerRun: number;
  /** Steps a second: in a SQLite store, in memory, and by a bare program that executes the statements of the SQLite store. */
  readonly maestro: Spread;
  readonly memory: Spread;
  readonly bare: Spread;
  /** Maestro's throughput by the bare program's of the same round. */
  readonly ratio: Spread;
  /** The bare program's processor time by Maestro's of the same round. */
  readonly cpuRatio: Spread;
}

const STEPS = 20;
const CONCURRENCY = 100;
const RUNS = 1_000;
const WARM_UP_RUNS = 2_000;

/**
 * Runs workflows of function services that answer at once, 100 at a time, `sync`, in a SQLite file.
 *
 * The statements are recorded once, of as many runs by Maestro, as many at a time; the bare program executes the same with the same
 * parameters in the same groups, in a fresh file each round.
 */
export async function benchDurable(
  { runtime, rounds }: { readonly runtime: Runtime; readonly rounds: number },
): Promise<DurableRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  try {
    const statements = await record(runtime, join(folder, "traced.db"));
    const maestro = await openStepper(runtime, await openStorage(`sqlite:${join(folder, "maestro.db")}`));
    const memory = await openStepper(runtime, await openStorage("memory:"));
    const costs = { maestro: [] as Cost[], memory: [] as Cost[], bare: [] as Cost[] };
    for (const rival of [maestro, memory]) await runMany(rival, CONCURRENCY, WARM_UP_RUNS);
    for (let round = -1; round < rounds; round++) {
      const bare = async (): Promise<Cost> => await costOfBare(statements, join(folder, `bare_${round}.db`));
      const own = async (): Promise<Cost> => await costOf(() => runMany(maestro, CONCURRENCY, RUNS));
      const first = round % 2 === 0 ? await own() : await bare();
      const second = round % 2 === 0 ? await bare() : await own();
      if (round < 0) continue;
      costs.maestro.push(round % 2 === 0 ? first : second);
      costs.bare.push(round % 2 === 0 ? second : first);
      costs.memory.push(await costOf(() => runMany(memory, CONCURRENCY, RUNS)));
    }
    for (const rival of [maestro, memory]) await rival.close();
    return [rowOf(costs)];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function rowOf({ maestro, memory, bare }: Readonly<Record<"maestro" | "memory" | "bare", Cost[]>>): DurableRow {
  const perSecond = ({ wallMs }: Cost): number => RUNS * STEPS / wallMs * 1_000;
  return {
    concurrency: CONCURRENCY,
    stepsPerRun: STEPS,
    maestro: spreadOf(maestro.map(perSecond)),
    memory: spreadOf(memory.map(perSecond)),
    bare: spreadOf(bare.map(perSecond)),
    ratio: spreadOf(maestro.map((cost, round) => bare[round]!.wallMs / cost.wallMs)),
    cpuRatio: spreadOf(maestro.map((cost, round) => bare[round]!.cpuMs / cost.cpuMs)),
  };
}

/** The statements of so many runs; opening the stepper makes the first. */
async function record(runtime: Runtime, path: string): Promise<readonly Statement[]> {
  const { storage, statements } = await openTracedStore(path);
  const stepper = await openStepper(runtime, storage);
  await runMany(stepper, CONCURRENCY, RUNS - 1);
  await stepper.close();
  return statements;
}

async function costOfBare(statements: readonly Statement[], path: string): Promise<Cost> {
  const bare = await BareProgram.open(path);
  const execute = bare.prepare(statements);
  const cost = await costOf(() => Promise.resolve(execute()));
  bare.close();
  await rm(path);
  return cost;
}

/** Maestro with a workflow of functions that answer at once. */
export function openStepper(runtime: Runtime, storage: Storage): Promise<Rival> {
  return openRunner({
    runtime,
    storage,
    functions: { local: { work: () => ANSWER } },
    text: stepsWorkflow(),
    input: { customer: "cus-20417" },
    output: ANSWER.id,
  });
}

const ANSWER = { id: "ord-7f3a", amount: 84.9, currency: "EUR", done: true };

function stepsWorkflow(): string {
  const steps = Array.from(
    { length: STEPS },
    (_, index) =>
      `  - { id: step_${index}, service: local, method: work, output: answer_${index}, ` +
      `input: { customer: "{{ .input.customer }}", number: ${index} } }`,
  );
  return `name: steps
version: "1"
services:
  local: { type: function, endpoint: here }
steps:
${steps.join("\n")}
output: "{{ .answer_${STEPS - 1}.id }}"
`;
}
