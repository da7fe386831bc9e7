import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeTurn } from "../../src/engine/journal_format.ts";
import { SqliteConnection } from "../../src/runtime/sqlite.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../src/storage/sqlite/migrations.ts";
import { openSqlite } from "../../src/storage/sqlite/open_sqlite.ts";
import { commitRequest, QUEUE, signal, turn, worker } from "../../src/testing/storage_contract/samples.ts";
import { withScratch } from "./scratch_store.ts";

/** Makes a store as the release did that knew the first `version` migrations, with one run of two turns and a message. */
function createOldStore(path: string, version: number): void {
  const connection = new SqliteConnection(path);
  connection.exec(`pragma journal_mode = wal; pragma application_id = ${APPLICATION_ID};
create table meta (key text primary key, value not null) without rowid`);
  for (const statements of MIGRATIONS.slice(0, version)) connection.exec(statements);
  connection.run("insert into meta (key, value) values ('version', ?), ('key_check', '')", [version]);
  connection.run("insert into definitions (hash, body) values ('hash-1', 'definition of hash-1')");
  connection.run("insert into journal (before, body) values (0, ?), (1, null)", [encodeTurn(turn(0))]);
  connection.run("insert into large (seq, body) values (2, ?)", [encodeTurn(turn(1))]);
  connection.run(
    `insert into runs (id, internal_id, workflow, version, definition, queue, root, durability, status, wake_at, started_at,
head, tail, turn_id, token, crashes, mail) values ('old', 'internal', 'orders', '1', 1, ?, 'old', 'sync', 'waiting', 5, 1000,
2, 2, 'old.1', 3, 0, 0)`,
    [QUEUE],
  );
  connection.run(
    "insert into messages (run, id, time, kind, body, is_taken) values (1, 'm', 5, 'signal', ?, 0)",
    ['{"name":"paid","data":null}'],
  );
  connection.close();
}

describe("a store of an older release", () => {
  it("is brought to this version when it is opened, and all that it holds stays as it was", () =>
    withScratch(async (scratch) => {
      createOldStore(scratch.path(), 1);
      const storage = scratch.keep(await openSqlite(scratch.path()));
      const run = await storage.findRun({ runId: "old" });
      assert.deepEqual([run?.attributes, run?.head, run?.status, run?.mail], [{}, 2, "waiting", 1]);
      assert.deepEqual(await storage.readJournal({ runId: "old" }), { from: 0, turns: [turn(0), turn(1)] });
      assert.deepEqual((await storage.listRuns({ limit: 9, text: "ORDERS" })).runs.map(({ id }) => id), ["old"]);
    }));

  it("can do from then on what this version can", () =>
    withScratch(async (scratch) => {
      createOldStore(scratch.path(), 1);
      const storage = scratch.keep(await openSqlite(scratch.path()));
      const { runs: [claimed] } = await storage.claimRuns({ worker: worker("w"), queues: [QUEUE], limit: 1 });
      assert.deepEqual([claimed?.claim.token, claimed?.messages], [4, [signal("old", "m")]]);
      const change = { attributes: { customer: "Ada" } };
      await storage.commitTurn(commitRequest(claimed!.claim, 2, { change, restart: true }));
      assert.deepEqual(await storage.readJournal({ runId: "old" }), { from: 2, turns: [turn(2)] });
      const { runs } = await storage.listRuns({ limit: 9, attributes: change.attributes });
      assert.deepEqual(runs.map(({ attributes }) => attributes), [change.attributes]);
      assert.equal(await storage.deleteRuns({ limit: 1 }), 0);
    }));

  it("is left as it is where it is opened for reading only", () =>
    withScratch(async (scratch) => {
      createOldStore(scratch.path(), 1);
      await assert.rejects(openSqlite(scratch.path(), { isReadOnly: true }), { code: "store_unavailable" });
      await (await openSqlite(scratch.path()))[Symbol.asyncDispose]();
      const storage = scratch.keep(await openSqlite(scratch.path(), { isReadOnly: true }));
      assert.equal((await storage.findRun({ runId: "old" }))?.head, 2);
    }));

  it("is upgraded once where several open it at the same time", () =>
    withScratch(async (scratch) => {
      createOldStore(scratch.path(), 1);
      const handles = await Promise.all([1, 2, 3].map(() => openSqlite(scratch.path())));
      for (const handle of handles) assert.equal((await scratch.keep(handle).findRun({ runId: "old" }))?.head, 2);
    }));
});
