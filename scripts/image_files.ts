// Gathers what the container image consists of: `node scripts/image_files.ts [--program dist/maestro] [--outdir dist/image]`.
// root/ becomes the file system, state/ the volume; the Dockerfile does nothing but copy them.
import { chmodSync, copyFileSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { rootCertificates } from "node:tls";
import { parseArgs } from "node:util";
import { ROOT, runCommand } from "./command.ts";

/** The user that the program runs as in the image. */
const USER = 65532;

const { values } = parseArgs({
  options: {
    program: { type: "string", default: join(ROOT, "dist", "maestro") },
    outdir: { type: "string", default: join(ROOT, "dist", "image") },
  },
});
const outdir = resolve(values.outdir);
rmSync(outdir, { recursive: true, force: true });
mkdirSync(join(outdir, "state"), { recursive: true });
const program = resolve(values.program);
// Else it belonged to the program's user, as all that the copy of the volume makes.
mkdirSync(join(outdir, "root", "var", "lib"), { recursive: true });
const libraries = await librariesOf(program);
if (libraries === undefined) process.exitCode = 1;
else {
  copy(program, "usr/local/bin/maestro", 0o755);
  for (const path of libraries) copy(path, path, 0o755);
  write("etc/passwd", `maestro:x:${USER}:${USER}:Maestro:/nonexistent:/nonexistent\n`);
  write("etc/group", `maestro:x:${USER}:\n`);
  // The authorities that the pinned Node trusts: the same on every machine. Another file may be mounted in its place.
  write("etc/ssl/certs/ca-certificates.crt", `${rootCertificates.join("\n")}\n`);
  console.log(`${relative(ROOT, outdir)}: the program and ${libraries.length} libraries`);
}

/** The files that the dynamic linker loads for a program, by their paths on this machine. */
async function librariesOf(path: string): Promise<readonly string[] | undefined> {
  const { code, output } = await runCommand("ldd", [path]);
  const files = [...output.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)].map((match) => match[1]!);
  if (code === 0 && files.length > 0 && !output.includes("not found")) return files.sort();
  console.error(`ldd does not tell the libraries of ${path}: ${output.trim()}`);
  return undefined;
}

function copy(from: string, to: string, mode: number): void {
  const path = join(outdir, "root", to);
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(realpathSync(from), path);
  chmodSync(path, mode);
}

function write(name: string, text: string): void {
  const path = join(outdir, "root", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
