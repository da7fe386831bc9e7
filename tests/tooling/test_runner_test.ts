import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CommandResult, ROOT, runCommand } from "../../scripts/command.ts";
import { parseJunit } from "../../scripts/test_report.ts";

const FILES: Readonly<Record<string, string>> = {
  sound: `describe("outer", () => {
    it('says "<a> & b"', () => {});
    describe("inner", () => it("is deep", () => {}));
    it("has no toolchain", { skip: "no toolchain here" }, () => {});
  });`,
  failing: 'describe("outer", () => { it("holds", () => {}); it("breaks", () => assert.equal(1, 2)); });',
  broken: 'throw new Error("broken at import");',
  hook: 'describe("outer", () => { before(() => { throw new Error("broken hook"); }); it("holds", () => {}); });',
  empty: "export {};",
  unexplained: 'it("is left out", { skip: true }, () => {});',
  uneven: 'it("is everywhere", () => {}); if ("Bun" in globalThis) it("is on Bun", () => {});',
};
const PRELUDE = 'import { before, describe, it } from "node:test";\nimport assert from "node:assert/strict";\n' +
  "before; describe; it; assert;\n";

describe("the test runner", () => {
  let folder = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "maestro-runner-"));
    for (const path of ["deno.json", "package.json", "scripts"]) {
      cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
    mkdirSync(join(folder, "tests"));
    for (const [name, text] of Object.entries(FILES)) {
      writeFileSync(join(folder, "tests", `${name}_test.ts`), PRELUDE + text);
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("counts the same on every runtime and explains skips", async () => {
    const { code, output } = await runFiles("sound");
    assert.equal(lastLine(output), "6 passed, 0 failed, 3 skipped");
    assert.match(output, /^skipped: .*tests\/sound_test\.ts: outer > has no toolchain: no toolchain here$/m);
    assert.equal(code, 0);
  });

  it("shows what failed on which runtime", async () => {
    const { code, output } = await runFiles("failing");
    assert.equal(lastLine(output), "3 passed, 3 failed, 0 skipped");
    assert.match(output, /^failed: deno tests\/failing_test\.ts: outer > breaks$/m);
    assert.match(output, /strictly equal/);
    assert.equal(code, 1);
  });

  for (
    const [name, message] of [
      ["broken", "failed outside of its tests"],
      ["empty", "ran no tests"],
      ["unexplained", "skipped without a reason"],
      ["uneven", '2 tests on bun, 1 on deno, such as "is on Bun"'],
    ] as const
  ) {
    it(`fails for a file whose fault is: ${message}`, async () => {
      const { code, output } = await runFiles(name);
      assert.ok(output.includes(message), output);
      assert.doesNotMatch(lastLine(output), / 0 failed/);
      assert.equal(code, 1);
    });
  }

  it("counts a failed hook on every runtime", async () => {
    for (const runtime of ["bun", "deno", "node"]) {
      const { code, output } = await runFiles("hook", `--runtime=${runtime}`);
      assert.doesNotMatch(lastLine(output), / 0 failed/);
      assert.equal(code, 1);
    }
  });

  it("writes a summary for the gate", async () => {
    const summary = join(folder, "summary.json");
    await runFiles("sound", "--runtime=bun", `--summary=${summary}`);
    assert.deepEqual(JSON.parse(readFileSync(summary, "utf8")), { passed: 2, failed: 0, skipped: 1 });
  });

  it("refuses paths and runtimes that do not exist", async () => {
    assert.equal((await runFiles("missing")).code, 2);
    assert.equal((await runFiles("sound", "--runtime=rhino")).code, 2);
  });

  function runFiles(name: string, ...options: string[]): Promise<CommandResult> {
    // Under Node's runner this variable makes a Node below it report in another format.
    const env = { NODE_TEST_CONTEXT: undefined };
    const args = ["scripts/test.ts", `tests/${name}_test.ts`, ...options];
    return runCommand("node", args, { cwd: folder, env, timeoutMs: 60_000 });
  }
});

describe("parseJunit()", () => {
  it("tells suites from tests in a flat report", () => {
    const xml = `<testsuites name="deno test"><testsuite name="f">
      <testcase name="a"><failure message="1 &gt; 0">x</failure></testcase><testcase name="a &gt; b"></testcase>
      <testcase name="a &gt; c"><failure message="no"></failure></testcase></testsuite></testsuites>`;
    const statuses = parseJunit(xml).map(({ name, status }) => [name, status]);
    assert.deepEqual(statuses, [["a > b", "passed"], ["a > c", "failed"]]);
  });

  it("takes no reason from a test that is still to do", () => {
    const xml = '<testsuites><testcase name="a"><skipped type="todo" message="true"/></testcase></testsuites>';
    assert.deepEqual(parseJunit(xml), [{ name: "a", status: "skipped", reason: undefined }]);
  });
});

function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}
