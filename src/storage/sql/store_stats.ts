import type { RunStatus } from "../../engine/run.ts";
import type { StoreStats } from "../../engine/storage.ts";
import { selectAll, selectOne, type SqlWork } from "./sql_work.ts";

/** Counts runs and definitions. */
export function* countRuns(): SqlWork<StoreStats> {
  const rows = yield* selectAll<{ status: RunStatus; count: number }>(
    "select status, count(*) as count from runs group by status",
  );
  const definitions = yield* selectOne<{ count: number }>("select count(*) as count from definitions");
  return {
    runs: Object.fromEntries(rows.map(({ status, count }) => [status, count])),
    definitions: definitions?.count ?? 0,
  };
}
