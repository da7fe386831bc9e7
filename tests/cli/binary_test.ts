import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import { compiledProgram } from "./compiled_program.ts";
import { createScratchFolder } from "./scratch_folder.ts";

const folder = createScratchFolder();
after(() => folder.remove());

const skip = process.versions["bun"] === undefined
  ? "the same program whatever runs the test; built once, on Bun"
  : false;

describe("the compiled program", () => {
  it("works with nothing beside it", { skip, timeout: 120_000 }, async () => {
    // Away from the repository, whose packages it must not need.
    const program = join(folder.path, process.platform === "win32" ? "maestro.exe" : "maestro");
    copyFileSync(await compiledProgram(), program);
    const home = join(folder.path, "empty");
    mkdirSync(home);
    const maestro = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync(program, args, { cwd: home, env: {}, encoding: "utf8" });
      assert.equal(status, 0, stderr);
      return stdout;
    };
    assert.match(maestro("version"), /^maestro \d+\.\d+\.\d+ \((commit [0-9a-f]{12}(-modified)?, )?bun /);
    maestro("init");
    maestro("validate", "workflow.yaml");
    assert.match(maestro("graph", "workflow.yaml", "--format", "svg"), /^<svg /);
    const output = maestro("execute", "workflow.yaml", "--input", "@input.json", "--log-format", "json");
    assert.deepEqual(JSON.parse(output), { greeting: "Thank you, Ada", total: 40, lines: [10, 30] });
  });
});
