// Runs tests/**/*_test.ts on Bun, Deno and Node: `npm test -- [--runtime bun,node] [--summary file] [path…]`.
// Each file is a process of its own on each runtime: a leak, a crash or a hang is charged to the file that made it.
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { formatMilliseconds, mapConcurrent, ROOT, runCommand } from "./command.ts";
import { parseJunit, type TestCase } from "./test_report.ts";

const RUNTIMES = ["bun", "deno", "node"] as const;
type Runtime = typeof RUNTIMES[number];

/** After so long a file is killed: it waits for something that will never come, or keeps something open. */
const FILE_LIMIT_MS = 180_000;

interface FileRun {
  readonly runtime: Runtime;
  readonly file: string;
  readonly tests: readonly TestCase[];
  /** What went wrong outside of any test: a broken import, a failed hook, a hang. */
  readonly trouble: string | undefined;
  readonly output: string;
  readonly milliseconds: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runtime: { type: "string", multiple: true }, summary: { type: "string" } },
});
const runtimes = chooseRuntimes(values.runtime ?? []);
const files = findFiles(positionals);
const reports = mkdtempSync(join(tmpdir(), "maestro-tests-"));
const jobs = runtimes.flatMap((runtime) => files.map((file) => ({ runtime, file })));
const started = performance.now();
const pending = new Map<Runtime, number>(runtimes.map((runtime) => [runtime, files.length]));
const runs: FileRun[] = [];
await mapConcurrent(jobs, Math.min(4, availableParallelism()), async ({ runtime, file }) => {
  const run = await runFile(runtime, file);
  runs.push(run);
  if (isBad(run)) printFailure(run);
  const left = (pending.get(runtime) ?? 0) - 1;
  pending.set(runtime, left);
  if (left === 0) printRuntime(runtime);
});
rmSync(reports, { recursive: true, force: true });

