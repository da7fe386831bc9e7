import assert from "node:assert/strict";
import { spawn } from "node:child_process";

import { closeSync, existsSync, openSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { entryArguments } from "./spawn_cli.ts";

const FULL = "/dev/full";

describe("the process", { skip: existsSync(FULL) ? false : "no device that is always full" }, () => {
  it("says that the result could not be written, and does not end with 0", async () => {
    const full = openSync(FULL, "w");
    const child = spawn(process.execPath, [...entryArguments(), "version"], {
      stdio: ["ignore", full, "pipe"],
      timeout: 30_000,
    });
    closeSync(full);
    let stderr = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => stderr += text);
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(stderr, "error[internal] Cannot write to standard output: no space left on the device\n");
    assert.equal(code, 1);
  });
});
