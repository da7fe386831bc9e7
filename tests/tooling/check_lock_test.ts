import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CommandResult, ROOT, runCommand } from "../../scripts/command.ts";

describe("check_lock.ts", () => {
  let folder = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "maestro-lock-"));
    cpSync(join(ROOT, "scripts"), join(folder, "scripts"), { recursive: true });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("accepts the lock file of this repository", async () => {
    assert.deepEqual(pick(await check({})), { code: 0, output: "" });
  });

  it("misses the package of another platform", async () => {
    const { code, output } = await check({ "package-lock.json": dropDarwin });
    assert.match(output, /"@deno\/darwin-arm64", which node_modules\/deno needs on some platform, is missing/);
    assert.equal(code, 1);
  });

  it("refuses other registries and ranges of versions", async () => {
    const { code, output } = await check({
      "package-lock.json": (text) =>
        text.replace('"integrity"', '"resolved": "http://mirror.example/a.tgz", "integrity"'),
      "package.json": (text) => text.replace('"yaml": "', '"yaml": "^'),
    });
    assert.match(output, /comes from "http:\/\/mirror\.example\/a\.tgz"/);
    assert.match(output, /package\.json: "yaml" is "\^/);
    assert.equal(code, 1);
  });

  function check(edits: Readonly<Record<string, (text: string) => string>>): Promise<CommandResult> {
    for (const name of ["package.json", "package-lock.json"]) {
      const text = readFileSync(join(ROOT, name), "utf8");
      writeFileSync(join(folder, name), edits[name]?.(text) ?? text);
    }
    return runCommand("node", ["scripts/check_lock.ts"], { cwd: folder, timeoutMs: 60_000 });
  }
});

function pick({ code, output }: CommandResult): Pick<CommandResult, "code" | "output"> {
  return { code, output };
}

function dropDarwin(text: string): string {
  const lock = JSON.parse(text);
  delete lock.packages["node_modules/@deno/darwin-arm64"];
  return JSON.stringify(lock);
}
