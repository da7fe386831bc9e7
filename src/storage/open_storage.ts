import { MaestroError } from "../base/errors.ts";
import type { Storage } from "../engine/storage.ts";
import { storeFiles } from "../runtime/store_files.ts";
import { MemoryStorage } from "./memory_storage.ts";

/** Options of `openStorage`. */
export interface OpenStorageOptions {
  /** The key of 32 bytes that payloads are encrypted with (see `parseKey`). @default payloads are kept clear */
  readonly encryptKey?: Uint8Array | undefined;
  /** Whether the store is only read. Where there is none yet it is then empty, and none is created. @default false */
  readonly isReadOnly?: boolean | undefined;
  /** Most bytes of one value that a run carries. @default 16 MiB */
  readonly mostPayloadBytes?: number | undefined;
}

/** Stores that later releases will have. */
const PLANNED: ReadonlySet<string> = new Set(["postgres", "postgresql", "mysql", "redis", "rediss"]);

/**
 * Opens the store that a URL names, ready for use: `memory:` for this process's memory, `sqlite:PATH` for a file. Relative paths start at
 * the working directory. Code and files of a store are loaded only when it is asked for.
 *
 * The caller closes it (`Symbol.asyncDispose`).
 *
 * @throws {MaestroError} `usage` for what is no such URL, `store_unavailable`, `store_corrupt`, `wrong_key`.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, openStorage } from "maestro";
 *
 * // "sqlite:runs.db" keeps runs in a file.
 * const storage = await openStorage("memory:");
 * const maestro = createMaestro({ runtime: await createRuntime(), storage });
 * for await (const run of maestro.list({ status: ["running"] })) console.log(run.id);
 * await maestro.close();
 * ```
 */
export async function openStorage(url: string, options: OpenStorageOptions = {}): Promise<Storage> {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? [];
  const kind = scheme.toLowerCase();
  if (kind === "memory") return new MemoryStorage();
  if (kind === "sqlite") return await openFile(pathOf(rest, url), options);
  if (PLANNED.has(kind)) {
    throw new MaestroError("store_unavailable", `This release has no ${kind} store`, {
      hint: "use sqlite:PATH or memory:",
    });
  }
  throw new MaestroError("usage", `"${scheme === "" ? url : `${scheme}:`}" names no store`, {
    hint: "use sqlite:PATH, for example sqlite:./runs.db, or memory:",
  });
}

async function openFile(path: string, options: OpenStorageOptions): Promise<Storage> {
  if (options.isReadOnly === true && (storeFiles.stat(path)?.bytes ?? 0) === 0) return new MemoryStorage();
  const { openSqlite } = await import("./sqlite/open_sqlite.ts");
  return await openSqlite(path, options);
}

/** `sqlite:a.db`, `sqlite:/a.db`, and `sqlite:///a.db` as in a URL. */
function pathOf(rest: string, url: string): string {
  const path = rest.startsWith("//") ? rest.slice(2) : rest;
  if (path === "") throw new MaestroError("usage", `"${url}" names no file`, { hint: "write sqlite:PATH" });
  return path;
}
