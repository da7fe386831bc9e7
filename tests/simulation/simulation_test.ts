import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { howToRepeat, playSeed } from "./play_seed.ts";

/** Seeds of a run of the tests; `npm run simulate` goes on for as long as one likes. */
const SEEDS = 2_400;

/** Seeds are told apart in groups, so that a failure says soon where it is. */
const GROUP = 400;

/** Seeds that once failed, by what was wrong. */
const ONCE_WRONG: Readonly<Record<number, string>> = {};

describe("the simulation", () => {
  for (let from = 0; from < SEEDS; from += GROUP) {
    it(`ends well with the seeds from ${from} to ${from + GROUP - 1}`, async () => {
      for (let seed = from; seed < from + GROUP; seed++) await mustEndWell(seed);
    });
  }
  for (const [seed, what] of Object.entries(ONCE_WRONG)) {
    it(`ends well with seed ${seed}: ${what}`, () => mustEndWell(Number(seed)));
  }
});

async function mustEndWell(seed: number): Promise<void> {
  const { faults } = await playSeed(seed);
  assert.deepEqual(faults, [], `seed ${seed}: ${howToRepeat(seed)}`);
}
