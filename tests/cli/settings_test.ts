import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createCli } from "../../src/cli/cli.ts";
import { readSettings, type SettingFlags, type Settings } from "../../src/cli/settings.ts";
import { createHost } from "../../src/runtime/process.ts";
import { runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";

const folder = createScratchFolder();
after(() => folder.remove());

const workflow = folder.write("w.yaml", "name: x\nsteps:\n  - { log: hello }\n");

function settings(flags: SettingFlags, env: Readonly<Record<string, string>>): Promise<Settings> {
  return readSettings(createCli({ ...createHost("node"), args: [], env: (name) => env[name] }), flags);
}

describe("readSettings()", () => {
  it("takes flags before the environment before the config file", async () => {
    const config = folder.write(
      "config.yaml",
      "timeout: 1s\nlog_level: warn\nquiet: true\nendpoints: { a: file, b: file, c: file }\nstore: 'memory:'\n",
    );
    const env = {
      MAESTRO_CONFIG: config,
      MAESTRO_TIMEOUT: "2s",
      MAESTRO_ENDPOINT: "b=env,c=env",
      MAESTRO_LOG_LEVEL: "error",
    };
    const found = await settings({ timeout: "3s", endpoint: ["c=flag"], quiet: undefined }, env);
    assert.deepEqual(found, {
      store: "memory:",
      output: undefined,
      quiet: true,
      logFormat: undefined,
      logLevel: "error",
      timeoutMs: 3_000,
      envFile: undefined,
      secretsFile: undefined,
      encryptKeyFile: undefined,
      storeFlags: [],
      endpoints: { a: "file", b: "env", c: "flag" },
      endpointFlags: ["c"],
    });
  });

  it("reads the config file in the user's folder, which need not be there", async () => {
    assert.equal((await settings({}, { XDG_CONFIG_HOME: `${folder.path}/none` })).timeoutMs, undefined);
    assert.equal((await settings({}, {})).timeoutMs, undefined);
  });

  it("treats an empty variable as none", async () => {
    assert.equal((await settings({}, { MAESTRO_TIMEOUT: "", MAESTRO_QUIET: "" })).timeoutMs, undefined);
  });

  it("refuses what it does not know, with exit code 2 and the place", async () => {
    const broken: readonly (readonly [text: string, message: RegExp])[] = [
      ["stroe: x", /unknown setting "stroe"\n {2}hint: did you mean "store"\?/],
      ["quiet: maybe", /"quiet" must be true or false/],
      ["timeout: 5", /"timeout" must be a duration/],
      ["timeout: soon", /timeout must be a duration, but is "soon"/],
      ["- a", /must be a map of settings/],
      ["a: [", /c\.yaml:\d+:\d+: /],
      ["endpoints: { a: 1 }", /"endpoints" must be a map from service to address/],
    ];
    for (const [text, message] of broken) {
      const { code, stderr } = await runCli(["execute", workflow, "--config", folder.write("c.yaml", text)]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    }
    assert.equal((await runCli(["execute", workflow, "--config", `${folder.path}/none.yaml`])).code, 3);
    const env = await runCli(["execute", workflow], { env: { MAESTRO_LOG_FORMAT: "xml" } });
    assert.equal(env.code, 2);
    assert.match(env.stderr, /MAESTRO_LOG_FORMAT must be one of json, text, but is "xml"/);
  });
});
