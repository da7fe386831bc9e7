import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCli } from "../../src/cli/cli.ts";
import { reportError } from "../../src/cli/report_error.ts";
import { createHost } from "../../src/runtime/process.ts";

describe("reportError()", () => {
  it("shows a stack at --log-level debug only, and a secret never", () => {
    for (const args of [["--log-level", "debug"], []]) {
      let text = "";
      const host = createHost("node");
      const stderr = { ...host.stderr, write: (part: string) => text += part };
      const cli = createCli({ ...host, args, env: () => undefined, stderr } as typeof host);
      cli.redactor.add("hunter2");
      const error = new Error("it said hunter2");
      assert.equal(reportError(cli, error), 1);
      assert.equal(/\n +at /.test(text), args.length > 0);
      assert.doesNotMatch(text, /hunter2/);
      assert.match(text, /it said \[secret\]/);
    }
  });
});
