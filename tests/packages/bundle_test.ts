import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { runCommand } from "../../scripts/command.ts";
import { createScratchFolder } from "../cli/scratch_folder.ts";
import {
  consumerPath,
  FRONT_ENDS_OUTPUT,
  type LocalServer,
  runProgram,
  serve,
  servePrices,
} from "./consumer_program.ts";

const isDeno = process.versions["deno"] !== undefined;
const folder = createScratchFolder();
/** A folder with nothing in it but what a program of its own has. */
const home = join(folder.path, "program");
const bundles = join(folder.path, "bundles");
let server: LocalServer;
let prices: LocalServer;

before(async () => {
  const { code, output } = await runCommand("node", [
    "scripts/build_bundle.ts",
    "--outdir",
    bundles,
    ...(isDeno ? [] : ["--no-types"]),
  ]);
  assert.equal(code, 0, output);
  mkdirSync(home);
  prices = await servePrices();
  server = await serve((path) =>
    /^\/maestro(_cli)?\.(js|d\.ts)$/.test(path) ? readFileSync(join(bundles, path), "utf8") : undefined
  );
});

after(async () => {
  await Promise.all([server.close(), prices.close()]);
  folder.remove();
});

/** What a program names to import or to run a bundle: its URL on Deno; Bun and Node take no URL, so there it is fetched into a file first. */
async function fromUrl(name: string): Promise<string> {
  const url = `${server.url}/${name}`;
  if (isDeno) return url;
  const response = await fetch(url);
  assert.equal(response.status, 200);
  writeFileSync(join(home, name), await response.text());
  return `./${name}`;
}

async function maestro(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(home, [await fromUrl("maestro_cli.js"), ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

describe("the bundles", () => {
  it("are a library that a program imports by URL", async () => {
    const program = readFileSync(consumerPath("front_ends.ts"), "utf8");
    writeFileSync(join(home, "program.ts"), program.replace('"maestro"', JSON.stringify(await fromUrl("maestro.js"))));
    const { code, stdout, stderr } = await runProgram(home, ["program.ts", prices.url]);
    assert.deepEqual([code, stdout], [0, FRONT_ENDS_OUTPUT], stderr);
  });

  const skip = !isDeno ? "only Deno looks for types at a URL" : false;

  it("are a library with types, which let only what fits together compile", { skip, timeout: 120_000 }, async () => {
    const program = readFileSync(consumerPath("types.ts"), "utf8");
    writeFileSync(join(home, "types.ts"), program.replace('"maestro"', JSON.stringify(`${server.url}/maestro.js`)));
    const host = new URL(server.url).host;
    const args = ["check", "--quiet", "--no-config", `--allow-import=${host}`, "types.ts"];
    const { code, output } = await runCommand("deno", args, { cwd: home, timeoutMs: 100_000 });
    assert.equal(code, 0, output);
  });

  it("are a command line that runs from a URL", async () => {
    assert.match(await maestro("version"), /^maestro \d+\.\d+\.\d+ \(/);
    copyFileSync(consumerPath("price.yaml"), join(home, "price.yaml"));
    await maestro("validate", "price.yaml");
    const output = await maestro(
      ...[
        "execute",
        "price.yaml",
        "--input",
        '{"item":"tea"}',
        "--endpoint",
        `shop=${prices.url}`,
        "--store",
        "memory:",
      ],
    );
    assert.deepEqual(JSON.parse(output), { price: 6 });
  });
});
