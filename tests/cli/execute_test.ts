import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";
import { type ShopAnswer, type ShopServer, startShop } from "./shop_server.ts";
import { sagaWorkflow } from "./workflows.ts";

const folder = createScratchFolder();
after(() => folder.remove());

async function withShop(
  answers: Readonly<Record<string, ShopAnswer>>,
  use: (shop: ShopServer) => Promise<void>,
): Promise<void> {
  const shop = await startShop(answers);
  try {
    await use(shop);
  } finally {
    await shop.close();
  }
}

function paths({ calls }: ShopServer): readonly string[] {
  return calls.map(({ method, path }) => `${method} ${path}`);
}

const saga = folder.write("saga.yaml", sagaWorkflow());

describe("maestro execute", () => {
  it("prints the output and nothing else, with flags before and after the file", async () => {
    await withShop({}, async ({ url }) => {
      const flags = ["--input", '{"order":"A1"}', `--endpoint=shop=${url}`];
      for (const args of [["execute", saga, ...flags], ["execute", ...flags, saga], ["run", ...flags, "--", saga]]) {
        const { code, stdout } = await runCli(args);
        assert.equal(code, 0);
        const output = JSON.parse(stdout);
        assert.equal(output.order, "A1");
        assert.equal(stdout, `${JSON.stringify(output)}\n`);
      }
    });
  });

  it("tells each event on one line where there is no terminal", async () => {
    await withShop({}, async ({ url }) => {
      const { stderr } = await runCli(["execute", saga, "--set", "order=A1", "-e", `shop=${url}`]);
      const told = stderr.replaceAll(/\+\d+\.\d+s|\d+(\.\d+)?m?s\b|run \S+/g, "#");
      assert.deepEqual(told.trim().split("\n").map((line) => line.trim()), [
        "#  order started, #",
        "#  reserve: calling shop POST /reserve",
        "#  reserve: completed in #",
        "#  pay: calling shop POST /pay",
        "#  pay: completed in #",
        "#  ship: calling shop POST /ship",
        "#  ship: completed in #",
        "#  order completed in #",
      ]);
    });
  });

  it("shows nothing but errors with --quiet", async () => {
    await withShop({ "POST /ship": { status: 404 } }, async ({ url }) => {
      const args = ["execute", saga, "--set", "order=A1", "-e", `shop=${url}`, "--quiet"];
      const { code, stdout, stderr } = await runCli(args);
      assert.deepEqual({ code, stdout }, { code: 4, stdout: "" });
      assert.match(stderr, /^✗ order failed and was rolled back\n/);
    });
  });

  it("ends with 4 after a rollback, and says what failed, where, and what was undone", async () => {
    await withShop({ "POST /ship": { status: 409, body: { error: "no stock" } } }, async (shop) => {
      const { code, stdout, stderr } = await runCli(["execute", saga, "--set", "order=A1", "-e", `shop=${shop.url}`]);
      assert.deepEqual({ code, stdout }, { code: 4, stdout: "" });
      assert.deepEqual(paths(shop).slice(3), ["DELETE /pay/2", "DELETE /reserve/1"]);
      assert.match(stderr, /✗ order failed and was rolled back\n {2}error {7}http_409: .*no stock/);
      assert.match(stderr, / {2}step {8}ship \(shop POST \/ship\)\n/);
      assert.match(stderr, / {2}undone {6}pay\n {14}reserve\n/);
    });
  });

  it("ends with 5 when an undo fails, and lists exactly what is left", async () => {
    const answers = { "POST /ship": { status: 400 }, "DELETE /pay/2": { status: 403 } };
    await withShop(answers, async (shop) => {
      const { code, stderr } = await runCli(["execute", saga, "--set", "order=A1", "-e", `shop=${shop.url}`]);
      assert.equal(code, 5);
      assert.deepEqual(paths(shop).slice(3), ["DELETE /pay/2", "DELETE /reserve/1"]);
      assert.match(stderr, /✗ order failed, and the rollback is incomplete/);
      assert.match(stderr, / {2}undone {6}reserve\n {2}not undone {2}pay \(http_403: /);
    });
  });

  it("ends with 1 when there was nothing to undo", async () => {
    await withShop({ "POST /reserve": { status: 400 } }, async ({ url }) => {
      const { code, stderr } = await runCli(["execute", saga, "--set", "order=A1", "-e", `shop=${url}`]);
      assert.equal(code, 1);
      assert.match(stderr, /✗ order failed; nothing was undone\n/);
    });
  });

  it("says which call may have taken effect though nothing undoes it", async () => {
    await withShop({ "POST /reserve": { status: 500 }, "POST /pay": { status: 500 } }, async ({ url }) => {
      const single = folder.write(
        "single.yaml",
        `name: single\nservices:\n  shop: { type: http, endpoint: "${url}", retry: { attempts: 1 } }\n` +
          "steps:\n  - { id: pay, service: shop, method: POST /pay }\n",
      );
      const { code, stderr } = await runCli(["execute", single]);
      assert.equal(code, 1);
      assert.match(stderr, / {2}unknown {5}pay \(it may have taken effect, and nothing undoes it\)\n/);
      const undone = await runCli(["execute", saga, "--set", "order=A1", "-e", `shop=${url}`]);
      assert.doesNotMatch(undone.stderr, /nothing undoes it/);
    });
  });

  it("answers with one object with -o json, however the run ends", async () => {
    await withShop({ "POST /ship": { status: 400 } }, async ({ url }) => {
      const args = ["execute", saga, "-o", "json", "--id", "run-7", "--set", "order=A1", "-e", `shop=${url}`];
      const { code, stdout } = await runCli(args);
      assert.equal(code, 4);
      const run = JSON.parse(stdout);
      assert.deepEqual(Object.keys(run), [
        ...[
          "run_id",
          "workflow",
          "version",
          "status",
          "cause",
          "output",
          "error",
          "started_at",
          "finished_at",
          "steps",
        ],
      ]);
      const { run_id, workflow, version, status, cause, output, error, steps } = run;
      assert.deepEqual({ run_id, workflow, version, status, cause, output }, {
        run_id: "run-7",
        workflow: "order",
        version: "1.0",
        status: "compensated",
        cause: "error",
        output: null,
      });
      assert.deepEqual({ code: error.code, step: error.step }, { code: "http_400", step: "ship" });
      assert.equal(new Date(run.started_at).toISOString(), run.started_at);
      assert.deepEqual(steps.map(({ id, status, attempts }: Record<string, unknown>) => ({ id, status, attempts })), [
        { id: "reserve", status: "compensated", attempts: 1 },
        { id: "pay", status: "compensated", attempts: 1 },
        { id: "ship", status: "failed", attempts: 1 },
      ]);
      assert.deepEqual(Object.keys(steps[0]), [
        ...["id", "status", "attempts", "started_at", "finished_at", "error", "compensation"],
      ]);
      assert.equal(steps[0].compensation.status, "completed");
    });
  });

  it("rolls back a run that is out of time", async () => {
    await withShop({ "POST /ship": "hang" }, async (shop) => {
      const args = ["execute", saga, "--timeout", "150ms", "-o", "json", "--set", "order=A1", "-e", `shop=${shop.url}`];
      const { code, stdout, stderr } = await runCli(args);
      const { status, cause } = JSON.parse(stdout);
      assert.equal(cause, "timeout");
      assert.deepEqual({ code, status }, { code: 4, status: "compensated" });
      assert.match(stderr, /✗ order timed out and was rolled back/);
    });
  });

  it("ends with 3 for an invalid workflow, after every problem", async () => {
    const broken = folder.write("broken.yaml", "name: x\nstpes: []\nsteps:\n  - { service: nope, method: M }\n");
    const { code, stdout, stderr } = await runCli(["execute", broken]);
    assert.deepEqual({ code, stdout }, { code: 3, stdout: "" });
    assert.match(stderr, /broken\.yaml:2:1: error\[unknown_key\]/);
    assert.match(stderr, /broken\.yaml:4:16: error\[/);
    assert.match(stderr, /error\[invalid_workflow\] .* has 2 errors\n/);
  });

  it("ends with 3 for a missing file, with 7 for a store that it does not have, with 2 for an unknown service", async () => {
    assert.equal((await runCli(["execute", `${folder.path}/none.yaml`])).code, 3);
    const store = await runCli(["execute", saga, "--store", "postgres://user:pw@db/x"]);
    assert.equal(store.code, 7);
    assert.match(store.stderr, /has no postgres store\n {2}hint: use sqlite:PATH or memory:\n/);
    assert.doesNotMatch(store.stderr, /pw/);
    const service = await runCli(["execute", saga, "--endpoint", "shpo=127.0.0.1:1"]);
    assert.equal(service.code, 2);
    assert.match(service.stderr, /did you mean "shop"\?/);
  });

  it("passes over addresses of other workflows' services, unless a flag gives them", async () => {
    await withShop({}, async ({ url }) => {
      const config = folder.write("endpoints.yaml", `endpoints: { shop: "${url}", other: "http://127.0.0.1:1" }\n`);
      const env = { MAESTRO_CONFIG: config, MAESTRO_ENDPOINT: "another=http://127.0.0.1:1" };
      assert.equal((await runCli(["execute", saga, "--set", "order=A1"], { env })).code, 0);
    });
    const none = folder.write("none.yaml", "name: none\nsteps:\n  - { log: hello }\n");
    assert.equal((await runCli(["execute", none], { env: { MAESTRO_ENDPOINT: "a=b" } })).code, 0);
    const { code, stderr } = await runCli(["execute", none, "-e", "a=b"]);
    assert.equal(code, 2);
    assert.match(stderr, /--endpoint names "a", which is no service of .*\n {2}hint: it has no services\n/);
  });

  it("answers null for the version of a workflow that has none", async () => {
    const { stdout } = await runCli(["execute", "-", "-o", "json"], { stdin: "name: x\nsteps:\n  - { log: hello }\n" });
    assert.equal(JSON.parse(stdout).version, null);
  });

  it("reads the workflow from standard input", async () => {
    const { code, stdout } = await runCli(["execute", "-", "--store", "memory:"], {
      stdin: 'name: x\nsteps:\n  - { log: hello }\noutput: "{{ 1 + 1 }}"\n',
    });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "2\n" });
  });
});