const complaints = [...unexplainedSkips(), ...differences(), ...emptyRuntimes()];
printSkips();
for (const complaint of complaints) console.log(`failed: ${complaint}`);
for (const run of runs.filter(isBad)) {
  for (const test of run.tests.filter(({ status }) => status === "failed")) {
    console.log(`failed: ${run.runtime} ${run.file}: ${test.name}`);
  }
  if (run.trouble !== undefined) console.log(`failed: ${run.runtime} ${run.file}: ${run.trouble}`);
}
const summary = count(runs);
summary.failed += complaints.length;
if (values.summary !== undefined) writeFileSync(values.summary, JSON.stringify(summary));
console.log(`${files.length} files on ${runtimes.join(", ")} in ${formatMilliseconds(performance.now() - started)}`);
console.log(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`);
process.exitCode = summary.failed === 0 ? 0 : 1;

function chooseRuntimes(asked: readonly string[]): readonly Runtime[] {
  const names = asked.flatMap((text) => text.split(","));
  const unknown = names.find((name) => !RUNTIMES.some((runtime) => runtime === name));
  if (unknown !== undefined) fail(`Unknown runtime "${unknown}": use bun, deno or node`);
  return names.length === 0 ? RUNTIMES : RUNTIMES.filter((runtime) => names.includes(runtime));
}

function findFiles(paths: readonly string[]): readonly string[] {
  const all = globSync("tests/**/*_test.ts", { cwd: ROOT }).map((file) => file.replaceAll("\\", "/")).sort();
  if (paths.length === 0) return all;
  const wanted = paths.map((path) => relative(ROOT, resolve(path)).replaceAll("\\", "/"));
  for (const [index, path] of wanted.entries()) {
    if (!all.some((file) => isUnder(file, path))) fail(`No test file is "${positionals[index]}" or lies under it`);
  }
  return all.filter((file) => wanted.some((path) => isUnder(file, path)));
}

function isUnder(file: string, path: string): boolean {
  return path === "" || file === path || file.startsWith(`${path}/`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

async function runFile(runtime: Runtime, file: string): Promise<FileRun> {
  const report = join(reports, `${runtime}-${file.replaceAll("/", "-")}.xml`);
  const [command, ...args] = commandLine(runtime, file, report);
  const result = await runCommand(command, args, { timeoutMs: FILE_LIMIT_MS });
  const tests = existsSync(report) ? parseJunit(readFileSync(report, "utf8")) : [];
  const hasFailed = tests.some(({ status }) => status === "failed");
  let trouble: string | undefined;
  if (result.isTimedOut) trouble = `did not end within ${formatMilliseconds(FILE_LIMIT_MS)}`;
  else if (result.code !== 0 && !hasFailed) trouble = "failed outside of its tests";
  else if (tests.length === 0) trouble = "ran no tests";
  return { runtime, file, tests, trouble, output: result.output, milliseconds: result.milliseconds };
}

function commandLine(runtime: Runtime, file: string, report: string): [string, ...string[]] {
  switch (runtime) {
    case "bun":
      return [
        "bun",
        "test",
        "--timeout=60000",
        "--only-failures",
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        `./${file}`,
      ];
    case "deno":
      return ["deno", "test", "-A", "--no-check", `--junit-path=${report}`, file];
    case "node":
      return [
        "node",
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
        "--test-reporter=junit",
        `--test-reporter-destination=${report}`,
        file,
      ];
  }
}

function isBad(run: FileRun): boolean {
  return run.trouble !== undefined || run.tests.some(({ status }) => status === "failed");
}

function count(of: readonly FileRun[]): { passed: number; failed: number; skipped: number } {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const run of of) {
    for (const test of run.tests) sum[test.status]++;
    if (run.trouble !== undefined) sum.failed++;
  }
  return sum;
}

/** A skipped test needs a reason. Only Node's report has it, and serves for the other runtimes. */
function unexplainedSkips(): string[] {
  if (!runtimes.includes("node")) return [];
  return [...skips()].filter(([, skip]) => skip.reason === undefined).map(([name, skip]) =>
    `${skip.on.join(", ")} ${name}: skipped without a reason; write { skip: "the reason" }`
  );
}

function skips(): Map<string, { on: Runtime[]; reason: string | undefined }> {
  const found = new Map<string, { on: Runtime[]; reason: string | undefined }>();
  for (const run of runs) {
    for (const test of run.tests.filter(({ status }) => status === "skipped")) {
      const name = `${run.file}: ${test.name}`;
      const skip = found.get(name) ?? { on: [], reason: undefined };
      skip.on.push(run.runtime);
      // A test that only one runtime skips, and not Node, says why in a line of its own.
      skip.reason ??= test.reason ?? /^skipped: (.+)$/m.exec(run.output)?.[1];
      found.set(name, skip);
    }
  }
  return found;
}

/** Every file has the same tests on every runtime. Where some failed, the lists may differ for that reason. */
function differences(): string[] {
  return files.flatMap((file) => {
    const ofFile = runs.filter((run) => run.file === file);
    const [first, ...others] = ofFile;
    if (first === undefined || ofFile.some(isBad)) return [];
    return others.flatMap((other) => {
      const missing = except(first, other)[0] ?? except(other, first)[0];
      if (missing === undefined && first.tests.length === other.tests.length) return [];
      return [
        `${file}: ${first.tests.length} tests on ${first.runtime}, ${other.tests.length} on ${other.runtime}` +
        `${missing === undefined ? "" : `, such as "${missing}"`} (skip single tests, not whole suites)`,
      ];
    });
  });
}

function except(one: FileRun, other: FileRun): string[] {
  const names = new Set(other.tests.map(({ name }) => name));
  return one.tests.map(({ name }) => name).filter((name) => !names.has(name));
}

function emptyRuntimes(): string[] {
  return runtimes.filter((runtime) => !runs.some((run) => run.runtime === runtime && run.tests.length > 0))
    .map((runtime) => `${runtime} ran no tests`);
}

function printFailure(run: FileRun): void {
  const rule = "─".repeat(Math.max(4, 100 - run.file.length));
  console.log(`── ${run.runtime} ${run.file} ${rule}\n${run.output.slice(-20_000).trimEnd()}`);
  if (run.trouble !== undefined) console.log(run.trouble);
}

function printRuntime(runtime: Runtime): void {
  const own = runs.filter((run) => run.runtime === runtime);
  const { passed, failed, skipped } = count(own);
  const time = formatMilliseconds(own.reduce((sum, run) => sum + run.milliseconds, 0));
  const slowest = own.toSorted((a, b) => b.milliseconds - a.milliseconds)[0];
  const most = slowest === undefined ? "" : `, most by ${slowest.file}: ${formatMilliseconds(slowest.milliseconds)}`;
  console.log(`${runtime.padEnd(4)} ${passed} passed, ${failed} failed, ${skipped} skipped (${time}${most})`);
}

function printSkips(): void {
  for (const [name, { on, reason }] of skips()) {
    if (reason !== undefined) console.log(`skipped: ${on.join(", ")} ${name}: ${reason}`);
  }
}
