import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type CliResult, runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";
import { type ShopServer, startShop } from "./shop_server.ts";
import { sagaWorkflow } from "./workflows.ts";

const folder = createScratchFolder();
const env = { XDG_STATE_HOME: folder.path, MAESTRO_STORE: "" };
const saga = folder.write("saga.yaml", sagaWorkflow());
const waiter = folder.write(
  "waiter.yaml",
  'name: waiter\nsteps:\n  - { id: approve, wait_for: { signal: approved, schema: { type: object } } }\noutput: "{{ 1 }}"\n',
);
let shop: ShopServer;

before(async () => {
  shop = await startShop({ "POST /pay": { body: { id: "s3cr3t-token" } }, "POST /none": { status: 409 } });
});

after(async () => {
  await shop.close();
  folder.remove();
});

function maestro(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, { env });
}

async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await maestro(...args, "-o", "json")).stdout);
}

async function listed(...flags: readonly string[]): Promise<readonly string[]> {
  const { runs } = await json("runs", "list", ...flags);
  return (runs as readonly { readonly run_id: string }[]).map(({ run_id }) => run_id);
}

describe("maestro runs", () => {
  it("has nothing to show before the first run, and makes no store", async () => {
    assert.deepEqual(await maestro("runs", "list"), { code: 0, stdout: "", stderr: "No runs\n" });
    assert.equal((await maestro("why", "order-1")).code, 2);
    assert.match((await maestro("doctor")).stdout, /store +none yet \(sqlite:.*maestro\.db\)/);
  });

  it("keeps the runs of execute in the user's state folder", async () => {
    for (const id of ["order-1", "order-2", "order-3"]) {
      const { code, stderr } = await maestro(
        "execute",
        saga,
        "--id",
        id,
        "--set",
        `order=${id}`,
        "-e",
        `shop=${shop.url}`,
      );
      assert.equal(code, 0, stderr);
    }
    assert.match((await maestro("doctor")).stdout, /store +sqlite:.*maestro\.db, \d+ KiB, runs: 3 completed/);
  });

  it("list gives the newest first, by conditions and pages", async () => {
    assert.deepEqual(await listed(), ["order-3", "order-2", "order-1"]);
    assert.deepEqual(await listed("--status", "failed,cancelled"), []);
    assert.deepEqual(
      await listed("--status", "failed", "--status", "completed", "--workflow", "order", "--limit", "1"),
      ["order-3"],
    );
    assert.deepEqual(await listed("--text", "ORDER-2"), ["order-2"]);
    assert.deepEqual(await listed("--since", "1h"), ["order-3", "order-2", "order-1"]);
    assert.deepEqual(await listed("--until", "2020-01-01"), []);
    const { cursor } = await json("runs", "list", "--limit", "2");
    assert.deepEqual(await listed("--limit", "2", "--cursor", String(cursor)), ["order-1"]);
    const page = await maestro("runs", "--limit", "2", "list");
    assert.match(page.stdout, /^RUN +STATUS +WORKFLOW.*\norder-3 +completed +order /);
    assert.match(page.stderr, /There are more: maestro runs list --limit 2 --cursor \S+\n/);
  });

  it("show, why, logs and export tell of a run by the beginning of its id", async () => {
    await maestro("execute", waiter, "--id", "long-id-1", "--timeout", "1ms", "-q");
    const shown = await json("runs", "show", "long-i");
    assert.deepEqual([shown["run_id"], shown["status"], shown["cause"]], ["long-id-1", "failed", "timeout"]);
    assert.match(
      (await maestro("runs", "show", "order-2")).stdout,
      /^order 1\.0 {2}completed\n[\s\S]*reserve +shop POST \/reserve/,
    );
    assert.match((await maestro("why", "order-2")).stdout, /^order {2}order-2 {2}completed\n\nIt completed in /);
    assert.deepEqual(Object.keys(await json("why", "order-2")), [
      ...["run_id", "workflow", "status", "summary", "reasons", "wakes", "commands"],
    ]);
    const exported = await json("runs", "export", "order-2");
    assert.deepEqual(Object.keys(exported), ["format", "run", "definition", "journal", "started", "messages"]);
    const ambiguous = await maestro("runs", "show", "order-");
    assert.equal(ambiguous.code, 2);
    assert.match(ambiguous.stderr, /begin with "order-": order-3, order-2, order-1\n/);
  });

  it("logs are those of execute, with the times of the journal", async () => {
    const { stdout } = await maestro("runs", "logs", "order-1", "--follow");
    const lines = stdout.trim().split("\n");
    assert.match(
      lines[0]!,
      /^\S+Z info +run started run_id=order-1 workflow=order trace_id=[0-9a-f]{32} version=1\.0$/,
    );
    assert.match(lines.at(-1)!, /run finished .*status=completed/);
    const { journal } = await json("runs", "export", "order-1");
    const [first] = journal as readonly { readonly time: number }[];
    assert.equal(lines[0]!.split(" ")[0], new Date(first!.time).toISOString());
    const objects = (await maestro("runs", "logs", "order-1", "-o", "json", "--log-level", "debug")).stdout.trim()
      .split("\n");
    assert.equal(JSON.parse(objects[0]!).input.order, "order-1");
  });

  it("blot out secrets that a service sent back", async () => {
    const path = folder.write("secrets.env", "TOKEN=s3cr3t-token\n");
    const plain = (await maestro("runs", "show", "order-1", "-o", "json")).stdout;
    assert.match(plain, /s3cr3t-token/);
    for (const command of [["runs", "show"], ["runs", "export"], ["runs", "logs", "--log-level", "debug"]]) {
      const { stdout } = await runCli([...command, "order-1"], { env: { ...env, MAESTRO_SECRETS_FILE: path } });
      assert.doesNotMatch(stdout, /s3cr3t-token/);
      assert.match(stdout, /\[secret\]/);
    }
  });

  it("rerun takes over what came before a step", async () => {
    const calls = shop.calls.length;
    const { code, stdout } = await maestro("runs", "rerun", "order-1", "--from", "ship", "--id", "again", "-o", "json");
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).run_id, "again");
    assert.deepEqual(shop.calls.slice(calls).map(({ path }) => path), ["/ship"]);
    const unknown = await maestro("runs", "rerun", "order-1", "--from", "none");
    assert.equal(unknown.code, 2);
  });

  it("resume and cancel let a run go on that was paused past its pivot", async () => {
    const pivot = folder.write(
      "pivot.yaml",
      `name: pivot\nservices: { shop: { type: http, endpoint: "${shop.url}" } }\nsteps:\n` +
        "  - { id: pay, service: shop, method: POST /reserve, pivot: true }\n" +
        "  - { id: ship, service: shop, method: POST /none }\n",
    );
    const first = await maestro("execute", pivot, "--id", "pivot-1", "-q");
    assert.deepEqual([first.code, first.stdout], [5, ""]);
    assert.match(
      first.stderr,
      /^✗ pivot is paused: a person must look at it\n {2}paused +past_pivot: The run failed at step "ship"/,
    );
    assert.match(first.stderr, / {2}next +maestro runs resume pivot-1\n +maestro runs cancel pivot-1\n/);
    assert.deepEqual(await listed("--status", "paused"), ["pivot-1"]);
    assert.equal((await maestro("runs", "resume", "pivot-1", "-q")).code, 5);
    const cancelled = await maestro("runs", "cancel", "pivot-1", "-o", "json", "-q");
    assert.deepEqual([cancelled.code, JSON.parse(cancelled.stdout).status], [1, "failed"]);
  });

  it("prune deletes what ended long ago", async () => {
    assert.deepEqual(await json("runs", "prune", "--older-than", "1h"), { runs: 0, dry_run: false });
    assert.equal(
      (await maestro("runs", "prune", "--older-than", "0s", "--status", "failed", "--dry-run")).stdout,
      "would delete 2 runs\n",
    );
    assert.equal(
      (await maestro("runs", "prune", "--older-than", "0s", "--status", "failed")).stdout,
      "deleted 2 runs\n",
    );
    assert.deepEqual(await listed("--status", "failed"), []);
  });
});
