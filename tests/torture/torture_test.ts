import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { runCommand } from "../../scripts/command.ts";
import { createScratchFolder } from "../cli/scratch_folder.ts";
import { describeRound } from "./describe_round.ts";
import { judge } from "./oracle.ts";
import { torture } from "./torture.ts";

const skip = process.platform === "win32"
  ? "no signals on Windows"
  : process.versions["bun"] === undefined
  ? "the same program whatever runs the test; tortured once, on Bun"
  : false;

describe("the compiled program under torture", () => {
  it("keeps every promise over 200 kills", { skip, timeout: 170_000 }, async () => {
    const scratch = createScratchFolder();
    const built = await runCommand("node", ["scripts/build.ts", "--outdir", scratch.path]);
    assert.equal(built.code, 0, built.output);
    const folder = join(scratch.path, "round");
    mkdirSync(folder);
    const seed = String(Date.now() % 1_000_000);
    const evidence = await torture({ program: join(scratch.path, "maestro"), folder, seed, kills: 200 });
    const { text } = describeRound(seed, evidence);
    console.log(text);
    assert.deepEqual(judge(evidence), [], `${text}\nkept in ${folder}`);
    scratch.remove();
  });
});
