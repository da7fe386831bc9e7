// The gate: `npm run ok`, or `npm run ok -- --quick` with tests on Bun only. Everything that can fail is shown in one pass.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { spawn } from "node:child_process";
import process from "node:process";
import { formatMilliseconds, mapConcurrent, ROOT, runCommand } from "./command.ts";
import { STAGES } from "./stages.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean" }, summary: { type: "string" } } });
const started = performance.now();
const failures = await mapConcurrent(STAGES, 2, async ({ name, command: [command, ...args] }) => {
  const result = await runCommand(command, args, { timeoutMs: 600_000 });
  const hasFailed = result.code !== 0;
  console.log(`${hasFailed ? "FAILED" : "ok    "} ${name.padEnd(12)} ${formatMilliseconds(result.milliseconds)}`);
  if (hasFailed) console.log(result.output.trimEnd());
  return hasFailed ? name : undefined;
});
const failedStages = failures.filter((name) => name !== undefined);

const folder = mkdtempSync(join(tmpdir(), "maestro-ok-"));
const testSummary = join(folder, "tests.json");
const testCode = await runTests([`--summary=${testSummary}`, ...(values.quick ? ["--runtime=bun"] : [])]);
const tests = existsSync(testSummary)
  ? JSON.parse(readFileSync(testSummary, "utf8"))
  : { passed: 0, failed: 1, skipped: 0 };
rmSync(folder, { recursive: true });

if (values.summary !== undefined) {
  const failed = tests.failed + failedStages.length;
  writeFileSync(values.summary, JSON.stringify({ ...tests, failed }));
}
const isGood = testCode === 0 && failedStages.length === 0;
const what = [...failedStages, ...(testCode === 0 ? [] : ["tests"])].join(", ");
console.log(`${isGood ? "ok" : `not ok: ${what}`} (${formatMilliseconds(performance.now() - started)})`);
process.exitCode = isGood ? 0 : 1;

/** Runs the same command as `npm test`, its output passing straight through. */
function runTests(args: readonly string[]): Promise<number> {
  const child = spawn("node", [join(ROOT, "scripts", "test.ts"), ...args], { stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)).on("error", () => resolve(1)));
}
