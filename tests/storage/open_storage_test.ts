import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { relative } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { MaestroError } from "../../src/base/errors.ts";
import { wait } from "../../src/runtime/later.ts";
import { SqliteConnection } from "../../src/runtime/sqlite.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { MIGRATIONS } from "../../src/storage/sqlite/migrations.ts";
import { createOwned, runRecord, turn, worker } from "../../src/testing/storage_contract/samples.ts";
import { type ScratchStore, withScratch } from "./scratch_store.ts";

const KEY = new Uint8Array(32).fill(1);

/** Makes a store with one run, and closes it. */
async function makeStore(path: string, encryptKey?: Uint8Array): Promise<void> {
  const storage = await openStorage(`sqlite:${path}`, { encryptKey });
  await createOwned(storage, runRecord("first"), worker("w"));
  await storage[Symbol.asyncDispose]();
}

/** Changes a store from outside. */
function tamper(path: string, sql: string): void {
  const connection = new SqliteConnection(path);
  connection.exec(sql);
  connection.close();
}

async function assertRefused(path: string, code: string, message: RegExp, encryptKey?: Uint8Array): Promise<void> {
  const before = existsSync(path) && statSync(path).isFile() ? readFileSync(path) : undefined;
  await assert.rejects(openStorage(`sqlite:${path}`, { encryptKey }), (error) => {
    assert.ok(MaestroError.is(error), String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.ok(error.message.includes(path), error.message);
    assert.ok(error.hint !== undefined);
    return true;
  });
  if (before !== undefined) assert.deepEqual(readFileSync(path), before, "the file has been changed");
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe("openStorage()", () => {
  it("opens this process's memory", async () => {
    assert.ok(await openStorage("memory:") instanceof MemoryStorage);
  });

  for (const url of ["postgres://localhost/db", "mysql://localhost", "redis://localhost"]) {
    it(`says that there is no ${url.split(":")[0]} yet`, async () => {
      await assert.rejects(openStorage(url), { code: "store_unavailable", message: /^This release has no \w+ store$/ });
    });
  }

  for (const url of ["", "runs.db", "sqlite:", "sqlite://", "ftp://x"]) {
    it(`refuses ${JSON.stringify(url)}`, async () => {
      await assert.rejects(openStorage(url), { code: "usage" });
    });
  }

  it("makes a store, its folder and its files for this user only", () =>
    withScratch(async (scratch) => {
      const path = scratch.path("deep/er/runs.db");
      const storage = scratch.keep(await openStorage(`sqlite:${path}`));
      await createOwned(storage, runRecord("a"), worker("w"));
      const files = ["", "-wal", "-shm"].map((suffix) => mode(`${path}${suffix}`));
      assert.deepEqual(files, ["600", "600", "600"]);
      assert.deepEqual([mode(scratch.path("deep")), mode(`${path}-workers`)], ["700", "700"]);
      for (const file of readdirSync(`${path}-workers`)) assert.equal(mode(`${path}-workers/${file}`), "600");
    }));

  it("takes relative paths, and paths as URLs write them", () =>
    withScratch(async (scratch) => {
      await makeStore(scratch.path());
      for (const path of [relative(process.cwd(), scratch.path()), `//${scratch.path()}`]) {
        const storage = scratch.keep(await openStorage(`sqlite:${path}`));
        assert.equal((await storage.findRun({ runId: "first" }))?.head, 1);
      }
    }));

  it("leaves nothing beside the file when it is closed", () =>
    withScratch(async (scratch) => {
      await makeStore(scratch.path());
      assert.deepEqual(readdirSync(scratch.folder).sort(), ["runs.db", "runs.db-workers"]);
      assert.deepEqual(readdirSync(scratch.path("runs.db-workers")), []);
    }));

  it("waits while somebody has the file for himself, as SQLite does when a last connection closes", () =>
    withScratch(async (scratch) => {
      await makeStore(scratch.path());
      const rival = new SqliteConnection(scratch.path());
      rival.exec("pragma locking_mode = exclusive; begin immediate; commit");
      const openings = [false, true].map((isReadOnly) => openStorage(`sqlite:${scratch.path()}`, { isReadOnly }));
      assert.equal(await Promise.race([...openings, wait(20)]), undefined);
      rival.close();
      for (const storage of await Promise.all(openings)) {
        assert.equal((await scratch.keep(storage).findRun({ runId: "first" }))?.head, 1);
      }
    }));

  it("reads without writing, and finds nothing where there is no store", () =>
    withScratch(async (scratch) => {
      const none = await openStorage(`sqlite:${scratch.path("none.db")}`, { isReadOnly: true });
      assert.deepEqual((await none.listRuns({ limit: 9 })).runs, []);
      assert.ok(!existsSync(scratch.path("none.db")));
      await makeStore(scratch.path());
      const storage = scratch.keep(await openStorage(`sqlite:${scratch.path()}`, { isReadOnly: true }));
      assert.deepEqual((await storage.readJournal({ runId: "first" })).turns, [turn(0)]);
      const request = storage.deleteRuns({ endedBefore: 9e15, limit: 1 });
      assert.equal(await request, 0);
      await assert.rejects(createOwned(storage, runRecord("b"), worker("w")), { code: "store_unavailable" });
    }));
});

describe("openStorage() refuses, and leaves as it is,", () => {
  const refused = (name: string, test: (path: string, scratch: ScratchStore) => Promise<void>): void => {
    it(name, () => withScratch((scratch) => test(scratch.path(), scratch)));
  };

  refused("what is no database", async (path) => {
    writeFileSync(path, "these are my notes, and not a store at all\n".repeat(50));
    await assertRefused(path, "store_corrupt", /the file is no SQLite database$/);
  });

  refused("a database of another program", async (path) => {
    tamper(path, "create table notes (text)");
    await assertRefused(path, "store_corrupt", /is a database of another program$/);
  });

  refused("a store of a newer release", async (path) => {
    await makeStore(path);
    tamper(path, "update meta set value = 99 where key = 'version'");
    await assertRefused(path, "store_unavailable", /has version 99, and this release knows \d+$/);
  });

  refused("a damaged store", async (path) => {
    await makeStore(path);
    truncateSync(path, 4_096 * 3);
    await assertRefused(path, "store_corrupt", /the file is damaged$/);
  });

  refused("a folder in place of the file", async (path) => {
    mkdirSync(path);
    await assertRefused(path, "store_unavailable", /cannot be used: /);
  });

  refused("a path below a file", async (path, scratch) => {
    writeFileSync(path, "");
    await assertRefused(scratch.path("runs.db/below.db"), "store_unavailable", /cannot be used: /);
  });

  refused("a folder that cannot be written", async (_path, scratch) => {
    const path = process.getuid?.() === 0 ? "/proc/maestro/runs.db" : scratch.path("locked/runs.db");
    if (process.getuid?.() !== 0) {
      mkdirSync(scratch.path("locked"));
      chmodSync(scratch.path("locked"), 0o500);
    }
    await assertRefused(path, "store_unavailable", /cannot be used: /);
  });

  refused("an encrypted store without a key", async (path) => {
    await makeStore(path, KEY);
    await assertRefused(path, "wrong_key", /is encrypted$/);
  });

  refused("an encrypted store with another key", async (path) => {
    await makeStore(path, KEY);
    await assertRefused(path, "wrong_key", /is encrypted with another key$/, new Uint8Array(32).fill(2));
  });

  refused("a store that is not encrypted with a key", async (path) => {
    await makeStore(path);
    await assertRefused(path, "wrong_key", /is not encrypted$/, KEY);
  });
});

describe("a store on disk", () => {
  it("has steps for each version", () => assert.ok(MIGRATIONS.length > 0));

  it("shows nothing of what is encrypted", () =>
    withScratch(async (scratch) => {
      const storage = scratch.keep(await openStorage(`sqlite:${scratch.path()}`, { encryptKey: KEY }));
      const secret = "hidden-text";
      const record = runRecord("clear-id", {
        output: secret,
        error: { code: "clear-code", message: secret, step: secret, status: null, details: secret },
        pause: { reason: "crash_loop", message: secret },
      });
      const first = { turn: turn(0, secret), turnId: "t" };
      await storage.createRun({ run: record, definition: secret, worker: worker("w"), first });
      const message = { runId: "clear-id", id: "m", time: 1, kind: "signal", name: secret, data: secret } as const;
      await storage.deliver({ message });
      const content = ["", "-wal"].map((suffix) => readFileSync(`${scratch.path()}${suffix}`, "latin1")).join("");
      assert.ok(content.includes("clear-id") && content.includes("clear-code"));
      assert.ok(!content.includes(secret));
    }));

  it("says which run and turn are damaged", () =>
    withScratch(async (scratch) => {
      await makeStore(scratch.path());
      tamper(scratch.path(), "update journal set body = 'rubbish'");
      const storage = scratch.keep(await openStorage(`sqlite:${scratch.path()}`));
      await assert.rejects(storage.readJournal({ runId: "first" }), {
        code: "store_corrupt",
        message: 'turn 1 of run "first" cannot be read: it is no JSON',
      });
    }));

  it("refuses a value that is too large, and goes on", () =>
    withScratch(async (scratch) => {
      const options = { mostPayloadBytes: 1_000 };
      const storage = scratch.keep(await openStorage(`sqlite:${scratch.path()}`, options));
      const claim = await createOwned(storage, runRecord("a"), worker("w"));
      const commit = (text: string, output: string): Promise<void> =>
        storage.commitTurn({ claim, head: 1, turnId: "t", turn: turn(1, text), change: { output } });
      await assert.rejects(commit("x".repeat(2_000), "small"), { code: "payload_too_large" });
      await assert.rejects(commit("small", "x".repeat(2_000)), { code: "payload_too_large" });
      await commit("small", "small");
      assert.equal((await storage.findRun({ runId: "a" }))?.output, "small");
    }));
});
