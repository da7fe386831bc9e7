import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { examplePath } from "../../examples/catalogue.ts";
import { type CliProcess, spawnCli } from "../cli/spawn_cli.ts";
import {
  assertShownIn,
  type CliRun,
  inputOf,
  runCli,
  type RunningServices,
  startServices,
  summary,
} from "./run_example.ts";

const folder = mkdtempSync(join(tmpdir(), "maestro-example-"));
let stores = 0;
let env: Record<string, string>;
let services: RunningServices;

describe("examples/expense_approval", { timeout: 60_000 }, () => {
  beforeEach(async () => {
    env = { MAESTRO_STORE: `sqlite:${join(folder, `${stores++}.db`)}` };
    services = await startServices([["accounting", "accounting"]]);
  });
  afterEach(async () => {
    await services.stop();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("waits for a decision, and outlives its process meanwhile", async () => {
    const first = await executeUntilItWaits();
    first.signal("SIGKILL");
    await first.ended;
    const refused = await decide({ approved: "yes" });
    assert.equal(refused.code, 3, refused.stderr);
    const taken = await decide({ approved: true, by: "Grace" });
    assert.equal(taken.code, 0, taken.stderr);
    assert.match(taken.stderr, /No process runs it: `maestro runs resume expense-1`/);
    const { code, stdout, stderr } = await runCli(["runs", "resume", "expense-1"], env);
    assert.equal(code, 0, stderr);
    assertShownIn("expense_approval", stdout);
    assert.deepEqual(summary(await services.stop()), [
      "accounting POST /claims → 200",
      "accounting POST /claims/claim-1/questions → 200",
      "accounting GET /paydays/next → 200",
      "accounting POST /bookings → 200",
      "accounting POST /transfers → 200",
      "accounting POST /statements → 200",
    ]);
  });

  it("takes the payment back as one step when what follows it fails", async () => {
    const run = await executeUntilItWaits("--set", 'employee={"name":"Ada","account":"DE02"}');
    assert.equal((await decide({ approved: true, by: "Grace" })).code, 0);
    const { code, stderr } = await run.ended;
    assert.equal(code, 4, stderr);
    assert.match(stderr, /undone +pay_out\n/);
    const calls = await services.stop();
    assert.deepEqual(summary(calls).slice(5), [
      "accounting POST /statements → 422",
      "accounting POST /transfers → 200",
      "accounting DELETE /bookings/booking-1 → 204",
      "accounting DELETE /claims/claim-1/questions → 204",
      "accounting POST /claims/claim-1/closing → 200",
    ]);
    assert.equal(inputOf(calls, "POST /transfers", 1)["amount"], -182.5);
  });

  it("closes the claim when the manager says no", async () => {
    const run = await executeUntilItWaits();
    assert.equal((await decide({ approved: false, by: "Grace", reason: "Take the bus" })).code, 0);
    const { code, stderr } = await run.ended;
    assert.equal(code, 4, stderr);
    const calls = await services.stop();
    assert.equal(inputOf(calls, "POST /claims/claim-1/closing")["reason"], "Grace: Take the bus");
    assert.equal(calls.length, 4, "nothing was paid");
  });
});

async function executeUntilItWaits(...args: readonly string[]): Promise<CliProcess> {
  const input = `@${examplePath("expense_approval/input.json")}`;
  const workflow = examplePath("expense_approval/workflow.yaml");
  const run = spawnCli(
    ["execute", workflow, "--input", input, "--id", "expense-1", ...services.endpointFlags, ...args],
    env,
  );
  let told = "";
  const isWaiting = new Promise<void>((resolve) => {
    run.child.stderr.on("data", (text: string) => {
      told += text;
      if (told.includes('waiting for the signal "decision"')) resolve();
    });
  });
  await Promise.race([isWaiting, run.ended.then(({ stderr }) => assert.fail(`it did not wait: ${stderr}`))]);
  return run;
}

function decide(decision: unknown): Promise<CliRun> {
  return runCli(["runs", "signal", "expense-1", "decision", "--data", JSON.stringify(decision)], env);
}
