import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Storage } from "../../src/engine/storage.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { openSqlite } from "../../src/storage/sqlite/open_sqlite.ts";
import {
  applies,
  type ContractFeatures,
  type ContractStore,
  STORAGE_CONTRACT,
} from "../../src/testing/storage_contract/mod.ts";

/** A clock that goes on only when it is told to. */
function createClock(): Pick<ContractStore, "now" | "advance"> {
  let time = 1_700_000_000_000;
  return {
    now: () => time,
    advance(milliseconds) {
      time += milliseconds;
      return Promise.resolve();
    },
  };
}

function openMemory(): ContractStore {
  const clock = createClock();
  const storage = new MemoryStorage({ now: clock.now });
  return {
    ...clock,
    open: () => Promise.resolve(storage),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

function openFile(encryptKey?: Uint8Array): ContractStore {
  const clock = createClock();
  const folder = mkdtempSync(join(tmpdir(), "maestro-contract-"));
  const handles: Storage[] = [];
  return {
    ...clock,
    async open() {
      const handle = await openSqlite(join(folder, "runs.db"), { now: clock.now, encryptKey });
      handles.push(handle);
      return handle;
    },
    async [Symbol.asyncDispose]() {
      for (const handle of handles) await handle[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

const STORES: readonly (readonly [name: string, features: ContractFeatures, create: () => ContractStore])[] = [
  ["MemoryStorage", { hasHandles: false }, openMemory],
  ["a SQLite file", { hasHandles: true }, openFile],
  [
    "an encrypted SQLite file",
    { hasHandles: true, findsErrorMessages: false },
    () => openFile(crypto.getRandomValues(new Uint8Array(32))),
  ],
];

for (const [name, features, create] of STORES) {
  describe(name, () => {
    for (const promise of STORAGE_CONTRACT.filter((promise) => applies(promise, features))) {
      it(promise.name, async () => {
        const store = create();
        try {
          await promise.run(store);
        } finally {
          await store[Symbol.asyncDispose]();
        }
      });
    }
  });
}

describe("STORAGE_CONTRACT", () => {
  it("has a name of its own for every promise", () => {
    const names = STORAGE_CONTRACT.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });
});
