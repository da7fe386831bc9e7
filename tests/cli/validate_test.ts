import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";
import { sagaWorkflow } from "./workflows.ts";

const folder = createScratchFolder();
after(() => folder.remove());

describe("maestro validate", () => {
  const good = folder.write("good.yaml", sagaWorkflow());
  const bad = folder.write("bad.yaml", "name: bad\nsteps:\n  - { service: shop, method: M, inptu: {} }\n");

  it("checks the other files where one cannot be read", async () => {
    const missing = join(folder.path, "nofile.yaml");
    const { code, stdout, stderr } = await runCli(["validate", missing, bad, good]);
    assert.deepEqual({ code, stderr }, { code: 3, stderr: "" });
    assert.match(stdout, /good\.yaml: valid/);
    assert.match(stdout, /bad\.yaml:3:\d+: error\[unknown_key\]/);
    assert.match(stdout, /nofile\.yaml:1:1: error\[file_not_readable\] Cannot read the workflow ".*": no such file\n/);
    const json = await runCli(["validate", missing, bad, "--format", "json"]);
    assert.equal(json.code, 3);
    const codes = new Set(JSON.parse(json.stdout).map((one: { code: string }) => one.code));
    assert.ok(codes.has("file_not_readable") && codes.has("unknown_key"), json.stdout);
    assert.equal(
      JSON.parse((await runCli(["validate", missing, "--format", "sarif"])).stdout).runs[0].results.length,
      1,
    );
    assert.match((await runCli(["validate", missing, "--format", "github"])).stdout, /^::error file=.*nofile\.yaml,/);
  });

  it("points at what is no UTF-8", async () => {
    const file = join(folder.path, "latin1.yaml");
    writeFileSync(file, new Uint8Array([...new TextEncoder().encode("name: x\nsteps:\n  - log: caf"), 0xe9, 0x0a]));
    const { code, stdout } = await runCli(["validate", file]);
    assert.equal(code, 3);
    assert.match(stdout, /latin1\.yaml:3:13: error\[not_utf8\] The file is not UTF-8 here\n/);
  });
});
