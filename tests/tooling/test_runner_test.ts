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
  let faulty: CommandResult;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "maestro-runner-"));
    for (const path of ["deno.json", "package.json", "scripts"]) {
      cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
    mkdirSync(join(folder, "tests"));
    for (const [name, text] of Object.entries(FILES)) {
      writeFileSync(join(folder, "tests", `${name}_test.ts`), PRELUDE + text);
    }
    const names = Object.keys(FILES).filter((name) => name !== "sound");
    faulty = await runFiles(names);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("counts the same on every runtime, explains skips and writes a summary", async () => {
    const summary = join(folder, "summary.json");
    const { code, output } = await runFiles(["sound"], `--summary=${summary}`);
    assert.equal(lastLine(output), "6 passed, 0 failed, 3 skipped");
    assert.match(output, /^skipped: .*tests\/sound_test\.ts: outer > has no toolchain: no toolchain here$/m);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(readFileSync(summary, "utf8")), { passed: 6, failed: 0, skipped: 3 });
  });

  it("shows what failed on which runtime", () => {
    for (const runtime of ["bun", "deno", "node"]) {
      assert.ok(faulty.output.includes(`\nfailed: ${runtime} tests/failing_test.ts: outer > breaks\n`), faulty.output);
      assert.ok(faulty.output.includes(`\nfailed: ${runtime} tests/broken_test.ts: failed outside of its tests\n`));
      assert.ok(faulty.output.includes(`\nfailed: ${runtime} tests/empty_test.ts: ran no tests\n`));
      assert.ok(faulty.output.includes(`\nfailed: ${runtime} tests/hook_test.ts: `));
    }
    assert.match(faulty.output, /strictly equal/);
    assert.equal(faulty.code, 1);
  });

  it("fails for a skip without a reason", () => {
    assert.match(faulty.output, /^failed: .*tests\/unexplained_test\.ts: is left out: skipped without a reason/m);
  });

  it("fails where the runtimes do not count the same tests", () => {
    assert.match(faulty.output, /^failed: tests\/uneven_test\.ts: 2 tests on bun, 1 on deno, such as "is on Bun"/m);
  });

  it("refuses paths and runtimes that do not exist", async () => {
    assert.equal((await runFiles(["missing"])).code, 2);
    assert.equal((await runFiles(["sound"], "--runtime=rhino")).code, 2);
  });

  function runFiles(names: readonly string[], ...options: string[]): Promise<CommandResult> {
    // Under Node's runner this variable makes a Node below it report in another format.
    const env = { NODE_TEST_CONTEXT: undefined };
    const args = ["scripts/test.ts", ...names.map((name) => `tests/${name}_test.ts`), ...options];
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
