import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { examplePath, EXAMPLES, PROGRAMS } from "../../examples/catalogue.ts";
import { runCli } from "./run_example.ts";

describe("examples", { timeout: 60_000 }, () => {
  it("are all valid", async () => {
    const files = Object.keys(EXAMPLES).map((name) => examplePath(`${name}/workflow.yaml`));
    const run = await runCli(["validate", ...files]);
    assert.equal(run.code, 0, run.stdout + run.stderr);
  });

  it("are all in the catalogue, with services that exist", () => {
    // The others are programs of their own.
    const folders = readdirSync(examplePath(".")).filter((name) => existsSync(examplePath(`${name}/workflow.yaml`)));
    assert.deepEqual(Object.keys(EXAMPLES).sort(), folders.sort());
    for (const services of Object.values(EXAMPLES)) {
      for (const program of Object.values(services)) assert.ok(program in PROGRAMS, program);
    }
  });

  it("say how they are run", () => {
    for (const name of Object.keys(EXAMPLES)) assert.ok(readdirSync(examplePath(name)).includes("README.md"), name);
  });
});
