// Crash torture of the compiled program: `npm run torture -- [--kills 5000] [--seed N] [--program FILE]`.
// Random workflows, processes that are killed at random moments, and an oracle; see tests/torture/torture.ts.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { judge } from "../tests/torture/oracle.ts";
import { torture } from "../tests/torture/torture.ts";
import { describeRound } from "../tests/torture/describe_round.ts";
import { formatMilliseconds, runCommand } from "./command.ts";

/** Kills on one store. */
const ROUND = 250;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    program: { type: "string" },
  },
});
const folder = mkdtempSync(join(tmpdir(), "maestro-torture-"));
const program = values.program ?? await build(folder);
const wanted = Number(values.kills);
console.log(`seed ${values.seed}, ${wanted} kills, in ${folder}`);
const started = performance.now();
let kills = 0;
for (let round = 1; kills < wanted; round++) {
  const seed = round === 1 ? values.seed : `${values.seed}-${round}`;
  const place = mkdtempSync(join(folder, "round-"));
  const options = { program, folder: place, seed, kills: Math.min(ROUND, wanted - kills), stalls: wanted > ROUND };
  const evidence = await torture(options);
  const problems = judge(evidence);
  const report = describeRound(seed, evidence);
  kills += report.kills;
  console.log(report.text);
  if (problems.length > 0) {
    console.log(`${problems.join("\n")}\nkept in ${place}`);
    process.exitCode = 1;
    break;
  }
  rmSync(place, { recursive: true });
}
const minutes = (performance.now() - started) / 60_000;
console.log(`${kills} kills in ${formatMilliseconds(minutes * 60_000)}, ${Math.round(kills / minutes)} a minute`);
if (process.exitCode !== 1) rmSync(folder, { recursive: true });

async function build(outdir: string): Promise<string> {
  const built = await runCommand("node", ["scripts/build.ts", "--outdir", outdir]);
  if (built.code !== 0) {
    console.error(built.output);
    process.exit(1);
  }
  return join(outdir, "maestro");
}
