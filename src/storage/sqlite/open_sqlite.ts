import { MaestroError, toError } from "../../base/errors.ts";
import type { SqliteConnection } from "../../runtime/sqlite.ts";
import { storeFiles } from "../../runtime/store_files.ts";
import { type Cipher, createCipher } from "../cipher.ts";
import { SqlStorage } from "../sql/sql_storage.ts";
import { explainSqliteError } from "./explain_sqlite_error.ts";
import { readVersion } from "./migrate.ts";
import { MIGRATIONS } from "./migrations.ts";
import { networkFileSystem } from "./network_file_systems.ts";
import { patiently } from "./sqlite_committer.ts";
import { SqliteDriver } from "./sqlite_driver.ts";
import { WorkerFiles } from "./worker_files.ts";

/** Options of `openSqlite`. */
export interface OpenSqliteOptions {
  /** The key of 32 bytes that payloads are encrypted with. @default payloads are kept clear */
  readonly encryptKey?: Uint8Array | undefined;
  /** Whether the store is only read, and neither created nor brought to this version. @default false */
  readonly isReadOnly?: boolean | undefined;
  /** Most bytes of one value. @default 16 MiB */
  readonly mostPayloadBytes?: number | undefined;
  /** The store's wall clock in milliseconds. @default the machine's */
  readonly now?: (() => number) | undefined;
}

/** The first release of SQLite without a fault that could damage a WAL database in use by several processes. */
const OLDEST_SQLITE: readonly number[] = [3, 51, 3];

const MOST_PAYLOAD_BYTES = 16 * 1_048_576;

/**
 * Opens a store in a SQLite file, and creates it where there is none: readable by this user only.
 *
 * Several processes, and several handles of one, may use a file at once.
 *
 * @throws {MaestroError} `store_unavailable`, `store_corrupt`, or `wrong_key`.
 */
export async function openSqlite(file: string, options: OpenSqliteOptions = {}): Promise<SqlStorage> {
  const path = storeFiles.resolve(file);
  const { isReadOnly = false, now = Date.now, mostPayloadBytes = MOST_PAYLOAD_BYTES } = options;
  let driver: SqliteDriver | undefined;
  try {
    prepareFile(path, isReadOnly);
    const presence = new WorkerFiles(path);
    driver = new SqliteDriver({ path, isReadOnly, files: presence.name, now });
    const { connection } = driver;
    // Preparing whatever statement reads the file where the runtime is Bun.
    await patiently(path, () => checkSqlite(connection));
    await prepareConnection(driver, path, isReadOnly);
    const cipher = await openCipher(driver, path, options);
    return new SqlStorage({ driver, presence, isReadOnly, cipher, mostPayloadBytes, now });
  } catch (error) {
    await driver?.close();
    throw explainSqliteError(toError(error), path);
  }
}

function checkSqlite(connection: SqliteConnection): void {
  const version = String(connection.get("select sqlite_version() as version")?.["version"]);
  const parts = version.split(".").map(Number);
  const place = OLDEST_SQLITE.findIndex((number, index) => parts[index] !== number);
  if (place < 0 || parts[place]! > OLDEST_SQLITE[place]!) return;
  throw new MaestroError("store_unavailable", `This runtime has SQLite ${version}, which can damage a store`, {
    hint: `use a runtime with SQLite ${OLDEST_SQLITE.join(".")} or later, or the maestro binary`,
  });
}

function prepareFile(path: string, isReadOnly: boolean): void {
  const folder = storeFiles.folderOf(path);
  if (!isReadOnly) storeFiles.createFolder(folder);
  const network = networkFileSystem(storeFiles.fileSystemType(folder) ?? 0);
  if (network !== undefined) {
    throw new MaestroError("store_unavailable", `The store "${path}" is on a network file system (${network})`, {
      hint: "choose a folder on a local disk: locks do not hold between machines, and the store would be damaged",
      details: { path },
    });
  }
  // SQLite gives its other files the same rights.
  if (!isReadOnly) storeFiles.create(path);
}

async function prepareConnection(driver: SqliteDriver, path: string, isReadOnly: boolean): Promise<void> {
  const { connection } = driver;
  // What is no store of ours is told before anything is written into it.
  const version = await patiently(path, () => readVersion(connection, path));
  if (isReadOnly && version === MIGRATIONS.length) return;
  if (isReadOnly) {
    throw new MaestroError("store_unavailable", `The store "${path}" was written by an older release`, {
      hint: "open it once for writing, which brings it to this release's version",
      details: { path, version },
    });
  }
  const mode = await patiently(path, () => connection.get("pragma journal_mode = wal")?.["journal_mode"]);
  if (mode !== "wal") {
    throw new MaestroError("store_unavailable", `The store "${path}" is on a file system that has no shared memory`, {
      hint: "choose a folder on a local disk",
      details: { path },
    });
  }
  await driver.migrate();
}

const KEY_CHECK_PLACE = "the key check of the store";
const KEY_CHECK_TEXT = "maestro";
const READ_KEY_CHECK = "select value from meta where key = 'key_check'";

/** The first opening decides whether a store is encrypted; a text sealed then tells later whether a key is the right one. */
async function openCipher(
  driver: SqliteDriver,
  path: string,
  { encryptKey, isReadOnly }: OpenSqliteOptions,
): Promise<Cipher | undefined> {
  const { connection } = driver;
  const cipher = encryptKey && await createCipher(encryptKey);
  const fresh = await cipher?.seal(KEY_CHECK_TEXT, KEY_CHECK_PLACE);
  const check = await patiently(path, () => {
    const known = connection.get(READ_KEY_CHECK)?.["value"];
    if (known !== undefined || isReadOnly === true) return known ?? "";
    // Another process may be faster.
    connection.run("insert into meta (key, value) values ('key_check', ?) on conflict (key) do nothing", [fresh ?? ""]);
    return connection.get(READ_KEY_CHECK)?.["value"] ?? "";
  });
  const isEncrypted = check instanceof Uint8Array;
  if (!isEncrypted && cipher === undefined) return undefined;
  if (!isEncrypted) {
    throw wrongKey(`The store "${path}" is not encrypted`, "open it without a key, or choose another file");
  }
  if (cipher === undefined) throw wrongKey(`The store "${path}" is encrypted`, "give the key that it was made with");
  try {
    await cipher.open(check, KEY_CHECK_PLACE);
  } catch {
    throw wrongKey(`The store "${path}" is encrypted with another key`, "give the key that it was made with");
  }
  return cipher;
}

function wrongKey(message: string, hint: string): MaestroError {
  return new MaestroError("wrong_key", message, { hint });
}
