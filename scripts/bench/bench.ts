// Measures what must hold, keeps the figures in results/ and shows them in the documents: `npm run bench -- [NAME…] [--rounds N]`.
// With `--show` nothing is measured: the documents get the figures that are kept.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { createHost } from "../../src/runtime/process.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { ROOT } from "../command.ts";
import { benchCalls } from "./calls.ts";
import { benchDag } from "./dag.ts";
import { benchDurable } from "./durable.ts";
import { benchFlowOrchestrator } from "./flow_orchestrator.ts";
import { benchGoWorkflows } from "./go_workflows.ts";
import { benchLatency } from "./latency.ts";
import { benchList } from "./list.ts";
import { benchLongRun } from "./long_run.ts";
import { benchRecovery } from "./recovery.ts";
import { type BenchName, type Rows, saveFigures } from "./results.ts";
import { benchSleepers } from "./sleepers.ts";
import { benchStartUp } from "./start_up.ts";
import { figureTables, NAMES } from "./tables.ts";

/** What a benchmark is given. */
interface Conditions {
  readonly runtime: Runtime;
  readonly rounds: number;
}

interface Benchmark<N extends BenchName> {
  /** Gives `undefined` where it cannot be done here, and has said why. */
  readonly measure: (conditions: Conditions) => Promise<Rows[N] | undefined>;
  /** So many of the rounds that are asked for make one of this benchmark, whose rounds take long. @default 1 */
  readonly share?: number;
}

const BENCHMARKS: { readonly [N in BenchName]: Benchmark<N> } = {
  calls: { measure: benchCalls },
  dag: { measure: benchDag },
  flow_orchestrator: { measure: benchFlowOrchestrator },
  go_workflows: { measure: benchGoWorkflows, share: 7 },
  start_up: { measure: benchStartUp },
  durable: { measure: benchDurable },
  latency: { measure: benchLatency },
  recovery: { measure: benchRecovery, share: 7 },
  list: { measure: benchList, share: 3 },
  sleepers: { measure: benchSleepers, share: 21 },
  long_run: { measure: benchLongRun, share: 3 },
};

/** Documents, with what they show. */
const DOCUMENTS: Readonly<Record<string, readonly BenchName[]>> = {
  "docs/benchmarks.md": NAMES,
  "README.md": ["calls", "dag", "start_up", "durable"],
};
const BEGIN = "<!-- figures: written by npm run bench -->";
const END = "<!-- end of figures -->";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "21" }, show: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => !NAMES.some((known) => known === name));
if (unknown.length > 0 || !(rounds >= 1)) {
  console.error(`usage: npm run bench -- [${NAMES.join("|")}] [--rounds N] [--show]`);
  process.exit(2);
}
if (!values.show) {
  for (const name of NAMES) if (positionals.length === 0 || positionals.includes(name)) await measure(name);
}
for (const [path, names] of Object.entries(DOCUMENTS)) showIn(join(ROOT, path), names);
console.log(figureTables());
process.exit(0);

async function measure<N extends BenchName>(name: N): Promise<void> {
  console.error(`Measuring ${name}…`);
  const runtime = await createHost(process.versions["bun"] === undefined ? "node" : "bun").runtime();
  const { measure, share = 1 } = BENCHMARKS[name];
  const own = Math.ceil(rounds / share);
  const [load = 0] = loadavg();
  const rows = await measure({ runtime, rounds: own });
  if (rows !== undefined) saveFigures(name, { rounds: own, load }, rows);
}

/** Puts tables between the markers of a document that has them. */
function showIn(path: string, names: readonly BenchName[]): void {
  if (!existsSync(path)) return;
  const text = readFileSync(path, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) return;
  writeFileSync(path, `${text.slice(0, begin + BEGIN.length)}\n\n${figureTables(names)}\n\n${text.slice(end)}`);
}
