import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { routes } from "../../src/cli/routes.ts";
import { ROOT, runCommand } from "../../scripts/command.ts";
import { createScratchFolder } from "../cli/scratch_folder.ts";
import { serveFiles } from "./file_server.ts";

const target = `${process.platform === "darwin" ? "macos" : process.platform}-${process.arch}`;
const skip = process.versions["bun"] === undefined
  ? "the same release whatever runs the test; made once, on Bun"
  : process.platform === "win32"
  ? "releases are made where there is a POSIX shell"
  : false;
const timeout = 120_000;

const folder = createScratchFolder();
const release = join(folder.path, "release");
const { version, dependencies }: { readonly version: string; readonly dependencies: Readonly<Record<string, string>> } =
  JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

before(async () => {
  if (skip !== false) return;
  await succeed("node", "scripts/release.ts", "--target", target, "--outdir", release);
});

after(() => folder.remove());

async function succeed(command: string, ...args: readonly string[]): Promise<string> {
  const { code, output } = await runCommand(command, args, { timeoutMs: timeout });
  assert.equal(code, 0, output);
  return output;
}

function read(file: string): string {
  return readFileSync(join(release, file), "utf8");
}

describe("a release", () => {
  it("has everything in one folder, with a checksum of each", { skip, timeout }, () => {
    const files = readdirSync(release).sort();
    assert.deepEqual(
      files,
      [
        ...["SHA256SUMS", "_maestro", "install.sh", `maestro-${target}`, `maestro-${version}.tgz`, "maestro.1"],
        ...["maestro.bash", "maestro.cdx.json", "maestro.d.ts", "maestro.fish", "maestro.js", "maestro.schema.json"],
        ...["maestro_cli.js", "maestro_test.schema.json"],
      ].sort(),
    );
    const sums = files.filter((file) => file !== "SHA256SUMS").map((file) =>
      `${createHash("sha256").update(readFileSync(join(release, file))).digest("hex")}  ${file}\n`
    );
    assert.equal(read("SHA256SUMS"), sums.join(""));
  });

  it("is the same, byte for byte, when it is made again", { skip, timeout }, async () => {
    const again = join(folder.path, "again");
    await succeed("node", "scripts/build.ts", "--target", target, "--outdir", again);
    await succeed("node", "scripts/build_bundle.ts", "--outdir", again);
    assert.deepEqual(
      readdirSync(again).sort(),
      [`maestro-${target}`, "maestro.d.ts", "maestro.js", "maestro_cli.js"].sort(),
    );
    for (const file of readdirSync(again)) {
      assert.ok(readFileSync(join(again, file)).equals(readFileSync(join(release, file))), file);
    }
  });

  it("can be installed from where it is published", { skip, timeout }, async () => {
    const server = await serveFiles((name) =>
      existsSync(join(release, name)) ? readFileSync(join(release, name)) : undefined
    );
    const dir = join(folder.path, "bin");
    mkdirSync(dir);
    const output = await succeed("sh", join(release, "install.sh"), "--base-url", server.url, "--dir", dir);
    await server.close();
    assert.match(output, new RegExp(`: maestro ${version} \\((commit [0-9a-f]{12}(-modified)?, )?bun `));
  });

  it("lists what it is made of", { skip, timeout }, () => {
    const { bomFormat, specVersion, metadata, components, dependencies: edges } = JSON.parse(read("maestro.cdx.json"));
    assert.deepEqual([bomFormat, specVersion, metadata.component.version], ["CycloneDX", "1.6", version]);
    const refs = new Set(components.map((component: { "bom-ref": string }) => component["bom-ref"]));
    assert.equal(refs.size, components.length);
    for (const [name, exact] of Object.entries(dependencies)) {
      assert.ok(refs.has(`pkg:npm/${name.replace("@", "%40")}@${exact}`), name);
    }
    for (const { name, hashes, licenses } of components) {
      assert.match(hashes[0].content, /^[0-9a-f]{128}$/, name);
      assert.equal(licenses.length, 1, name);
    }
    const root = metadata.component["bom-ref"];
    for (const { ref, dependsOn } of edges) {
      assert.ok(ref === root || refs.has(ref), ref);
      for (const needed of dependsOn) assert.ok(refs.has(needed), needed);
    }
    assert.equal(edges[0].dependsOn.length, Object.keys(dependencies).length + 1, "the packages, and the runtime");
  });

  it("brings what editors and shells read", { skip, timeout }, async () => {
    for (const file of ["maestro.schema.json", "maestro_test.schema.json"]) {
      assert.match(JSON.parse(read(file)).$schema, /json-schema\.org/);
    }
    await succeed("bash", "-n", join(release, "maestro.bash"));
    assert.match(read("_maestro"), /^#compdef maestro\n/);
    assert.match(read("maestro.fish"), /^complete -c maestro /m);
  });

  it("has a manual page of every command and flag", { skip, timeout }, async () => {
    const page = read("maestro.1");
    for (const { name, target: command } of routes.getAllEntries()) {
      assert.ok(page.includes(`"maestro ${name.original}`), name.original);
      if (!("parameters" in command)) continue;
      for (const flag of Object.keys(command.parameters.flags ?? {})) {
        const words = flag.replace(/[A-Z]/g, (letter) => `\\-${letter.toLowerCase()}`);
        assert.ok(page.includes(`\\fB\\-\\-${words}\\fR`), flag);
      }
    }
    assert.ok(page.includes('.SS "maestro runs resume [\\fIRUN\\fR]"'));
    const linted = await runCommand("groff", ["-man", "-ww", "-z", join(release, "maestro.1")]);
    if (linted.code === 0) assert.equal(linted.output, "");
  });
});
