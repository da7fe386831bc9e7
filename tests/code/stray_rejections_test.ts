import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { scriptArguments } from "../storage/script_arguments.ts";

const SCRIPT = fileURLToPath(new URL("stray_program.ts", import.meta.url));
const IS_BUN = process.versions["bun"] !== undefined;

interface Ended {
  readonly code: number | null;
  readonly out: readonly string[];
  readonly err: string;
}

async function play(...plan: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [...scriptArguments(), SCRIPT, ...plan], { timeout: 20_000 });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => out += data);
  child.stderr.on("data", (data) => err += data);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out: out.trim().split("\n"), err };
}

describe("a rejection that nobody handles", () => {
  it("leaves the process alone where the engine made its reason", async () => {
    const { code, out, err } = await play("run");
    assert.deepEqual(out, ['["boom","AggregateError"]', "foreign_await", "goes on"]);
    assert.deepEqual([code, err], [0, ""]);
  });

  it("leaves the process alone where a workflow made it", async () => {
    const { code, out, err } = await play("run", "own");
    assert.deepEqual(out, ['["mine","AggregateError"]', "foreign_await", "goes on"]);
    // Bun does not say where a rejection comes from: it tells of it, and goes on.
    if (IS_BUN) assert.match(err, /mine/);
    else assert.deepEqual([code, err], [0, ""]);
  });

  it("of the program is the runtime's, as it is without workflows", async () => {
    const without = await play("foreign");
    const { code, out, err } = await play("run", "foreign");
    assert.match(without.err, /of the program/);
    assert.deepEqual(out.slice(2), without.out.filter((line) => line !== ""));
    assert.equal(code, without.code);
    assert.notEqual(code, 0);
    assert.equal(strip(err), strip(without.err));
  });

  it("of the program is told to the program's listeners, where it has some", async () => {
    const { code, out, err } = await play("listener", "run", "foreign");
    const heard = out.filter((line) => line.startsWith("heard"));
    assert.equal(heard.at(-1), "heard Error: of the program");
    // Where there is a way, they do not even hear of the others.
    if (!IS_BUN) assert.equal(heard.length, 1);
    assert.deepEqual([code, err, out.at(-1)], [0, "", "goes on"]);
  });
});

/** Without colours and places. */
function strip(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[[0-9;]*m/g, "").split("\n").filter((line) => !/^\s+at /.test(line)).join("\n");
}
