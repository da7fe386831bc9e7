// Plays seeds of the simulation: `npm run simulate -- --seeds 100000 [--from N] [--show]`. Ends with 1 where a seed has failed.
import process from "node:process";
import { parseArgs } from "node:util";
import { howToRepeat, type Played, playSeed } from "../tests/simulation/play_seed.ts";

const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: { seeds: { type: "string" }, from: { type: "string" }, show: { type: "boolean" } },
});
const count = number("seeds", values.seeds, 1_000);
const from = number("from", values.from, 0);
const started = performance.now();
let told = started;
let failed = 0;
for (let seed = from; seed < from + count; seed++) {
  const played = await playSeed(seed);
  if (values.show === true) show(played);
  if (played.faults.length > 0) {
    failed++;
    console.log(`seed ${seed}:\n  ${played.faults.join("\n  ")}\n  ${howToRepeat(seed)}`);
  }
  if (performance.now() - told > PROGRESS_MS) {
    told = performance.now();
    console.log(`${seed + 1 - from} seeds, ${failed} failed, ${rate(seed + 1 - from)} a second`);
  }
}
console.log(`${count} seeds from ${from}, ${failed} failed, ${rate(count)} a second`);
process.exitCode = failed === 0 ? 0 : 1;

function number(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} takes a whole number: got ${text}`);
  process.exit(2);
}

function rate(seeds: number): number {
  return Math.round(seeds / (performance.now() - started) * 1_000);
}

/** Prints all that there is to know of a seed. */
function show({ program, simulated: { log, runs } }: Played): void {
  const { documents, scripts, looseness, cancelAt, pastPivot, compensates } = program;
  console.log(JSON.stringify(documents, null, 2));
  console.log(Object.fromEntries(scripts), { looseness: [...looseness], cancelAt, pastPivot, compensates });
  console.log(log.join("\n"));
  for (const { run, journal } of runs) {
    console.log(`${run.id} ended ${run.status}`);
    for (const { time, entries } of journal) {
      for (const entry of entries) console.log(`  ${time - run.startedAt} ${JSON.stringify(entry)}`);
    }
  }
}
