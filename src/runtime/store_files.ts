import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";

/**
 * What a store on disk does with files.
 *
 * The database itself is never opened here while it may be in use: closing any descriptor of a file drops all locks that the process
 * holds on it.
 */
export const storeFiles = {
  /** An absolute path; relative ones start at the working directory. */
  resolve: (path: string): string => resolve(path),
  folderOf: (path: string): string => dirname(path),
  /** Creates a folder, and those above it, that only this user may enter. Those that exist are left as they are. */
  createFolder,
  /** Creates an empty file that only this user may read. One that exists is left as it is. Throws the system's error. */
  create(path: string): void {
    try {
      closeSync(openSync(path, "wx", 0o600));
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
  },
  rename(from: string, to: string): void {
    renameSync(from, to);
  },
  /** Removes a file, or a folder with what is in it, if it is there. */
  remove(path: string): void {
    rmSync(path, { force: true, recursive: true });
  },
  /** Names of what is in a folder; none where there is no such folder. */
  list(path: string): string[] {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
  /** Size in bytes and time of the last change in milliseconds; `undefined` where there is no such file. */
  stat(path: string): { readonly bytes: number; readonly changedAt: number } | undefined {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat && { bytes: stat.size, changedAt: stat.mtimeMs };
  },
  /** Writes a byte into a file that exists, so that whoever watches it hears of it. */
  touch(path: string): void {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, "r+");
      writeSync(descriptor, "!", 0);
    } catch {
      // Its owner has gone.
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  },
  /** The kernel's number for the kind of file system; `undefined` where it says nothing that means the same everywhere. */
  fileSystemType(path: string): number | undefined {
    if (process.platform !== "linux") return undefined;
    try {
      return statfsSync(path).type;
    } catch {
      return undefined;
    }
  },
  /** Whether syncing a file leaves its data in the drive's own memory. */
  needsFullSync: (process.platform === "darwin") as boolean,
};

/** Not `recursive`: Node then tries for ever where a file system has a folder and lets none be made in it, as /proc does. */
function createFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as { code?: string };
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path || statSync(parent, { throwIfNoEntry: false }) !== undefined) throw error;
    createFolder(parent);
    createFolder(path);
  }
}
