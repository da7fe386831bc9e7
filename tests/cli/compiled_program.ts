import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, globSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT, runCommand } from "../../scripts/command.ts";

/** Where compiled programs are kept, each under the hash of what it is made of. */
const PROGRAMS = join(ROOT, ".cache", "programs");

/** What a program is made of. */
const SOURCES = ["package.json", "package-lock.json", "scripts/build*.ts", "src/**/*.ts"];

/** Gives the path of the program compiled from the sources as they are. It is compiled once for all tests. */
export async function compiledProgram(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of globSync(SOURCES, { cwd: ROOT }).sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(ROOT, file))).update("\0");
  }
  const folder = join(PROGRAMS, hash.digest("hex").slice(0, 16));
  const program = join(folder, process.platform === "win32" ? "maestro.exe" : "maestro");
  if (existsSync(program)) return program;
  for (const name of olderPrograms()) rmSync(join(PROGRAMS, name), { recursive: true, force: true });
  const unfinished = `${folder}-${process.pid}`;
  const built = await runCommand("node", ["scripts/build.ts", "--outdir", unfinished]);
  assert.equal(built.code, 0, built.output);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another test has compiled it meanwhile.
    if (!existsSync(program)) throw error;
    rmSync(unfinished, { recursive: true });
  }
  return program;
}

/** What was compiled more than an hour ago, and so is of no use to a test that runs at the same time. */
function olderPrograms(): readonly string[] {
  if (!existsSync(PROGRAMS)) return [];
  return readdirSync(PROGRAMS).filter((name) => Date.now() - statSync(join(PROGRAMS, name)).mtimeMs > 3_600_000);
}
