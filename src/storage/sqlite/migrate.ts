import { MaestroError } from "../../base/errors.ts";
import type { SqliteConnection } from "../../runtime/sqlite.ts";
import { APPLICATION_ID, MIGRATIONS } from "./migrations.ts";

/**
 * Reads a store's version: 0 where the file is empty.
 *
 * @throws {MaestroError} `store_corrupt` where the file is something else, `store_unavailable` where a newer release wrote it.
 */
export function readVersion(connection: SqliteConnection, path: string): number {
  // Another process may be making the store: all that is looked at has to be of one moment.
  connection.exec("begin");
  try {
    return readVersionNow(connection, path);
  } finally {
    connection.exec("commit");
  }
}

function readVersionNow(connection: SqliteConnection, path: string): number {
  const id = Number(connection.get("pragma application_id")?.["application_id"]);
  if (id === APPLICATION_ID) {
    const version = Number(connection.get("select value from meta where key = 'version'")?.["value"]);
    if (version <= MIGRATIONS.length) return version;
    throw new MaestroError(
      "store_unavailable",
      `The store "${path}" has version ${version}, and this release knows ${MIGRATIONS.length}`,
      { hint: "use a release of Maestro that is at least as new as the one that wrote it", details: { path, version } },
    );
  }
  const tables = Number(connection.get("select count(*) as count from sqlite_schema")?.["count"]);
  if (id === 0 && tables === 0) return 0;
  throw new MaestroError("store_corrupt", `"${path}" is a database of another program`, {
    hint: "check the path, or choose another file for the store",
    details: { path },
  });
}

/** Brings a store to the newest version, in one transaction. */
export function migrate(connection: SqliteConnection, path: string): void {
  if (readVersion(connection, path) === MIGRATIONS.length) return;
  connection.exec("begin immediate");
  try {
    // Another process may have been faster.
    const version = readVersionNow(connection, path);
    if (version === 0) {
      connection.exec(`pragma application_id = ${APPLICATION_ID}`);
      connection.exec("create table meta (key text primary key, value not null) without rowid");
      connection.exec("insert into meta (key, value) values ('version', 0)");
    }
    for (const statements of MIGRATIONS.slice(version)) connection.exec(statements);
    connection.run("update meta set value = ? where key = 'version'", [MIGRATIONS.length]);
    connection.exec("commit");
  } catch (error) {
    try {
      connection.exec("rollback");
    } catch {
      // SQLite has done so by itself.
    }
    throw error;
  }
}
