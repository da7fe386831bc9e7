// A process of the sleepers benchmark: `sleeper_process.ts PATH RUNS`. Starts so many runs that sleep, and prints what they cost.
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { createMaestro } from "../../src/maestro.ts";
import { createHost } from "../../src/runtime/process.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { loadText, repeatWork } from "./rival.ts";
import { collectGarbage } from "./stopwatch.ts";

/** What so many sleeping runs cost one process. */
export interface SleepCost {
  /** Bytes of memory once they sleep, and at the most before. */
  readonly bytes: number;
  readonly mostBytes: number;
  /** Milliseconds of processor time in a second in which none is due. */
  readonly cpuMs: number;
  /** Milliseconds from the time at which a run was due until it made its call. */
  readonly lateMs: number;
}

const LONGEST_LIFE_MS = 5 * 60_000;
const CONCURRENCY = 500;
const SETTLE_MS = 3_000;
const IDLE_MS = 3_000;
/** Runs that are started after the one that will be due: enough for it to have left the memory, where not all have room there. */
const LATER_RUNS = 12_000;
const LATER_MS = 5_000;

const TEXT = `name: sleeper
version: "1"
services:
  local: { type: function, endpoint: here }
steps:
  - sleep_until: "{{ .input.until }}"
  - { service: local, method: wake }
`;

const [path = "", count = "0"] = process.argv.slice(2);
const runs = Number(count);
setTimeout(() => process.exit(1), LONGEST_LIFE_MS).unref();
const runtime = await createHost(process.versions["bun"] === undefined ? "node" : "bun").runtime();
const { promise: woken, resolve: wake } = Promise.withResolvers<number>();
const maestro = createMaestro({
  runtime,
  storage: await openStorage(`sqlite:${path}`),
  queue: "bench",
  functions: { local: { wake: () => wake(Date.now()) } },
});
const workflow = await loadText(maestro, TEXT);
const start = (time: number): Promise<unknown> =>
  maestro.start(workflow, { input: { until: new Date(time).toISOString() } });
const farOff = Date.now() + 24 * 3_600_000;
const later = Math.min(runs, LATER_RUNS);
maestro.listen();
await repeatWork(runs - later, CONCURRENCY, () => start(farOff));
const due = Date.now() + LATER_MS + SETTLE_MS + IDLE_MS + 1_000;
await start(due);
await repeatWork(later, CONCURRENCY, () => start(farOff));
const mostBytes = process.resourceUsage().maxRSS * 1_024;
await delay(SETTLE_MS);
collectGarbage();
await delay(100);
const before = process.cpuUsage();
await delay(IDLE_MS);
const { user, system } = process.cpuUsage(before);
const bytes = process.memoryUsage.rss();
if (Date.now() > due) throw new Error("The runs were started too slowly to tell what they cost asleep");
const lateMs = await woken - due;
const cost: SleepCost = { bytes, mostBytes, cpuMs: (user + system) / IDLE_MS, lateMs };
console.log(JSON.stringify(cost));
process.exit(0);
