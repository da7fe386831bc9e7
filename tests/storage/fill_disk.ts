// Fills the disk that a store is on, makes room again, and goes on: `fill_disk.ts PATH`. Writes what happened as one line of JSON.
import { rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { MaestroError } from "../../src/base/errors.ts";
import { SqliteConnection } from "../../src/runtime/sqlite.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { commitRequest, createOwned, runRecord, turn, worker } from "../../src/testing/storage_contract/samples.ts";

const path = process.argv[2]!;
const ballast = `${path}.ballast`;
writeFileSync(ballast, new Uint8Array(400_000));
const storage = await openStorage(`sqlite:${path}`);
const claim = await createOwned(storage, runRecord("a"), worker("w"));
let head = 1;
const refusals: unknown[] = [];

const commit = (): Promise<void> =>
  storage.commitTurn(commitRequest(claim, head, { turn: turn(head, "x".repeat(50_000)) }));

while (refusals.length < 2 && head < 1_000) {
  try {
    await commit();
    head++;
  } catch (error) {
    refusals.push(MaestroError.is(error) ? { code: error.code, message: error.message } : String(error));
  }
}
const full = head;
rmSync(ballast);
await commit();
head++;
const turns = (await storage.readJournal({ runId: "a" })).turns.length;
await storage[Symbol.asyncDispose]();
const connection = new SqliteConnection(path);
const integrity = connection.get("pragma integrity_check")?.["integrity_check"];
connection.close();
console.log(JSON.stringify({ refusals, isFull: full < 1_000, head, turns, integrity }));
