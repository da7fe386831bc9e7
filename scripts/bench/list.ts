import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ListRunsRequest } from "../../src/engine/storage.ts";
import { openSqlite } from "../../src/storage/sqlite/open_sqlite.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** What a page of runs takes in a store of a million. */
export interface ListRow {
  readonly filter: string;
  readonly runs: number;
  /** How many runs the filter leaves. */
  readonly matches: number;
  /** Milliseconds of a page, and of a bare statement that finds the same rows. */
  readonly maestro: Spread;
  readonly bare: Spread;
}

interface Case {
  readonly filter: string;
  readonly request: Omit<ListRunsRequest, "limit">;
  /** The same as a condition in SQL. */
  readonly where: string;
  readonly values: readonly SQLInputValue[];
}

const RUNS = 1_000_000;
const PAGE = 50;

const LIKE = "id like ? or workflow like ? or error_code like ? or error_message like ?";

const CASES: readonly Case[] = [
  { filter: "none", request: {}, where: "true", values: [] },
  { filter: "status", request: { status: ["failed"] }, where: "status = ?", values: ["failed"] },
  { filter: "status, rare", request: { status: ["waiting"] }, where: "status = ?", values: ["waiting"] },
  { filter: "workflow", request: { workflow: "workflow_7" }, where: "workflow = ?", values: ["workflow_7"] },
  { filter: "workflow, rare", request: { workflow: "yearly" }, where: "workflow = ?", values: ["yearly"] },
  {
    filter: "status and workflow",
    request: { status: ["failed"], workflow: "workflow_7" },
    where: "status = ? and workflow = ?",
    values: ["failed", "workflow_7"],
  },
  textCase("text", "timeout"),
  textCase("text, rare", "Atlantis"),
  textCase("text, nowhere", "no such text"),
];

function textCase(filter: string, text: string): Case {
  return { filter, request: { text }, where: `(${LIKE})`, values: Array.from({ length: 4 }, () => `%${text}%`) };
}

/** Lists the newest 50 among a million runs, by several filters. */
export async function benchList({ rounds }: { readonly rounds: number }): Promise<ListRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  try {
    const path = join(folder, "million.db");
    const storage = await openSqlite(path);
    const database = new DatabaseSync(path);
    database.exec(FILL);
    const rows: ListRow[] = [];
    for (const { filter, request, where, values } of CASES) {
      const bare = database.prepare(`select * from runs where ${where} order by seq desc limit ${PAGE}`);
      const times = { maestro: [] as number[], bare: [] as number[] };
      for (let round = -1; round < rounds; round++) {
        const start = performance.now();
        const { runs } = await storage.listRuns({ ...request, limit: PAGE });
        const between = performance.now();
        const found = bare.all(...values);
        const end = performance.now();
        assert.deepEqual(runs.map(({ id }) => id), found.map(({ id }) => id));
        if (round < 0) continue;
        times.maestro.push(between - start);
        times.bare.push(end - between);
      }
      const counted = database.prepare(`select count(*) as count from runs where ${where}`).get(...values);
      rows.push({
        filter,
        runs: RUNS,
        matches: Number(counted?.["count"]),
        maestro: spreadOf(times.maestro),
        bare: spreadOf(times.bare),
      });
    }
    database.close();
    await storage[Symbol.asyncDispose]();
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A million runs: of 100, two failed; a few wait, and very few are of a rare workflow or failed with a rare error, all long ago. */
const FILL = `
pragma synchronous = off;
begin;
insert into definitions (seq, hash, body) values (1, 'sha256-0', '{}');
with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${RUNS})
insert into runs (seq, id, internal_id, workflow, version, definition, queue, root, durability, status, cause, wake_at,
  started_at, finished_at, head, tail, turn_id, token, crashes, mail, error_code, error_message, error, output)
select n, id, id, case when n % 100000 = 5000 then 'yearly' else 'workflow_' || (n % 20) end, '1.0', 1, 'local', id, 'sync',
  status, iif(status = 'failed', 'error', null), iif(status = 'waiting', 4102444800000, null),
  1750000000000 + n * 100, iif(status = 'waiting', null, 1750000000000 + n * 100 + 1500), 22, 0, id, 1, 0, 0,
  iif(status = 'failed', 'http_504', null), iif(status = 'failed', message, null),
  iif(status = 'failed', json_object('code', 'http_504', 'message', message), null),
  iif(status = 'completed', '{"order":"ord-7f3a","payment":"pay-5d80","tracking":"NX-2040-8812"}', null)
from (
  select n, printf('01977a2c-%04x-7%03x-8000-%012x', n >> 8, n & 255, n * 7919) as id,
    case when n % 100000 = 9 then 'waiting' when n % 50 = 7 then 'failed' else 'completed' end as status,
    case when n = 4007 then 'HTTP 422 from POST /pickups: no van goes to Atlantis'
      else 'HTTP 504 from POST /charges: Gateway Timeout' end as message
  from numbers
);
commit;
pragma wal_checkpoint(truncate);
`;
