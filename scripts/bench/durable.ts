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
const WARM_UP_RUNS = 2_000;

/** A round is cut into slices, taken in turns: how fast a disk is changes within seconds. */
const SLICES = 5;
const SLICE_RUNS = 200;

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
    const slices = await record(runtime, join(folder, "traced.db"));
    const maestro = await openStepper(runtime, await openStorage(`sqlite:${join(folder, "maestro.db")}`));
    const memory = await openStepper(runtime, await openStorage("memory:"));
    for (const rival of [maestro, memory]) await runMany(rival, CONCURRENCY, WARM_UP_RUNS);
    const costs: Costs[] = [];
    for (let round = -1; round < rounds; round++) {
      const cost = await measure({ maestro, memory, slices, path: join(folder, "bare.db") });
      if (round >= 0) costs.push(cost);
    }
    for (const rival of [maestro, memory]) await rival.close();
    return [rowOf(costs)];
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Slice = readonly Statement[];

/** The statements of a round; opening the stepper makes the first run. */
async function record(runtime: Runtime, path: string): Promise<readonly Slice[]> {
  const { storage, statements } = await openTracedStore(path);
  const stepper = await openStepper(runtime, storage);
  const slices: Slice[] = [];
  for (let from = 0; slices.length < SLICES; from = statements.length) {
    await runMany(stepper, CONCURRENCY, slices.length === 0 ? SLICE_RUNS - 1 : SLICE_RUNS);
    slices.push(statements.slice(from));
  }
  await stepper.close();
  return slices;
}

/** What the steps of a round took. */
type Costs = Readonly<Record<"maestro" | "memory" | "bare", Cost>>;

interface Contest {
  readonly maestro: Rival;
  readonly memory: Rival;
  readonly slices: readonly Slice[];
  /** The bare program's file. */
  readonly path: string;
}

async function measure({ maestro, memory, slices, path }: Contest): Promise<Costs> {
  const bare = await BareProgram.open(path);
  const own: Cost[] = [];
  const inMemory: Cost[] = [];
  const other: Cost[] = [];
  for (const execute of slices.map((statements) => bare.prepare(statements))) {
    own.push(await costOf(() => runMany(maestro, CONCURRENCY, SLICE_RUNS)));
    inMemory.push(await costOf(() => runMany(memory, CONCURRENCY, SLICE_RUNS)));
    other.push(await costOf(() => Promise.resolve(execute())));
  }
  bare.close();
  await rm(path);
  return { maestro: sumOf(own), memory: sumOf(inMemory), bare: sumOf(other) };
}

function sumOf(costs: readonly Cost[]): Cost {
  return costs.reduce((sum, { wallMs, cpuMs }) => ({ wallMs: sum.wallMs + wallMs, cpuMs: sum.cpuMs + cpuMs }));
}

function rowOf(costs: readonly Costs[]): DurableRow {
  const perSecond = ({ wallMs }: Cost): number => SLICES * SLICE_RUNS * STEPS / wallMs * 1_000;
  return {
    concurrency: CONCURRENCY,
    stepsPerRun: STEPS,
    maestro: spreadOf(costs.map(({ maestro }) => perSecond(maestro))),
    memory: spreadOf(costs.map(({ memory }) => perSecond(memory))),
    bare: spreadOf(costs.map(({ bare }) => perSecond(bare))),
    ratio: spreadOf(costs.map(({ maestro, bare }) => bare.wallMs / maestro.wallMs)),
    cpuRatio: spreadOf(costs.map(({ maestro, bare }) => bare.cpuMs / maestro.cpuMs)),
  };
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
