import { SqliteConnection } from "../../runtime/sqlite.ts";
import { storeFiles } from "../../runtime/store_files.ts";
import { containsValue } from "../sql/attribute_rows.ts";
import { containsText } from "../sql/list_runs.ts";

/** A statement blocks its thread for at most so long. */
const BUSY_MS = 4;

/** Opens a connection to a store, with the settings that each one needs and the functions that statements call. */
export function openConnection(path: string, isReadOnly = false): SqliteConnection {
  const connection = new SqliteConnection(path, { isReadOnly, busyMs: BUSY_MS });
  connection.define("contains_text", containsText);
  connection.define("contains_value", containsValue);
  connection.exec("pragma foreign_keys = off; pragma temp_store = memory");
  if (storeFiles.needsFullSync) connection.exec("pragma fullfsync = on; pragma checkpoint_fullfsync = on");
  return connection;
}
