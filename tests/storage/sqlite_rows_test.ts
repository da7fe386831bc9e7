import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SqliteConnection } from "../../src/runtime/sqlite.ts";
import { openSqlite } from "../../src/storage/sqlite/open_sqlite.ts";
import {
  commitRequest,
  createOwned,
  createParked,
  runRecord,
  turn,
  worker,
} from "../../src/testing/storage_contract/samples.ts";
import { type ScratchStore, withScratch } from "./scratch_store.ts";

const LARGE = "x".repeat(100_000);

/** How many rows there are of each kind. */
function rows(scratch: ScratchStore): readonly unknown[] {
  const connection = new SqliteConnection(scratch.path(), { isReadOnly: true });
  const counts = ["runs", "journal", "large", "attributes"].map((table) =>
    connection.get(`select count(*) as count from ${table}`)?.["count"]
  );
  connection.close();
  return counts;
}

describe("a SQLite file", () => {
  it("holds nothing any more of a journal that began anew", () =>
    withScratch(async (scratch) => {
      const storage = scratch.keep(await openSqlite(scratch.path()));
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      await createOwned(storage, runRecord("b"), worker("w"));
      for (let head = 1; head < 6; head++) {
        await storage.commitTurn(commitRequest(claim, head, head % 2 === 0 ? { turn: turn(head, LARGE) } : {}));
      }
      assert.deepEqual(rows(scratch), [2, 7, 2, 0]);
      await storage.commitTurn(commitRequest(claim, 6, { restart: true, turn: turn(6, LARGE) }));
      assert.deepEqual(rows(scratch), [2, 2, 1, 0]);
      await storage.commitTurn(commitRequest(claim, 7, { restart: true }));
      assert.deepEqual(rows(scratch), [2, 2, 0, 0]);
    }));

  it("indexes each attribute once, and none of what is gone", () =>
    withScratch(async (scratch) => {
      const storage = scratch.keep(await openSqlite(scratch.path()));
      const claim = await createOwned(storage, runRecord("a", { attributes: { x: 1, y: 2 } }), worker("w"));
      await storage.commitTurn(commitRequest(claim, 1, { change: { attributes: { x: 1, y: 3, z: 4 } } }));
      assert.deepEqual(rows(scratch), [1, 2, 0, 3]);
      await storage.commitTurn(commitRequest(claim, 2, { change: { attributes: {} } }));
      assert.deepEqual(rows(scratch), [1, 3, 0, 0]);
    }));

  it("holds nothing of runs that were deleted", () =>
    withScratch(async (scratch) => {
      const storage = scratch.keep(await openSqlite(scratch.path()));
      const ended = { status: "completed", finishedAt: 9, attributes: { x: 2 } } as const;
      await createParked(storage, runRecord("a", { attributes: { x: 1 } }), ended);
      const child = { parent: { runId: "a", step: "s" }, root: "a", attributes: { child: true } };
      await createParked(storage, runRecord("a/s", child), { status: "completed", finishedAt: 9 });
      assert.deepEqual(rows(scratch), [2, 4, 0, 2]);
      assert.equal(await storage.deleteRuns({ limit: 1 }), 2);
      assert.deepEqual(rows(scratch), [0, 0, 0, 0]);
    }));
});
