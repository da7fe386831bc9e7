import { MaestroError } from "../base/errors.ts";
import { fileReason } from "../base/file_reason.ts";
import { folderOf, toSlashes } from "../base/paths.ts";
import type { Host } from "../runtime/runtime.ts";
import { openRunStore } from "../open_run_store.ts";
import type { RunStore } from "../run_store.ts";
import { type Cli, say } from "./cli.ts";
import { fileError } from "./report_error.ts";
import type { Settings } from "./settings.ts";

/** A store that is open. */
export interface OpenStore {
  readonly store: RunStore;
  /** Whether its runs outlive this process. */
  readonly isKept: boolean;
}

/** The store that keeps nothing. */
const MEMORY = "memory:";

/** What stands before a path in the URL of a store on disk. */
const SQLITE = "sqlite:";

const SQLITE_PATH = /^sqlite:(?:\/\/)?(.+)$/i;

/** Where runs are kept unless a store is named; `undefined` where the user has no home. */
export function defaultStorePath(host: Host): string | undefined {
  const home = host.env("HOME") || host.env("USERPROFILE");
  const local = host.platform.startsWith("win32") ? host.env("LOCALAPPDATA") : undefined;
  const base = host.env("XDG_STATE_HOME") || local || (home && `${home}/.local/state`);
  return base ? `${toSlashes(base)}/maestro/maestro.db` : undefined;
}

/**
 * Opens the store that runs are started in, and makes it where there is none.
 *
 * Where no store is named and the user's state folder cannot be written, this is said once and runs are kept in memory.
 *
 * @throws {MaestroError} `store_unavailable` for a store that cannot be opened, and errors of the key's file.
 */
export async function openStore(cli: Cli, settings: Settings): Promise<OpenStore> {
  const { host } = cli;
  if (settings.store !== undefined) return await open(cli, settings, settings.store);
  const path = defaultStorePath(host);
  const obstacle = path === undefined
    ? "neither XDG_STATE_HOME nor HOME is set"
    : await host.files.probeFolder(folderOf(path)).then(
      () => undefined,
      (error) => `${folderOf(path)} cannot be written: ${fileReason(error)}`,
    );
  if (obstacle === undefined) return await open(cli, settings, `${SQLITE}${path}`);
  if (!settings.quiet) {
    say(cli, cli.style.yellow(`The run is kept in memory only, and is gone with this process: ${obstacle}`));
  }
  return await open(cli, settings, MEMORY);
}

/** Options of `openExistingStore`. */
export interface ExistingStoreOptions {
  /** Whether runs are only looked at. */
  readonly isReadOnly: boolean;
}

/** The store that runs are looked for in: its URL, and whether there is one. */
export async function findStore(
  { host }: Cli,
  settings: Settings,
): Promise<{ readonly url: string; readonly isThere: boolean }> {
  const standard = defaultStorePath(host);
  const url = settings.store ?? (standard === undefined ? MEMORY : `${SQLITE}${standard}`);
  const path = SQLITE_PATH.exec(url)?.[1];
  return { url, isThere: path === undefined || await host.files.exists(path) };
}

/**
 * Opens the store that runs are looked for in. Makes none: where none is named and there is none yet, it is empty.
 *
 * @throws {MaestroError} `store_unavailable` for a named store that is not there, or one that cannot be opened.
 */
export async function openExistingStore(
  cli: Cli,
  settings: Settings,
  options: ExistingStoreOptions,
): Promise<OpenStore> {
  const { url, isThere } = await findStore(cli, settings);
  if (isThere) return await open(cli, settings, url, options);
  if (settings.store === undefined) return await open(cli, settings, MEMORY);
  throw new MaestroError("store_unavailable", `There is no store "${SQLITE_PATH.exec(url)?.[1]}"`, {
    hint: "the first `maestro execute` with this --store makes it",
  });
}

async function open(
  cli: Cli,
  settings: Settings,
  url: string,
  { isReadOnly }: ExistingStoreOptions = { isReadOnly: false },
): Promise<OpenStore> {
  const key = settings.encryptKeyFile === undefined || url === MEMORY
    ? undefined
    : await readKeyFile(cli, settings.encryptKeyFile);
  return { store: await openRunStore(url, { key, isReadOnly }), isKept: url !== MEMORY };
}

async function readKeyFile(cli: Cli, path: string): Promise<{ readonly name: string; readonly content: Uint8Array }> {
  const content = await cli.host.files.readBytes(path).catch((error) => {
    throw fileError("the key", path, error);
  });
  return { name: path, content };
}
