import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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

  it("prints what it found on standard output and ends with 3", async () => {
    const { code, stdout, stderr } = await runCli(["validate", good, bad]);
    assert.deepEqual({ code, stderr }, { code: 3, stderr: "" });
    assert.match(stdout, /good\.yaml: valid \(3 steps, 1 service\)\n/);
    assert.match(stdout, /bad\.yaml:3:\d+: error\[unknown_key\] .*\n.*\n +\| +\^+\n/);
  });

  it("speaks to programs", async () => {
    const json = await runCli(["validate", bad, "-o", "json"]);
    assert.equal(json.code, 3);
    assert.equal(JSON.parse(json.stdout)[0].file, bad);
    assert.equal((await runCli(["validate", "--format", "json", bad])).stdout, json.stdout);
    assert.equal(JSON.parse((await runCli(["validate", bad, "--format", "sarif"])).stdout).version, "2.1.0");
    assert.match((await runCli(["validate", bad, "--format", "github"])).stdout, /^::error file=/);
  });

  it("says in words that a file is not there", async () => {
    const file = folder.write(
      "files.yaml",
      "name: x\nservices:\n  shop: { type: grpc, endpoint: a:1, proto: [none.proto] }\n" +
        "steps:\n  - { service: shop, method: a.B/C, input: {} }\n",
    );
    const { code, stdout } = await runCli(["validate", file]);
    assert.equal(code, 3);
    assert.match(stdout, /error\[file_not_readable\] .*Cannot read ".*none\.proto": no such file\n/);
  });

  it("ends with 0 where there are only warnings", async () => {
    assert.equal((await runCli(["validate", good])).code, 0);
  });
});

describe("maestro init", () => {
  it("writes a project that is valid and runs, and never overwrites", async () => {
    const project = join(folder.path, "project");
    const { code, stdout } = await runCli(["init", project]);
    assert.equal(code, 0);
    assert.match(stdout, /created .*workflow\.yaml\n/);
    const workflow = join(project, "workflow.yaml");
    assert.match(readFileSync(workflow, "utf8"), /^# yaml-language-server: \$schema=\.\/workflow\.schema\.json\n/);
    assert.equal((await runCli(["validate", workflow])).code, 0);
    const run = await runCli(["execute", workflow, "-q", "--input", `@${join(project, "input.json")}`]);
    assert.deepEqual(JSON.parse(run.stdout), { greeting: "Thank you, Ada", total: 40, lines: [10, 30] });
    const again = await runCli(["init", project]);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /exists already, and nothing is overwritten/);
  });

  it("says why it cannot write", async () => {
    const file = folder.write("file", "");
    const { code, stderr } = await runCli(["init", join(file, "inside")]);
    assert.equal(code, 2);
    assert.match(stderr, /error\[usage\] Cannot write /);
  });
});

describe("maestro schema", () => {
  it("prints the schema that init writes", async () => {
    const { stdout } = await runCli(["schema"]);
    assert.equal(JSON.parse(stdout).$schema, "https://json-schema.org/draft/2020-12/schema");
    assert.equal(readFileSync(join(folder.path, "project/workflow.schema.json"), "utf8"), stdout);
  });
});

describe("maestro graph", () => {
  it("draws in every form", async () => {
    const file = folder.write("graph.yaml", sagaWorkflow());
    const starts = {
      ascii: /^order 1\.0\n├─ reserve/,
      mermaid: /^flowchart TD\n/,
      dot: /^digraph "order" \{/,
      svg: /^<svg /,
    };
    for (const [format, start] of Object.entries(starts)) {
      const { code, stdout } = await runCli(["graph", file, "--format", format]);
      assert.equal(code, 0);
      assert.match(stdout, start);
    }
    assert.match((await runCli(["graph", file])).stdout, starts.ascii);
  });

  it("titles a workflow without a version by its name alone", async () => {
    const file = folder.write("plain.yaml", "name: plain\nsteps:\n  - { log: hello }\n");
    assert.match((await runCli(["graph", file])).stdout, /^plain\n/);
    for (const format of ["mermaid", "dot", "svg"]) {
      assert.doesNotMatch((await runCli(["graph", file, "--format", format])).stdout, /plain /);
    }
  });

  it("draws nothing for an invalid workflow", async () => {
    const { code, stdout } = await runCli(["graph", folder.write("empty.yaml", "name: x\n")]);
    assert.deepEqual({ code, stdout }, { code: 3, stdout: "" });
  });
});

describe("maestro doctor", () => {
  it("checks the surroundings", async () => {
    const env = { XDG_STATE_HOME: folder.path, HTTP_PROXY: "http://user:hunter2@proxy:1" };
    const { code, stdout } = await runCli(["doctor"], { env });
    assert.equal(code, 0);
    assert.match(stdout, /✓ state folder {2}.*maestro can be written\n/);
    assert.match(stdout, /! proxies .*HTTP_PROXY=http:\/\/\*\*\*@proxy:1; calls to localhost go to the proxy too/);
    assert.doesNotMatch(stdout, /hunter2/);
  });

  it("ends with 1 when something is wrong, and answers in JSON too", async () => {
    const config = folder.write("config.yaml", "stroe: x\n");
    const { code, stdout } = await runCli(["doctor", "-o", "json"], { env: { MAESTRO_CONFIG: config } });
    assert.equal(code, 1);
    const { ok, checks } = JSON.parse(stdout);
    assert.equal(ok, false);
    assert.deepEqual(checks.find(({ check }: { check: string }) => check === "config file").status, "error");
  });
});
