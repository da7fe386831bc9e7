import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import { createHost } from "../../src/runtime/process.ts";
import { defaultStorePath } from "../../src/cli/store.ts";
import { runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";

const folder = createScratchFolder();
after(() => folder.remove());

const hello = folder.write("hello.yaml", "name: hello\nsteps:\n  - { log: hello }\noutput: 1\n");

describe("the store", () => {
  it("stands in the user's state folder", () => {
    const path = (env: Readonly<Record<string, string>>, platform = "linux-x64"): string | undefined =>
      defaultStorePath({ ...createHost("node"), platform, env: (name) => env[name] });
    assert.equal(path({ XDG_STATE_HOME: "/s", HOME: "/h" }), "/s/maestro/maestro.db");
    assert.equal(path({ HOME: "/h" }), "/h/.local/state/maestro/maestro.db");
    assert.equal(path({ USERPROFILE: "C:\\u", LOCALAPPDATA: "C:\\u\\l" }, "win32-x64"), "C:/u/l/maestro/maestro.db");
    assert.equal(path({}), undefined);
  });

  it("is memory where the folder cannot be written, and that is said once", async () => {
    const blocked = folder.write("blocked", "");
    const env = { MAESTRO_STORE: "", XDG_STATE_HOME: blocked };
    const { code, stdout, stderr } = await runCli(["execute", hello], { env });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "1\n" });
    assert.equal(stderr.match(/kept in memory only, and is gone with this process: .*cannot be written/g)?.length, 1);
    assert.equal((await runCli(["execute", hello, "-q"], { env })).stderr, "");
    const { stderr: homeless } = await runCli(["execute", hello], { env: { MAESTRO_STORE: "" } });
    assert.match(homeless, /kept in memory only.*: neither XDG_STATE_HOME nor HOME is set\n/);
  });

  it("that was asked for and cannot be opened is exit 7", async () => {
    const broken = folder.write("broken.db", "no database, but text that is long enough to look like one".repeat(100));
    for (const store of [`sqlite:${broken}`, `sqlite:${folder.path}`, "postgres://u:pw@h/d"]) {
      const { code, stdout, stderr } = await runCli(["execute", hello, "--store", store]);
      assert.deepEqual({ store, code, stdout }, { store, code: 7, stdout: "" }, stderr);
      assert.doesNotMatch(stderr, /pw/);
    }
    const missing = await runCli(["runs", "list", "--store", `sqlite:${folder.path}/none.db`]);
    assert.equal(missing.code, 7);
    assert.match(missing.stderr, /There is no store ".*none\.db"\n/);
    assert.equal((await runCli(["execute", hello, "--store", "file.db"])).code, 2);
  });

  it("can be encrypted, and then opens with its key only", async () => {
    const store = `sqlite:${folder.path}/sealed.db`;
    const key = folder.write("key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
    const other = folder.write("other", "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
    const run = await runCli(["execute", hello, "--store", store, "--encrypt-key-file", key, "--id", "sealed-1"]);
    assert.equal(run.code, 0, run.stderr);
    const env = { MAESTRO_STORE: store, MAESTRO_ENCRYPT_KEY_FILE: key };
    assert.equal(JSON.parse((await runCli(["runs", "show", "sealed-1", "-o", "json"], { env })).stdout).output, 1);
    const wrong = await runCli(["runs", "show", "sealed-1"], { env: { ...env, MAESTRO_ENCRYPT_KEY_FILE: other } });
    assert.deepEqual([wrong.code, wrong.stdout], [7, ""]);
    assert.match(wrong.stderr, /error\[wrong_key\]/);
    const short = folder.write("short", "abc");
    const bad = await runCli(["runs", "list"], { env: { ...env, MAESTRO_ENCRYPT_KEY_FILE: short } });
    assert.equal(bad.code, 2);
    assert.equal((await runCli(["runs", "list", "--encrypt-key-file", "none"], { env })).code, 3);
  });

  it(
    "is for its owner's eyes only",
    { skip: process.platform === "win32" ? "no modes on Windows" : false },
    async () => {
      const store = join(folder.path, "private.db");
      await runCli(["execute", hello, "--store", `sqlite:${store}`]);
      assert.equal(statSync(store).mode & 0o777, 0o600);
    },
  );

  it("gives the same run for the same id, workflow and input, and refuses another", async () => {
    const env = { MAESTRO_STORE: `sqlite:${folder.path}/ids.db` };
    const uuid = folder.write(
      "uuid.yaml",
      'name: u\nsteps:\n  - { set: { id: "{{ uuid() }}" } }\noutput: "{{ .id }}"\n',
    );
    const first = await runCli(["execute", uuid, "--id", "a", "--set", "x=1"], { env });
    const second = await runCli(["execute", uuid, "--id", "a", "--set", "x=1"], { env });
    assert.deepEqual([second.code, second.stdout], [0, first.stdout]);
    assert.match(second.stderr, /Run a has ended before: this is its result\n/);
    for (const args of [[uuid, "--set", "x=2"], [hello, "--set", "x=1"]]) {
      const { code, stderr } = await runCli(["execute", ...args, "--id", "a"], { env });
      assert.equal(code, 2);
      assert.match(stderr, /error\[run_conflict\] Run "a" exists already, /);
    }
  });
});
