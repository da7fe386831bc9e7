// Makes all that a release consists of in one folder: `npm run release`; `-- --outdir DIR` puts it elsewhere than into dist/release/.
// `-- --target linux-x64` makes only that program, `-- --base-url URL` says where install.sh finds the files.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { routes } from "../src/cli/routes.ts";
import { billOfMaterials } from "./bill_of_materials.ts";
import { readBuildFacts, readSourceDate } from "./build_facts.ts";
import { ROOT, runCommand } from "./command.ts";
import { manPage } from "./man_page.ts";

const LIMIT_MS = 1_800_000;

/** What the program prints about itself, by the file that keeps it. */
const PRINTED: Readonly<Record<string, readonly string[]>> = {
  "maestro.schema.json": ["schema"],
  "maestro_test.schema.json": ["schema", "test"],
  "maestro.bash": ["completion", "bash"],
  "_maestro": ["completion", "zsh"],
  "maestro.fish": ["completion", "fish"],
};

const { values } = parseArgs({
  options: {
    outdir: { type: "string", default: join(ROOT, "dist", "release") },
    target: { type: "string", multiple: true, default: [] },
    "base-url": { type: "string", default: "" },
  },
});
const outdir = resolve(values.outdir);
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "maestro-release-"));
try {
  await makeRelease();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function makeRelease(): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const { version, commit } = await readBuildFacts();
  const date = await readSourceDate();
  const targets = values.target.flatMap((name) => ["--target", name]);
  await script("build.ts", ...(targets.length === 0 ? ["--all"] : targets), "--outdir", outdir);
  await script("build_bundle.ts", "--outdir", outdir);
  const built = join(folder, "package");
  await script("build_package.ts", "--outdir", built);
  // Archives of npm are sorted, and all of their files bear the same time.
  await run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", outdir, built);
  for (const [file, args] of Object.entries(PRINTED)) {
    write(file, await run("node", "--no-warnings", "src/runtime/node.ts", ...args));
  }
  write("maestro.1", manPage("maestro", routes, { version, date }));
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const subject = { name: manifest.name, version, license: manifest.license, commit, date };
  write("maestro.cdx.json", `${JSON.stringify(billOfMaterials(subject, lock, "bun"), null, 2)}\n`);
  write("install.sh", installScript(values["base-url"]));
  chmodSync(join(outdir, "install.sh"), 0o755);
  const files = readdirSync(outdir).filter((file) => file !== "SHA256SUMS").sort();
  write("SHA256SUMS", files.map((file) => `${checksum(file)}  ${file}\n`).join(""));
  console.log(`${relative(ROOT, outdir)}: ${files.length} files of ${version} (${commit ?? "no commit"})`);
}

function installScript(url: string): string {
  const text = readFileSync(join(ROOT, "scripts", "install.sh"), "utf8");
  if (!/^[\w./:%~-]*$/.test(url)) throw new Error(`"${url}" is no URL that a script could hold`);
  return text.replace(/^default_base_url=.*$/m, `default_base_url="${url}"`);
}

function checksum(file: string): string {
  return createHash("sha256").update(readFileSync(join(outdir, file))).digest("hex");
}

function write(file: string, text: string): void {
  writeFileSync(join(outdir, file), text);
}

async function script(name: string, ...args: readonly string[]): Promise<void> {
  process.stdout.write(await run("node", "--no-warnings", join("scripts", name), ...args));
}

async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { code, output } = await runCommand(command, args, { timeoutMs: LIMIT_MS });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${output.trimEnd()}`);
  return output;
}
