// Compiles the command line into one file that needs nothing beside it: `npm run build` for this machine, `npm run build:all` for all;
// `-- --outdir DIR` puts it elsewhere than into dist/, `-- --target linux-x64`, which may be repeated, makes only that one.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { defineArguments, readBuildFacts } from "./build_facts.ts";
import { formatMilliseconds, ROOT, runCommand } from "./command.ts";

/** A platform that Bun can compile for. Its runtime part comes from the npm registry once and is then kept by Bun. */
interface Target {
  /** Name of Bun's target; absent: this machine. */
  readonly bun?: string;
  readonly file: string;
}

const HERE: Target = { file: process.platform === "win32" ? "maestro.exe" : "maestro" };

const ALL: readonly Target[] = [
  { bun: "bun-linux-x64", file: "maestro-linux-x64" },
  { bun: "bun-linux-arm64", file: "maestro-linux-arm64" },
  { bun: "bun-linux-x64-musl", file: "maestro-linux-x64-musl" },
  { bun: "bun-linux-arm64-musl", file: "maestro-linux-arm64-musl" },
  { bun: "bun-darwin-x64", file: "maestro-macos-x64" },
  { bun: "bun-darwin-arm64", file: "maestro-macos-arm64" },
  { bun: "bun-windows-x64", file: "maestro-windows-x64.exe" },
];

const LIMIT_MS = 300_000;

const { values } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    target: { type: "string", multiple: true, default: [] },
    outdir: { type: "string", default: join(ROOT, "dist") },
  },
});
const DIST = resolve(values.outdir);
mkdirSync(DIST, { recursive: true });
const facts = await readBuildFacts();
const sums: string[] = [];
for (const target of chooseTargets()) {
  if (await compile(target)) sums.push(`${checksum(target.file)}  ${target.file}\n`);
  else process.exitCode = 1;
}
if (values.all) writeFileSync(join(DIST, "SHA256SUMS"), sums.join(""));

function chooseTargets(): readonly Target[] {
  if (values.all) return ALL;
  if (values.target.length === 0) return [HERE];
  return values.target.map((name) => {
    const target = ALL.find(({ file }) => file === `maestro-${name}` || file === `maestro-${name}.exe`);
    if (target !== undefined) return target;
    console.error(`There is no target "${name}"`);
    process.exit(2);
  });
}

async function compile({ bun, file }: Target): Promise<boolean> {
  const path = join(DIST, file);
  rmSync(path, { force: true });
  const result = await runCommand("bun", [
    "build",
    "--compile",
    // Together these make a start of a few milliseconds: each command is a piece of its own, parsed ahead of time.
    ...["--minify", "--splitting", "--bytecode", "--format=esm"],
    ...defineArguments(facts),
    ...(bun === undefined ? [] : [`--target=${bun}`]),
    // What stands in .env, bunfig.toml and the like of the folder in which people run the program is none of its business.
    ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
    `--outfile=${path}`,
    "src/runtime/bun.ts",
  ], { timeoutMs: LIMIT_MS });
  if (result.code === 0) {
    console.log(`${relative(ROOT, path)} (${formatMilliseconds(result.milliseconds)})`);
    return true;
  }
  const reason = result.isTimedOut ? "it took too long" : result.output.trimEnd();
  console.error(`${relative(ROOT, path)} could not be built: ${reason}`);
  return false;
}

function checksum(file: string): string {
  return createHash("sha256").update(readFileSync(join(DIST, file))).digest("hex");
}
