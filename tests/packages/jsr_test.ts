import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { ROOT, runCommand } from "../../scripts/command.ts";
import { STAGES } from "../../scripts/stages.ts";
import { createScratchFolder } from "../cli/scratch_folder.ts";

const folder = createScratchFolder();
after(() => folder.remove());

function publish(cwd: string): ReturnType<typeof runCommand> {
  const stage = STAGES.find(({ name }) => name === "jsr package");
  assert.ok(stage !== undefined);
  const [command, ...args] = stage.command;
  return runCommand(command, args, { cwd, timeoutMs: 60_000 });
}

describe("the package for JSR", () => {
  it("would be published: sources and papers alone", async () => {
    const { code, output } = await publish(ROOT);
    assert.equal(code, 0, output);
    const inside = output.split("\n").filter((line) => line.includes("file://") && !line.includes("/src/"));
    const names = inside.map((line) => /\/([^/]+) \(/.exec(line)?.[1]).sort();
    assert.deepEqual(names, ["CHANGELOG.md", "LICENSE", "README.md", "deno.json", "mod.ts", "package.json"]);
    assert.match(output, /\/src\/testing\/mod\.ts \(/);
  });

  it("would not be with a type that only the compiler can tell", async () => {
    folder.write("deno.json", '{ "name": "@a/b", "version": "1.0.0", "license": "MIT", "exports": "./mod.ts" }');
    folder.write("mod.ts", "/** Twice. */\nexport function twice(a: number) { return { b: Math.max(a, 2) }; }\n");
    const { code, output } = await publish(folder.path);
    assert.notEqual(code, 0);
    assert.match(output, /slow types/);
  });
});
