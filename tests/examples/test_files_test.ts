import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, it } from "node:test";
import { ROOT } from "../../scripts/command.ts";
import { runCli } from "../cli/run_cli.ts";

describe("test files of the examples", () => {
  for (const file of globSync("examples/**/*.test.yaml", { cwd: ROOT })) {
    it(`${file} passes`, async () => {
      const { code, stdout, stderr } = await runCli(["test", `${ROOT}/${file}`, "--coverage", "--chaos"]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /coverage: steps 100%/);
    });
  }
});
