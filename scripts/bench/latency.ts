import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../src/engine/storage.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { ANSWERS, INPUT, threeCallWorkflow } from "./order_workflow.ts";
import { openRunner, type Rival, runMany } from "./rival.ts";
import { startServers } from "./servers.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { BareProgram, openTracedStore, type Statement, writesOf } from "./traced_store.ts";

/** What a store adds to the time of a run of three HTTP calls, one run at a time. Times are milliseconds of one run. */
export interface LatencyRow {
  readonly durability: "sync" | "async";
  readonly commits: number;
  readonly memory: Spread;
  readonly sqlite: Spread;
  /** Between the two in the same round. */
  readonly added: Spread;
  /** The commits of a run by a bare program. */
  readonly raw: Spread;
  /** What the store adds by what the bare commits take in the same round. */
  readonly ratio: Spread;
}

/** Of each in a round. */
const RUNS = 60;
const WARM_UP_RUNS = 1_000;

/** Runs a workflow of three HTTP calls, in memory and in a SQLite file, and executes the commits of as many runs bare. */
export async function benchLatency(
  { runtime, rounds }: { readonly runtime: Runtime; readonly rounds: number },
): Promise<LatencyRow[]> {
  const servers = await startServers();
  const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  try {
    const rows: LatencyRow[] = [];
    for (const durability of ["sync", "async"] as const) {
      const text = threeCallWorkflow(servers.http, durability);
      const output = ANSWERS["ShipParcel"]!["tracking"]!;
      const open = (storage: Storage): Promise<Rival> => openRunner({ runtime, storage, text, input: INPUT, output });
      rows.push({ durability, ...await compare(open, join(folder, durability), rounds) });
    }
    return rows;
  } finally {
    servers.stop();
    await rm(folder, { recursive: true });
  }
}

async function compare(
  open: (storage: Storage) => Promise<Rival>,
  folder: string,
  rounds: number,
): Promise<Omit<LatencyRow, "durability">> {
  const transactions = await record(open, join(folder, "traced.db"), rounds * RUNS);
  const commits = transactions.length / (rounds * RUNS);
  const bare = await BareProgram.open(join(folder, "bare.db"));
  const raw = Array.from(
    { length: rounds * RUNS },
    (_, run) => bare.prepare(transactions.slice(run * commits, (run + 1) * commits).flat()),
  );
  const memory = await open(await openStorage("memory:"));
  const sqlite = await open(await openStorage(`sqlite:${join(folder, "maestro.db")}`));
  for (const rival of [memory, sqlite]) await runMany(rival, 1, WARM_UP_RUNS);
  const figures: Figures[] = [];
  for (let round = 0; round < rounds; round++) {
    figures.push(await measure({ memory, sqlite, raw: raw.slice(round * RUNS, (round + 1) * RUNS) }));
  }
  bare.close();
  for (const rival of [memory, sqlite]) await rival.close();
  return {
    commits,
    memory: spreadOf(figures.map(({ memory }) => memory)),
    sqlite: spreadOf(figures.map(({ sqlite }) => sqlite)),
    added: spreadOf(figures.map(({ memory, sqlite }) => sqlite - memory)),
    raw: spreadOf(figures.map(({ raw }) => raw)),
    ratio: spreadOf(figures.map(({ memory, sqlite, raw }) => (sqlite - memory) / raw)),
  };
}

/** The middle times of a round. */
type Figures = Readonly<Record<"memory" | "sqlite" | "raw", number>>;

interface Contest {
  readonly memory: Rival;
  readonly sqlite: Rival;
  /** The commits of one run each. */
  readonly raw: readonly (() => void)[];
}

/** One run of each in turns: how fast a disk is changes within seconds. */
async function measure({ memory, sqlite, raw }: Contest): Promise<Figures> {
  const times = { memory: [] as number[], sqlite: [] as number[], raw: [] as number[] };
  for (const commit of raw) {
    times.memory.push(await timeOf(() => memory.run()));
    times.sqlite.push(await timeOf(() => sqlite.run()));
    times.raw.push(await timeOf(commit));
  }
  return {
    memory: spreadOf(times.memory).median,
    sqlite: spreadOf(times.sqlite).median,
    raw: spreadOf(times.raw).median,
  };
}

async function timeOf(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The transactions of so many runs; opening the rival makes the first. */
async function record(
  open: (storage: Storage) => Promise<Rival>,
  path: string,
  runs: number,
): Promise<readonly (readonly Statement[])[]> {
  const { storage, statements } = await openTracedStore(path);
  const rival = await open(storage);
  await runMany(rival, 1, runs - 1);
  const transactions = writesOf(statements);
  await rival.close();
  return transactions;
}
