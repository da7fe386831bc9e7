import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../src/engine/storage.ts";

/** A folder for stores that is removed, with the handles that were kept, at the end. */
export class ScratchStore {
  readonly folder: string = mkdtempSync(join(tmpdir(), "maestro-store-"));
  readonly #handles: Storage[] = [];

  /** A path in the folder. */
  path(name = "runs.db"): string {
    return join(this.folder, name);
  }

  /** Closes a handle at the end. */
  keep<T extends Storage>(handle: T): T {
    this.#handles.push(handle);
    return handle;
  }

  async remove(): Promise<void> {
    for (const handle of this.#handles) await handle[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a test with a folder of its own. */
export async function withScratch(test: (scratch: ScratchStore) => Promise<void>): Promise<void> {
  const scratch = new ScratchStore();
  try {
    await test(scratch);
  } finally {
    await scratch.remove();
  }
}
