import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Storage } from "../../src/engine/storage.ts";
import { openSqlite } from "../../src/storage/sqlite/open_sqlite.ts";
import { withScratch } from "../storage/scratch_store.ts";
import { type PlayOptions, playSeed } from "./play_seed.ts";

/** Seeds that are played; each waits for the disk. */
const SEEDS = 24;

describe("the simulation over SQLite", () => {
  it(`ends well with the seeds from 0 to ${SEEDS - 1}`, () =>
    withScratch(async (scratch) => {
      let asked = 0;
      let files = 0;
      const options: PlayOptions = {
        openStore: async (now) => {
          const storage = scratch.keep(await openSqlite(scratch.path(`${files++}.db`), { now }));
          return counted(storage, (change) => asked += change);
        },
        isBusy: () => asked > 0,
        mayLoseSenders: true,
      };
      for (let seed = 0; seed < SEEDS; seed++) {
        const { faults } = await playSeed(seed, options);
        assert.deepEqual(faults, [], `seed ${seed}`);
      }
    }));
});

/** The same store; tells when something is asked of it, and when it has answered. */
function counted(storage: Storage, count: (change: 1 | -1) => void): Storage {
  return new Proxy(storage, {
    get: (target, name: keyof Storage) => {
      const member = target[name] as unknown;
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        const answer = member.apply(target, args);
        if (!(answer instanceof Promise)) return answer;
        count(1);
        return answer.finally(() => count(-1));
      };
    },
  });
}
