import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "./must_run.ts";
import type { SleepCost } from "./sleeper_process.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** What so many sleeping runs cost the process that has started them. */
export interface SleepersRow {
  readonly runs: number;
  /** Megabytes of memory once they sleep, and at the most while they were started. */
  readonly megabytes: Spread;
  readonly mostMegabytes: Spread;
  /** Milliseconds of processor time in a second in which none is due. */
  readonly cpuMs: Spread;
  /** Milliseconds from the time at which a run was due until it made its call. */
  readonly lateMs: Spread;
}

/** The second is as many as are kept in memory; beyond that, more take no more. */
const COUNTS = [0, 10_000, 30_000, 100_000];

/** Lets runs sleep, each number of them in a process and a store of its own. */
export async function benchSleepers({ rounds }: { readonly rounds: number }): Promise<SleepersRow[]> {
  const rows: SleepersRow[] = [];
  for (const runs of COUNTS) {
    const costs: SleepCost[] = [];
    for (let round = 0; round < rounds; round++) costs.push(await measure(runs));
    rows.push({
      runs,
      megabytes: spreadOf(costs.map(({ bytes }) => bytes / 1e6)),
      mostMegabytes: spreadOf(costs.map(({ mostBytes }) => mostBytes / 1e6)),
      cpuMs: spreadOf(costs.map(({ cpuMs }) => cpuMs)),
      lateMs: spreadOf(costs.map(({ lateMs }) => lateMs)),
    });
  }
  return rows;
}

async function measure(runs: number): Promise<SleepCost> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  try {
    const path = join(folder, "runs.db");
    return JSON.parse(await mustRun("bun", ["scripts/bench/sleeper_process.ts", path, String(runs)]));
  } finally {
    await rm(folder, { recursive: true });
  }
}
