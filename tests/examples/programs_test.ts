import assert from "node:assert/strict";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { examplePath } from "../../examples/catalogue.ts";
import { ROOT } from "../../scripts/command.ts";
import { startProgram } from "./run_program.ts";

/** What each program prints, by its command line. */
const PRINTED: Readonly<Record<string, readonly string[]>> = {
  "code/activity_registration.ts": ["tea: 3, then 2"],
  "code/cancellation.ts": ["the guest has been told", "gives back room 12", "compensated cancelled"],
  "code/complex_parameters.ts": [
    "Ada of London, since 1970-01-01, 3 orders",
    "Grace of Arlington, since 1970-01-01, 0 orders",
  ],
  "code/concurrent.ts": ["7 in all, the bicycle comes first"],
  "code/concurrent_map.ts": ["a.webp b.webp c.webp d.webp at most 2 at a time", "failed bad_picture true"],
  "code/context_propagation.ts": ["acme acme acme"],
  "code/continue_as_new.ts": ['completed {"total":15,"lives":3}'],
  "code/converter.ts": ["string 600000000000000.06"],
  "code/errors.ts": [
    "paid at attempt 3",
    "asks for another card after 1 attempt: The card has expired",
    'failed card_expired charge {"card":"expired"}',
  ],
  "code/orchestrator.ts": ['{"done":1,"of":2}', "parcel-1 waiting", "tea, cake"],
  "code/queues.ts": ["a trailer on the small worker", "a film on the large worker", "a series on the large worker"],
  "code/retries.ts": ["3 attempts, in time, 1 try"],
  "code/signal.ts": ["2 things for 6", "1 things, not paid in time"],
  "code/signal_subworkflow.ts": ["Will it rain? Perhaps. The oracle has spoken."],
  "code/simple.ts": ["completed The sum is 42"],
  "code/split_worker.ts": ["waits for a worker: pending", "Hello Ada, Hello Grace", "guests: 2"],
  "code/subworkflow.ts": ["label for tea, label for cake, no label", "label completed, label completed, label failed"],
  "code/timer.ts": ['{"hasWaited":true,"answer":"no answer"}'],
  "code/tracing.ts": ["price timed in a trace", "pack timed in a trace", "true true true"],
  "code/workflow_info.ts": [
    'inspect 7 run-1 {"by":"Ada"} true',
    "note, attempt 1, of run-1",
    '{"stage":"inspected"}',
  ],
  "code/workflow_registration.ts": [
    "1 Good day, Ada",
    "2 Hi Ada",
    'Another workflow is registered as "greet", version "2"',
  ],
  "dag/api_workflow.ts": [
    "completed Ada: tea, cake; a pot",
    ...["login", "profile", "orders", "tips", "page"].map((node) => `  dag/${node}: completed, 1`),
  ],
  "dag/api_workflow.ts busy": [
    "completed Ada: tea, cake; a pot",
    ...["login: completed, 1", "profile: completed, 3", "orders: completed, 1", "tips: completed, 1"].map(inDag),
    "  dag/page: completed, 1",
  ],
  "dag/api_workflow.ts denied": ["failed denied in dag/login", "  dag/login: failed, 1"],
  "dag/api_workflow.ts slow": [
    "completed Ada: tea, cake; no tip today",
    ...["login: completed, 1", "profile: completed, 1", "orders: completed, 1", "tips: unknown, 1"].map(inDag),
    "  dag/page: completed, 1",
  ],
  "dag/api_workflow.ts down": [
    "failed down in dag/orders",
    ...["login: completed, 1", "profile: completed, 1", "orders: failed, 3", "tips: completed, 1"].map(inDag),
  ],
  "dag/data_pipeline.ts": [
    'completed {"count":7,"mean":21.714285714285715} 8 nodes',
    "8 attempts measured",
  ],
  "dag/ecommerce.ts": ["completed Dear Ada, 18 paid, tomorrow at your door", "7 attempts logged"],
  "dag/ecommerce.ts atlantis": [
    "gives 18 back",
    "frees shelf of tea, shelf of cake",
    "compensated unreachable",
    "8 attempts logged",
  ],
  "dag/error_handling.ts": [
    "completed at attempt 3; too slow; bought at the market",
    ...["retried: completed, 3", "timed: unknown, 1, timeout", "picky: failed, 1, bad_input"].map(inDag),
    ...["first_choice: failed, 1, terminal", "guarded: failed, 3, open", "fallback: completed, 1"].map(inDag),
    "  dag/report: completed, 1",
  ],
  "dag/fetch_process_save.ts": ["completed rain at noon | sun at four 1"],
  "dag/patterns.ts": [
    ...["line: abc", "fan_out: 2 3", "fan_in: left and right", "diamond: 132"],
    "complex: 1,2,3: 0.5, all is well",
  ],
};

/** Programs that a test of their own runs, and what they share. */
const TOGETHER: readonly string[] = ["code/scale/starter.ts", "code/scale/tally.ts", "code/scale/worker.ts"];

const FILES = globSync("{code,dag}/**/*.ts", { cwd: examplePath("") }).map((file) => file.replaceAll("\\", "/"));

function inDag(line: string): string {
  return `  dag/${line}`;
}

describe("the programs in examples/", () => {
  for (const [line, printed] of Object.entries(PRINTED)) {
    it(`${line} says what it shows`, async () => {
      const [file = "", ...args] = line.split(" ");
      assert.deepEqual(await startProgram(file, args).ended, printed);
    });
  }

  it("code/scale: two workers share the runs of a starter", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "maestro-scale-"));
    const store = `sqlite:${join(folder, "runs.db")}`;
    const workers = [1, 2].map(() => startProgram("code/scale/worker.ts", [store]));
    await Promise.all(workers.map(({ child, ended }) => Promise.race([once(child.stdout, "data"), ended])));
    const printed = await startProgram("code/scale/starter.ts", [store, "20"]).ended;
    // After `child.kill()` Deno reports the signal as the end, whatever the process answers.
    for (const { child } of workers) process.kill(child.pid!, "SIGTERM");
    const ends = await Promise.all(workers.map(({ ended }) => ended));
    rmSync(folder, { recursive: true });
    assert.deepEqual(printed, ["20 runs, 191 words"]);
    assert.deepEqual(ends, [["takes runs"], ["takes runs"]]);
  });

  it("are all run here", () => {
    const run = new Set([...Object.keys(PRINTED).map((line) => line.split(" ")[0]), ...TOGETHER]);
    assert.deepEqual(FILES.filter((file) => !run.has(file)), []);
  });

  it("are all in the documentation, and say in their first line what they show", () => {
    const page = readFileSync(join(ROOT, "docs", "examples.md"), "utf8");
    const hidden = FILES.filter((file) => !file.endsWith("/tally.ts") && !page.includes(`(../examples/${file})`));
    assert.deepEqual(hidden, []);
    const silent = FILES.filter((file) => !/^(\/\/ |import )/.test(readFileSync(examplePath(file), "utf8")));
    assert.deepEqual(silent, []);
  });
});
