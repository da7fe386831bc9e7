import assert from "node:assert/strict";
import process from "node:process";
import { after, describe, it } from "node:test";
import { createScratchFolder } from "./scratch_folder.ts";
import { startShop } from "./shop_server.ts";
import { spawnCli } from "./spawn_cli.ts";
import { sagaWorkflow } from "./workflows.ts";

const folder = createScratchFolder();
after(() => folder.remove());

const big = folder.write(
  "big.yaml",
  'name: big\nsteps:\n  - { set: { line: "{{ .input.line }}" } }\noutput: "{{ range(0, 20000).map(i, .line) }}"\n',
);

/** Windows has no signals that a process could hear. */
const skip = process.platform === "win32" ? "no signals on Windows" : false;

describe("the process", () => {
  it("hands over all of a large output before it ends", async () => {
    const line = "x".repeat(200);
    const run = spawnCli(["execute", big, "--quiet", "--set", `line=${line}`]);
    run.child.stdin.end();
    const { code, stdout, stderr } = await run.ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.equal(stdout.length, 20_000 * 203 + 2);
    assert.equal(JSON.parse(stdout).length, 20_000);
  });

  it("does not mind a reader that goes away", async () => {
    const run = spawnCli(["execute", big, "--quiet", "--set", `line=${"x".repeat(200)}`]);
    run.child.stdout.destroy();
    const { code, stderr } = await run.ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  });

  it("reads standard input to its end", async () => {
    const run = spawnCli(["execute", big, "--quiet", "--input", "-", "-o", "json"]);
    run.child.stdin.write('{"line":');
    run.child.stdin.end('"é"}');
    const { code, stdout } = await run.ended;
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).output[0], "é");
  });

  it("tells an unforeseen error in a line, without a stack", async () => {
    const run = spawnCli(["execute", big, "--config", folder.path]);
    run.child.stdin.end();
    const { code, stderr } = await run.ended;
    assert.equal(code, 3);
    assert.match(stderr, /^error\[file_not_readable\] Cannot read the config file ".*": it is a folder\n$/);
  });
});

describe("signals", { skip }, () => {
  const saga = folder.write("saga.yaml", sagaWorkflow());

  it("Ctrl-C cancels the run and rolls it back", async () => {
    const shop = await startShop({ "POST /ship": "hang" });
    const run = spawnCli(["execute", saga, "--set", "order=1", "--endpoint", `shop=${shop.url}`]);
    await shop.arrived(3);
    run.signal("SIGINT");
    const { code, stdout, stderr } = await run.ended;
    await shop.close();
    assert.deepEqual({ code, stdout }, { code: 4, stdout: "" }, stderr);
    assert.deepEqual(shop.calls.slice(3).map(({ method, path }) => `${method} ${path}`), [
      "DELETE /pay/2",
      "DELETE /reserve/1",
    ]);
    assert.match(stderr, /Cancelling: Ctrl-C again leaves the run as it is\n/);
    assert.match(stderr, /✗ order was cancelled and was rolled back/);
  });

  it("a second Ctrl-C leaves the run as it is", async () => {
    const shop = await startShop({ "POST /ship": "hang", "DELETE /pay/2": "hang" });
    const run = spawnCli(["execute", saga, "--set", "order=1", "--endpoint", `shop=${shop.url}`]);
    await shop.arrived(3);
    run.signal("SIGINT");
    await shop.arrived(4);
    run.signal("SIGINT");
    const { code, stderr } = await run.ended;
    await shop.close();
    assert.equal(code, 130, stderr);
    assert.equal(shop.calls.length, 4);
    assert.match(stderr, /Left as it is, /);
  });

  it("SIGTERM suspends the run", async () => {
    const shop = await startShop({ "POST /ship": { body: {} } });
    const run = spawnCli(["execute", saga, "--set", "order=1", "--endpoint", `shop=${shop.url}`]);
    await shop.arrived(1);
    run.signal("SIGTERM");
    const { code, stderr } = await run.ended;
    await shop.close();
    // The run may be over before the signal is heard.
    assert.ok(code === 143 || code === 0, `${code} ${stderr}`);
    assert.ok(shop.calls.every(({ method }) => method === "POST"));
  });
});
