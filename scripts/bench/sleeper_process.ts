// A process of the sleepers benchmark: `sleeper_process.ts PATH RUNS`. Starts so many runs that sleep, and prints what they cost.
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { JsonValue } from "../../src/base/json.ts";
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
const SETTLE_MS = 1_000;
const IDLE_MS = 3_000;
/** Runs that are due one after the other until the process ends; between two of them nothing happens. */
const DUE_RUNS = 60;
const DUE_EVERY_MS = 5_000;

const TEXT = `name: sleeper
version: "1"
services:
  local: { type: function, endpoint: here }
steps:
  - sleep_until: "{{ .input.until }}"
  - { service: local, method: wake, input: { until: "{{ .input.until }}" } }
`;

const [path = "", count = "0"] = process.argv.slice(2);
setTimeout(() => process.exit(1), LONGEST_LIFE_MS).unref();
const runtime = await createHost(process.versions["bun"] === undefined ? "node" : "bun").runtime();
let onWake: (lateMs: number) => void = () => undefined;
const wake = (input: JsonValue): void => {
  const { until } = input as { readonly until: string };
  onWake(Date.now() - Date.parse(until));
};
const maestro = createMaestro({
  runtime,
  storage: await openStorage(`sqlite:${path}`),
  queue: "bench",
  functions: { local: { wake } },
});
const workflow = await loadText(maestro, TEXT);
const start = (time: number): Promise<unknown> =>
  maestro.start(workflow, { input: { until: new Date(time).toISOString() } });
maestro.listen();
// They wait longest, so they are the first to leave the memory.
const began = Date.now();
for (let number = 1; number <= DUE_RUNS; number++) await start(began + number * DUE_EVERY_MS);
await repeatWork(Number(count), CONCURRENCY, () => start(began + 24 * 3_600_000));
const mostBytes = process.resourceUsage().maxRSS * 1_024;
await delay(SETTLE_MS);
collectGarbage();
await nextWake();
const before = process.cpuUsage();
await delay(IDLE_MS);
const { user, system } = process.cpuUsage(before);
const bytes = process.memoryUsage.rss();
const cost: SleepCost = { bytes, mostBytes, cpuMs: (user + system) / IDLE_MS, lateMs: await nextWake() };
console.log(JSON.stringify(cost));
process.exit(0);

/** Milliseconds by which the next run that is due wakes too late. */
function nextWake(): Promise<number> {
  return new Promise((resolve) => {
    onWake = resolve;
  });
}
