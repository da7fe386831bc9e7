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
 * What a store on disk does with files. Everything throws the system's error.
 *
 * A database is never opened here while it may be in use: closing any descriptor of a file drops all locks that the process holds on it.
 */
export interface StoreFiles {
  /** An absolute path; relative ones start at the working directory. */
  resolve(path: string): string;
  folderOf(path: string): string;
  /** Creates a folder, and those above it, that only this user may enter. Those that exist are left as they are. */
  createFolder(path: string): void;
  /** Creates an empty file that only this user may read. One that exists is left as it is. */
  create(path: string): void;
  rename(from: string, to: string): void;
  /** Removes a file if it is there. */
  remove(path: string): void;
  /** Names of what is in a folder; none where there is no such folder. */
  list(path: string): string[];
  /** Size in bytes and time of the last change in milliseconds; `undefined` where there is no such file. */
  stat(path: string): { readonly bytes: number; readonly changedAt: number } | undefined;
  /** Writes a byte into a file, so that whoever watches it hears of it. Does nothing where there is none. */
  touch(path: string): void;
  /** The kernel's number for the kind of file system; `undefined` where it says nothing that means the same everywhere. */
  fileSystemType(path: string): number | undefined;
  /** Whether syncing a file leaves its data in the drive's own memory. */
  readonly needsFullSync: boolean;
}

/** The file system, as all three runtimes give it. */
export const storeFiles: StoreFiles = {
  resolve: (path) => resolve(path),
  folderOf: dirname,
  createFolder,
  create(path) {
    try {
      closeSync(openSync(path, "wx", 0o600));
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
  },
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  list(path) {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
  stat(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat && { bytes: stat.size, changedAt: stat.mtimeMs };
  },
  touch(path) {
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
  fileSystemType(path) {
    if (process.platform !== "linux") return undefined;
    try {
      return statfsSync(path).type;
    } catch {
      return undefined;
    }
  },
  needsFullSync: process.platform === "darwin",
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
