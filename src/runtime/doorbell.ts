import { watch } from "node:fs";

/** Calls back each time somebody writes into the file, at most a few milliseconds later, until the returned function is called. */
export function hearDoorbell(path: string, listener: () => void): () => void {
  try {
    const watcher = watch(path, { persistent: false }, listener);
    // The file may be removed under it.
    watcher.on("error", () => undefined);
    return () => watcher.close();
  } catch {
    // No more watches are to be had; whoever waits asks now and then anyway.
    return () => undefined;
  }
}
