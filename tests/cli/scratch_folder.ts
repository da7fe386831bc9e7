import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for the files of one test file. */
export interface ScratchFolder {
  readonly path: string;
  /** Writes a file and gives its path. */
  write(name: string, text: string): string;
  remove(): void;
}

/** Makes an empty folder. */
export function createScratchFolder(): ScratchFolder {
  const path = mkdtempSync(join(tmpdir(), "maestro-cli-"));
  return {
    path,
    write(name, text) {
      const file = join(path, name);
      writeFileSync(file, text);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
