import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import { runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";
import { startShop } from "./shop_server.ts";

const folder = createScratchFolder();
after(() => folder.remove());

describe("maestro execute --endpoint", () => {
  const file = folder.write(
    "env.yaml",
    `name: env
services:
  shop: { type: http, endpoint: "{{ env.SHOP_URL }}", headers: { x-key: "{{ env.SHOP_KEY }}" } }
steps:
  - { service: shop, method: GET /stock }
`,
  );

  it("needs no variable that only the replaced endpoint reads", async () => {
    const shop = await startShop({ "GET /stock": { body: {} } });
    const args = ["execute", file, "--quiet", "--endpoint", `shop=${shop.url}`];
    const set = await runCli(args, { env: { SHOP_KEY: "k" } });
    const unset = await runCli(args);
    await shop.close();
    assert.deepEqual({ code: set.code, stderr: set.stderr }, { code: 0, stderr: "" });
    assert.equal(shop.calls.length, 1);
    assert.equal(unset.code, 3);
    assert.match(unset.stderr, /Not set: env\.SHOP_KEY\n/);
  });

  it("needs them all where nothing is replaced", async () => {
    assert.match((await runCli(["execute", file, "--quiet"])).stderr, /Not set: env\.SHOP_URL, env\.SHOP_KEY\n/);
  });
});

describe("maestro validate --online", () => {
  it("waits no longer for a server than a call would", { timeout: 5_000 }, async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const file = folder.write(
      "hanging.yaml",
      `name: hanging
services: { slow: { type: grpc, endpoint: "127.0.0.1:${port}", timeout: 50ms } }
steps: [ { service: slow, method: a.B/C } ]
`,
    );
    const { code, stdout } = await runCli(["validate", file, "--online"]);
    server.close();
    for (const socket of sockets) socket.destroy();
    assert.equal(code, 3);
    assert.match(stdout, /error\[service_unreachable\]/);
  });
});
