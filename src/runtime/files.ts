import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Files } from "./runtime.ts";

/** The file system, as all three runtimes give it. */
export const files: Files = {
  readText: (path) => readFile(path, "utf8"),
  readBytes,
  async create(path, text) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: "wx" });
  },
  async replace(path, text) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  },
  async list(path) {
    const found = await readdir(path, { withFileTypes: true }).catch(() => undefined);
    return found?.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
      .sort((one, other) => one.name < other.name ? -1 : 1);
  },
  exists: (path) => access(path).then(() => true, () => false),
  async probeFolder(path) {
    await mkdir(path, { recursive: true });
    const probe = join(path, `.probe-${crypto.randomUUID()}`);
    await writeFile(probe, "", { flag: "wx" });
    await rm(probe);
  },
};

/** Reads a whole file. Rejects with the system's error. */
export function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path);
}
