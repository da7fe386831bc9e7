import { hearDoorbell } from "../../runtime/doorbell.ts";
import { SqliteConnection, SqliteError } from "../../runtime/sqlite.ts";
import { storeFiles } from "../../runtime/store_files.ts";
import type { Presence } from "../sql/presence.ts";

const LOCK = ".lock";
const BELL = ".bell";
/** A lock file on its way to its name. */
const NEW = ".new";

/** For so long a process that was found alive is not asked again, in milliseconds. */
const TRUST_MS = 200;
/** After so long a file that its process never named is left over. */
const LEFT_OVER_MS = 60_000;

/**
 * How processes that share a store know of each other: a folder beside it with two files for each.
 *
 * The lock file is a SQLite database on which its process holds an exclusive lock for as long as it lives; whoever can read it knows that
 * the process is dead, however it died. Locks are the operating system's, and SQLite's way of taking them is the same on every runtime.
 * The bell is written to when the process has mail.
 */
export class WorkerFiles implements Presence {
  readonly name: string = crypto.randomUUID();
  readonly #folder: string;
  /** Held for as long as this process has runs: without a reference the garbage collector would close it. */
  #lock: SqliteConnection | undefined;
  readonly #aliveUntil = new Map<string, number>();

  constructor(store: string) {
    this.#folder = `${store}-workers`;
  }

  announce(): void {
    if (this.#lock !== undefined) return;
    storeFiles.createFolder(this.#folder);
    storeFiles.create(this.#path(BELL));
    const fresh = this.#path(NEW);
    storeFiles.create(fresh);
    const lock = new SqliteConnection(fresh);
    lock.exec("pragma journal_mode = memory");
    lock.exec("begin exclusive");
    // Nobody sees the file under its name before it is locked.
    storeFiles.rename(fresh, this.#path(LOCK));
    this.#lock = lock;
  }

  findDead(names: readonly string[]): string[] {
    return [...new Set(names)].filter((name) => name !== this.name && this.#isDead(name));
  }

  ring(names: readonly string[]): void {
    for (const name of names) storeFiles.touch(this.#path(BELL, name));
  }

  hear(listener: () => void): () => void {
    this.announce();
    return hearDoorbell(this.#path(BELL), listener);
  }

  leave(isForgotten: boolean): void {
    this.#lock?.close();
    if (isForgotten && this.#lock !== undefined) this.#remove(this.name);
    this.#lock = undefined;
  }

  #isDead(name: string): boolean {
    const now = performance.now();
    if ((this.#aliveUntil.get(name) ?? 0) > now) return false;
    const state = this.#probe(name);
    // Without its file nobody can tell; then the lease decides.
    if (state !== "free") this.#aliveUntil.set(name, now + TRUST_MS);
    else this.#aliveUntil.delete(name);
    return state === "free";
  }

  #probe(name: string): "held" | "free" | "missing" {
    let probe: SqliteConnection | undefined;
    try {
      probe = new SqliteConnection(this.#path(LOCK, name), { isReadOnly: true });
      probe.get("select count(*) from sqlite_schema");
      return "free";
    } catch (error) {
      return error instanceof SqliteError && error.kind === "busy" ? "held" : "missing";
    } finally {
      probe?.close();
    }
  }

  tidy(known: readonly string[]): void {
    const files = storeFiles.list(this.#folder);
    const keep = new Set([...known, this.name]);
    for (const file of files) {
      const name = file.slice(0, file.lastIndexOf("."));
      if (keep.has(name)) continue;
      if (file.endsWith(LOCK)) {
        if (this.#probe(name) === "free") this.#remove(name);
      } else if (!files.includes(`${name}${LOCK}`) && this.#isLeftOver(file)) {
        storeFiles.remove(`${this.#folder}/${file}`);
      }
    }
  }

  remove(names: readonly string[]): void {
    for (const name of names) this.#remove(name);
  }

  /** A process that has just begun has files without a lock for a moment. */
  #isLeftOver(file: string): boolean {
    const stat = storeFiles.stat(`${this.#folder}/${file}`);
    return stat !== undefined && stat.changedAt < Date.now() - LEFT_OVER_MS;
  }

  #remove(name: string): void {
    storeFiles.remove(this.#path(BELL, name));
    storeFiles.remove(this.#path(LOCK, name));
  }

  #path(suffix: string, name: string = this.name): string {
    return `${this.#folder}/${name}${suffix}`;
  }
}
