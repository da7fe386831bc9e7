import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";
import { startShop } from "./shop_server.ts";

const folder = createScratchFolder();
after(() => folder.remove());

const workflow = folder.write(
  "secret.yaml",
  `name: secret
services:
  shop:
    type: http
    endpoint: "{{ env.SHOP }}"
    headers: { authorization: "Bearer {{ secrets.TOKEN }}" }
steps:
  - { id: echo, service: shop, method: POST /echo, input: { token: "{{ secrets.TOKEN }}" }, output: echo }
  - { id: broken, service: shop, method: POST /broken }
`,
);

const SECRET = "hunter2-hunter2";

describe("secrets", () => {
  it("come from the file, else from MAESTRO_SECRET_*, and reach the service only", async () => {
    const shop = await startShop({
      "POST /echo": { body: { said: `Bearer ${SECRET}` } },
      "POST /broken": { status: 400, body: { error: `bad token ${SECRET}` } },
    });
    const envFile = folder.write("shop.env", `export SHOP=${shop.url}\n`);
    const secretsFile = folder.write("secrets.env", `TOKEN="${SECRET}"\n`);
    const base = ["execute", workflow, "--env-file", envFile];
    const forms = [[], ["--log-format", "json", "--log-level", "debug"], ["--log-level", "debug"], ["--quiet"], [
      "-o",
      "json",
    ]];
    for (const form of forms) {
      const fromFile = await runCli([...base, ...form, "--secrets-file", secretsFile]);
      const fromEnv = await runCli([...base, ...form], { env: { MAESTRO_SECRET_TOKEN: SECRET } });
      for (const { code, stdout, stderr } of [fromFile, fromEnv]) {
        assert.equal(code, 1, stderr);
        assert.doesNotMatch(stdout + stderr, /hunter2/);
      }
    }
    await shop.close();
    assert.deepEqual([...new Set(shop.calls.map(({ authorization }) => authorization))], [`Bearer ${SECRET}`]);
  });

  it("that are missing are told before the first call", async () => {
    const shop = await startShop();
    const { code, stderr } = await runCli(["execute", workflow], { env: { SHOP: shop.url } });
    await shop.close();
    assert.equal(code, 3);
    assert.match(stderr, /error\[missing_value\] Not set: secrets\.TOKEN/);
    assert.equal(shop.calls.length, 0);
  });
});
