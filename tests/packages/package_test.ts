import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { ROOT, runCommand } from "../../scripts/command.ts";
import { createScratchFolder } from "../cli/scratch_folder.ts";
import {
  consumerPath,
  FRONT_ENDS_OUTPUT,
  type LocalServer,
  runProgram,
  servePrices,
  TOOLS_OUTPUT,
} from "./consumer_program.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const folder = createScratchFolder();
const home = join(folder.path, "program");
const installed = join(home, "node_modules", "maestro");
let manifest: Manifest;
let prices: LocalServer;

/** Builds and packs the package, and installs what is in the archive: the files of the package, and beside them its dependencies alone. */
before(async () => {
  const built = join(folder.path, "package");
  mkdirSync(installed, { recursive: true });
  await run("node", ["--no-warnings", join(ROOT, "scripts", "build_package.ts"), "--outdir", built]);
  await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder.path, built]);
  manifest = JSON.parse(readFileSync(join(built, "package.json"), "utf8"));
  const archive = join(folder.path, `${manifest.name}-${manifest.version}.tgz`);
  await run("tar", ["-xzf", archive, "-C", installed, "--strip-components=1"]);
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(home, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link, "dir");
  }
  const { name, version } = manifest;
  writeFileSync(join(home, "package.json"), JSON.stringify({ type: "module", dependencies: { [name]: version } }));
  for (const name of ["front_ends.ts", "tools.ts", "types.ts"]) copyFileSync(consumerPath(name), join(home, name));
  prices = await servePrices();
});

after(async () => {
  await prices.close();
  folder.remove();
});

async function run(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(command, args, { cwd: folder.path, timeoutMs: 120_000 });
  assert.equal(code, 0, output);
}

describe("the npm package", () => {
  it("runs workflows in code, graphs and YAML", async () => {
    const { code, stdout, stderr } = await runProgram(home, ["front_ends.ts", prices.url]);
    assert.deepEqual([code, stdout], [0, FRONT_ENDS_OUTPUT], stderr);
  });

  it("brings the tester and the storage contract", async () => {
    const { code, stdout, stderr } = await runProgram(home, ["tools.ts"]);
    assert.deepEqual([code, stdout], [0, TOOLS_OUTPUT], stderr);
  });

  it("brings the command line", async () => {
    const command = join(installed, manifest.bin["maestro"] ?? "");
    assert.match(readFileSync(command, "utf8"), /^#!\/usr\/bin\/env node\n/);
    assert.equal(statSync(command).mode & 0o111, 0o111);
    const { code, stdout, stderr } = await runProgram(home, [command, "version"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`^maestro ${manifest.version} \\(`));
  });

  it("exports its entries and nothing else", async () => {
    assert.deepEqual(Object.keys(manifest.exports), [".", "./testing", "./storage-contract", "./package.json"]);
    writeFileSync(
      join(home, "inside.js"),
      'await import("maestro/src/engine/worker.js").then(() => console.log("got in"));\n',
    );
    const { code, stdout } = await runProgram(home, ["inside.js"]);
    assert.deepEqual([code === 0, stdout], [false, ""]);
  });

  const skip = process.versions["bun"] === undefined ? "the compiler says the same whatever runs the test" : false;

  it("has types that let only what fits together compile", { skip, timeout: 120_000 }, async () => {
    const settings = {
      // As strict as can be, and without the types of Node: the declarations are checked too.
      compilerOptions: {
        strict: true,
        target: "es2024",
        module: "nodenext",
        types: [],
        noEmit: true,
        skipLibCheck: false,
      },
      files: ["tools.ts", "types.ts"],
    };
    writeFileSync(join(home, "tsconfig.json"), JSON.stringify(settings));
    const { code, output } = await runCommand("tsc", ["-p", home], { timeoutMs: 120_000 });
    assert.equal(code, 0, output);
  });
});
