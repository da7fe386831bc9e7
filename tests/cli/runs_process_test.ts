import assert from "node:assert/strict";
import process from "node:process";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { type CliResult, runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";
import { type ShopAnswer, type ShopServer, startShop } from "./shop_server.ts";
import { type CliProcess, spawnCli } from "./spawn_cli.ts";
import { sagaWorkflow } from "./workflows.ts";

const folder = createScratchFolder();
const saga = folder.write("saga.yaml", sagaWorkflow());
const waiter = folder.write(
  "waiter.yaml",
  'name: waiter\nsteps:\n  - { id: approve, wait_for: { signal: approved }, output: answer }\noutput: "{{ .answer }}"\n',
);

/** Windows has no signals that a process could hear. */
const skip = process.platform === "win32" ? "no signals on Windows" : false;

let stores = 0;
let answers: Record<string, ShopAnswer>;
let shop: ShopServer;
let env: Record<string, string>;

function maestro(...args: readonly string[]): CliProcess {
  return spawnCli(args, env);
}

/** Runs a command in this process, which is another one than that of the run. */
function here(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, { env });
}

function execute(id: string): CliProcess {
  return maestro("execute", saga, "--id", id, "--set", "order=1", "-e", `shop=${shop.url}`);
}

function calls(): readonly string[] {
  return shop.calls.map(({ method, path }) => `${method} ${path}`);
}

/** Settles when the process has said something that fits. */
async function said({ child, ended }: CliProcess, pattern: RegExp): Promise<void> {
  let text = "";
  const heard = new Promise<void>((resolve) =>
    child.stderr.on("data", (part: string) => {
      text += part;
      if (pattern.test(text)) resolve();
    })
  );
  await Promise.race([heard, ended.then(({ stderr }) => assert.match(stderr, pattern))]);
}

describe("runs and processes", { skip }, () => {
  beforeEach(async () => {
    env = { MAESTRO_STORE: `sqlite:${folder.path}/store_${stores++}.db` };
    answers = {};
    shop = await startShop(answers);
  });
  afterEach(() => shop.close());
  after(() => folder.remove());

  it("resume goes on after kill -9, and no completed step is called again", async () => {
    answers["POST /pay"] = "hang";
    const first = execute("killed");
    await shop.arrived(2);
    first.signal("SIGKILL");
    await first.ended;
    answers["POST /pay"] = { body: { id: "p" } };
    const list = await here("runs", "list");
    assert.match(list.stdout, /killed +running .*interrupted\n/);
    const why = await here("why", "killed");
    assert.match(
      why.stdout,
      /It was interrupted: [\s\S]*In flight when it stopped: pay [\s\S]*maestro runs resume killed\n/,
    );
    const { code, stdout, stderr } = await here("runs", "resume", "killed");
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).order, 1);
    assert.match(stderr, /Going on with run killed\. It calls shop POST \/pay\.\n/);
    assert.deepEqual(calls(), ["POST /reserve", "POST /pay", "POST /pay", "POST /ship"]);
    assert.doesNotMatch(stderr, /reserve: calling/);
  });

  it("resume --all takes every interrupted run, and answers with the worst end", async () => {
    answers["POST /pay"] = "hang";
    for (const [index, id] of ["one", "two"].entries()) {
      const run = execute(id);
      await shop.arrived(2 * (index + 1));
      run.signal("SIGKILL");
      await run.ended;
    }
    answers["POST /pay"] = { body: { id: "p" } };
    answers["POST /ship"] = { status: 409 };
    const { code, stdout, stderr } = await here("runs", "resume", "--all");
    assert.equal(code, 4, stderr);
    assert.deepEqual(stdout.trim().split("\n").map((line) => line.split("  ").slice(0, 3).join(" ")).sort(), [
      "one compensated order",
      "two compensated order",
    ]);
    const again = await here("runs", "resume", "--all");
    assert.deepEqual([again.code, again.stdout, again.stderr], [0, "", "No run was interrupted\n"]);
  });

  it("cancel and signal reach a run that another process drives", async () => {
    answers["POST /ship"] = "hang";
    const run = execute("cancelled");
    await shop.arrived(3);
    const cancel = await here("runs", "cancel", "cancelled");
    assert.equal(cancel.code, 4, cancel.stderr);
    assert.equal((await run.ended).code, 4);
    assert.deepEqual(calls().slice(3), ["DELETE /pay/2", "DELETE /reserve/1"]);

    const waiting = maestro("execute", waiter, "--id", "waiting");
    await said(waiting, /approve: waiting for the signal "approved"/);
    const sent = await here("runs", "signal", "waiting", "approved", "--data", '{"by":"Ada"}');
    assert.deepEqual([sent.code, sent.stdout, sent.stderr], [
      0,
      'signal "approved" is kept for step approve of run waiting\n',
      "",
    ]);
    const { code, stdout } = await waiting.ended;
    assert.deepEqual([code, stdout], [0, '{"by":"Ada"}\n']);
  });

  it("cancel drives a run itself where nobody else does", async () => {
    answers["POST /ship"] = "hang";
    const run = execute("left");
    await shop.arrived(3);
    run.signal("SIGKILL");
    await run.ended;
    const { code, stderr } = await here("runs", "cancel", "left");
    assert.equal(code, 4, stderr);
    assert.deepEqual(calls().filter((call) => call.startsWith("DELETE")), ["DELETE /pay/2", "DELETE /reserve/1"]);
  });

  it("SIGTERM suspends a run, which says how it goes on", async () => {
    const run = maestro("execute", waiter, "--id", "suspended");
    await said(run, /waiting for the signal/);
    run.signal("SIGTERM");
    const { code, stderr } = await run.ended;
    assert.equal(code, 143);
    assert.match(stderr, /Suspending: .*`maestro runs resume suspended` goes on with it\n/);
    const signal = await here("runs", "signal", "suspended", "approved", "--data", "7", "--id", "s1");
    assert.match(signal.stderr, /No process runs it: `maestro runs resume suspended` goes on with it\n/);
    const again = await here("runs", "signal", "suspended", "approved", "--data", "8", "--id", "s1");
    assert.equal(again.stdout, 'signal "approved" had come before: nothing has changed\n');
    assert.equal((await here("runs", "resume", "suspended")).stdout, "7\n");
  });

  it("Ctrl-C only stops watching a run that another process drives", async () => {
    const run = maestro("execute", waiter, "--id", "shared");
    await said(run, /waiting for the signal/);
    const watcher = maestro("execute", waiter, "--id", "shared");
    await said(watcher, /Another process is at the run/);
    const follower = here("runs", "logs", "shared", "--follow");
    const status = await here("runs", "show", "shared", "-o", "json");
    assert.equal(JSON.parse(status.stdout).status, "waiting");
    const resume = maestro("runs", "resume", "shared");
    await said(resume, /Another process is at the run/);
    resume.signal("SIGINT");
    const left = await resume.ended;
    assert.equal(left.code, 130, left.stderr);
    assert.match(left.stderr, /No longer watched: the run goes on in another process/);
    await here("runs", "signal", "shared", "approved", "--data", "1");
    for (const { ended } of [run, watcher]) assert.equal((await ended).stdout, "1\n");
    assert.match((await follower).stdout, /run finished .*status=completed/);
  });
});
