// Makes the container image with buildah from the program in dist/ or `--program`: `npm run build && npm run build:image`.
// Needs no network: it runs the last stage of the Dockerfile alone. `--storage DIR` keeps the image there, apart from the machine's own.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { readBuildFacts, readSourceDate } from "./build_facts.ts";
import { type CommandResult, formatMilliseconds, ROOT, runCommand } from "./command.ts";
import { storageArguments } from "./image_storage.ts";

const LIMIT_MS = 300_000;

const { values } = parseArgs({
  options: {
    program: { type: "string", default: join(ROOT, "dist", "maestro") },
    storage: { type: "string" },
    tag: { type: "string", default: "maestro" },
    iidfile: { type: "string" },
  },
});
const folder = mkdtempSync(join(tmpdir(), "maestro-image-"));
try {
  process.exitCode = await build();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function build(): Promise<number> {
  const files = join(folder, "files");
  const gathered = await runCommand("node", ["scripts/image_files.ts", "--program", values.program, "--outdir", files]);
  if (gathered.code !== 0) return fail(gathered);
  const { version, commit } = await readBuildFacts();
  // The Dockerfile copies from the folder with the files alone; nothing of the repository is sent along.
  const context = join(folder, "context");
  mkdirSync(context);
  const built = await runCommand("buildah", [
    ...storageArguments(values.storage),
    ...["build", "--file", join(ROOT, "Dockerfile"), "--build-context", `files=${files}`],
    ...["--build-arg", `VERSION=${version}`, "--build-arg", `REVISION=${commit ?? ""}`],
    // The same files give the same image, byte for byte.
    ...["--timestamp", String(await readSourceDate()), "--identity-label=false"],
    ...(values.iidfile === undefined ? [] : ["--iidfile", resolve(values.iidfile)]),
    ...["--tag", `${values.tag}:latest`, "--tag", `${values.tag}:${version}`, context],
  ], { timeoutMs: LIMIT_MS });
  if (built.code !== 0) return fail(built);
  console.log(`${values.tag}:${version} (${formatMilliseconds(built.milliseconds)})`);
  return 0;
}

function fail({ output, isTimedOut }: CommandResult): number {
  console.error(`The image could not be built: ${isTimedOut ? "it took too long" : output.trimEnd()}`);
  return 1;
}
