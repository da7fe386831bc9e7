import { RunStore } from "./run_store.ts";

/** Options of `openRunStore`. */
export interface OpenRunStoreOptions {
  /** The content of a key file, and its name for errors. @default payloads are not encrypted */
  readonly key?: { readonly name: string; readonly content: Uint8Array } | undefined;
  /** Whether the store is only read; then none is made. @default false */
  readonly isReadOnly?: boolean | undefined;
}

/**
 * Opens a store by its URL (`memory:`, `sqlite:PATH`), and makes it where there is none.
 *
 * @throws {MaestroError} `store_unavailable`, `store_corrupt`, `wrong_key`; `usage` for a URL or a key that is none.
 */
export async function openRunStore(url: string, { key, isReadOnly }: OpenRunStoreOptions = {}): Promise<RunStore> {
  const { openStorage } = await import("./storage/open_storage.ts");
  if (key === undefined) return new RunStore(await openStorage(url, { isReadOnly }));
  const { parseKey } = await import("./storage/parse_key.ts");
  return new RunStore(await openStorage(url, { isReadOnly, encryptKey: parseKey(key.content, key.name) }));
}
