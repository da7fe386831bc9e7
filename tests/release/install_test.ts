import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { type CommandResult, ROOT, runCommand } from "../../scripts/command.ts";
import { createScratchFolder } from "../cli/scratch_folder.ts";
import { type FileServer, serveFiles } from "./file_server.ts";

const skip = process.platform === "win32" ? "a script for POSIX shells" : false;
/** Stands for each of the programs: the script takes the one for this machine, whatever that is. */
const PROGRAM = "#!/bin/sh\necho maestro 1.2.3\n";
const NAMES = ["linux-x64", "linux-x64-musl", "linux-arm64", "linux-arm64-musl", "macos-x64", "macos-arm64"];

const folder = createScratchFolder();
const files: Record<string, string> = {};
let server: FileServer;
let installations = 0;

before(async () => {
  server = await serveFiles((name) => files[name]);
});

after(async () => {
  await server.close();
  folder.remove();
});

/** Publishes programs, and the checksums of what they should be. */
function publish(program: string, sums: string = checksums(PROGRAM)): void {
  for (const name of NAMES) files[`maestro-${name}`] = program;
  files["SHA256SUMS"] = sums;
}

function checksums(program: string): string {
  const sum = createHash("sha256").update(program).digest("hex");
  return NAMES.map((name) => `${sum}  maestro-${name}\n`).join("");
}

async function install(...args: readonly string[]): Promise<CommandResult & { readonly dir: string }> {
  const dir = join(folder.path, `bin ${installations++}`);
  mkdirSync(dir);
  const script = join(ROOT, "scripts", "install.sh");
  const env = { MAESTRO_BASE_URL: undefined, MAESTRO_INSTALL_DIR: undefined };
  return { ...await runCommand("sh", [script, "--dir", dir, ...args], { env, timeoutMs: 60_000 }), dir };
}

describe("install.sh", { skip }, () => {
  it("installs the program for this machine once its checksum is right", async () => {
    publish(PROGRAM);
    const { code, output, dir } = await install("--base-url", `${server.url}/`);
    assert.equal(code, 0, output);
    assert.match(output, /^installed .*\/maestro: maestro 1\.2\.3\n.* is not in PATH\n$/);
    assert.deepEqual(readdirSync(dir), ["maestro"]);
    assert.equal(statSync(join(dir, "maestro")).mode & 0o777, 0o755);
  });

  it("refuses a program that was tampered with, and leaves nothing behind", async () => {
    const marker = join(folder.path, "ran");
    publish(`#!/bin/sh\ntouch ${marker}\n`);
    const { code, output, dir } = await install("--base-url", server.url);
    assert.deepEqual([code, readdirSync(dir), existsSync(marker)], [1, [], false]);
    assert.match(
      output,
      /^install\.sh: the checksum of .* is wrong: expected \w{64}, got \w{64}\. Nothing was installed\n$/,
    );
  });

  it("keeps the program that is there when the new one is refused", async () => {
    publish(PROGRAM);
    const { dir } = await install("--base-url", server.url);
    publish("something else");
    const { code } = await install("--base-url", server.url, "--dir", dir);
    assert.equal(code, 1);
    assert.equal((await runCommand(join(dir, "maestro"), [])).output, "maestro 1.2.3\n");
  });

  it("refuses a program that has no checksum", async () => {
    publish(PROGRAM, checksums(PROGRAM).replaceAll("maestro-", "other-"));
    const { code, output, dir } = await install("--base-url", server.url);
    assert.deepEqual([code, readdirSync(dir)], [1, []]);
    assert.match(output, /^install\.sh: there is no checksum of maestro-/);
  });

  it("says what cannot be fetched", async () => {
    for (const name of Object.keys(files)) delete files[name];
    const { code, output, dir } = await install("--base-url", server.url);
    assert.deepEqual([code, readdirSync(dir)], [1, []]);
    assert.match(output, /install\.sh: cannot fetch http:.*\/SHA256SUMS\n$/);
  });

  it("fetches nothing over a connection that others can change", async () => {
    for (const url of ["http://files.example", "http://localhost.example", "ftp://127.0.0.1"]) {
      const { code, output } = await install("--base-url", url);
      assert.deepEqual([code, output], [
        1,
        `install.sh: the base URL must begin with https://, but is "${url}"\n`,
      ]);
    }
    const { code, output } = await install();
    assert.deepEqual([code, output], [1, "install.sh: say where the files of a release are: --base-url URL\n"]);
  });
});
