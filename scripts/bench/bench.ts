// Measures what must hold, keeps the figures in results/ and shows them in the documents: `npm run bench -- [calls|dag|start_up] [--rounds N]`.
// With `--show` nothing is measured: the documents get the figures that are kept.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { createHost } from "../../src/runtime/process.ts";
import { ROOT } from "../command.ts";
import { benchCalls } from "./calls.ts";
import { benchDag } from "./dag.ts";
import { type BenchName, saveFigures } from "./results.ts";
import { benchStartUp } from "./start_up.ts";
import { figureTables } from "./tables.ts";

const NAMES: readonly BenchName[] = ["calls", "dag", "start_up"];
const DOCUMENTS = ["docs/benchmarks.md", "README.md"];
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
for (const path of DOCUMENTS) showIn(join(ROOT, path));
console.log(figureTables());
process.exit(0);

async function measure(name: BenchName): Promise<void> {
  console.error(`Measuring ${name}…`);
  const runtime = await createHost(process.versions["bun"] === undefined ? "node" : "bun").runtime();
  if (name === "calls") saveFigures(name, rounds, await benchCalls({ runtime, rounds }));
  else if (name === "dag") saveFigures(name, rounds, await benchDag({ runtime, rounds }));
  else saveFigures(name, rounds, await benchStartUp({ rounds }));
}

/** Puts the tables between the markers of a document that has them. */
function showIn(path: string): void {
  if (!existsSync(path)) return;
  const text = readFileSync(path, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) return;
  writeFileSync(path, `${text.slice(0, begin + BEGIN.length)}\n\n${figureTables()}\n\n${text.slice(end)}`);
}
