import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runCli } from "./run_cli.ts";

describe("maestro doctor", () => {
  it("names no config file where there is no place for one", async () => {
    const { stdout } = await runCli(["doctor"], { env: {} });
    assert.match(stdout, /✓ config file {3}none\n/);
  });
});
