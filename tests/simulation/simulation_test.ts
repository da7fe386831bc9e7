import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { howToRepeat, type PlayOptions, playSeed } from "./play_seed.ts";
import type { Simulated } from "./simulation.ts";

/** Seeds of a run of the tests; `npm run simulate` goes on for as long as one likes. */
const SEEDS = 2_000;

/** Seeds are told apart in groups, so that a failure says soon where it is. */
const GROUP = 400;

const LOST_SENDERS: PlayOptions = { mayLoseSenders: true };
const BEATS: PlayOptions = { mayBeat: true };

/** Seeds that once failed, by what was wrong. */
const ONCE_WRONG: Readonly<Record<number, string>> = {
  13625: "a run whose creation had arrived after all stood in the way of its second one, and nobody drove it",
  24530: "the end of a child was told to a parent that was just being parked",
  29103: "a message that had been dealt with was handed to the run once more",
  34212: "a process that had lost the run asked whether a step took effect, and then called it",
  40831: "the time of a journal went back when the run was resumed",
  42195: "the second try of an undo sent something else than the first",
  121119: "a process that had lost the run asked whether a step took effect",
  144917: "of two ends of children that were told at once one was forgotten",
  146246: "a run that was resumed again and again forgot a child that had completed",
  312514: "a process that the store had forgotten created a run, and nobody drove it",
  349536: "what had completed beside a failure past the pivot was called again after the run was resumed",
  156583: "a run that others had taken over was begun when its creation was answered at last",
};

describe("the simulation", () => {
  for (let from = 0; from < SEEDS; from += GROUP) {
    it(`ends well with the seeds from ${from} to ${from + GROUP - 1}`, async () => {
      for (let seed = from; seed < from + GROUP; seed++) await mustEndWell(seed);
    });
  }
  it(`ends well where what sends messages crashes, with the seeds from ${SEEDS} to ${SEEDS + GROUP - 1}`, async () => {
    for (let seed = SEEDS; seed < SEEDS + GROUP; seed++) await mustEndWell(seed, LOST_SENDERS);
  });
  it(`ends well where calls tell how far they are, with the seeds from ${SEEDS} to ${SEEDS + GROUP - 1}`, async () => {
    let heard = 0;
    for (let seed = SEEDS; seed < SEEDS + GROUP; seed++) heard += (await mustEndWell(seed, BEATS)).beats.heard;
    assert.ok(heard > 0, "no attempt has heard of one before");
  });
  for (const [seed, what] of Object.entries(ONCE_WRONG)) {
    it(`ends well with seed ${seed}: ${what}`, async () => void await mustEndWell(Number(seed)));
  }
});

async function mustEndWell(seed: number, options?: PlayOptions): Promise<Simulated> {
  const { faults, simulated } = await playSeed(seed, options);
  assert.deepEqual(faults, [], `seed ${seed}: ${howToRepeat(seed)}`);
  return simulated;
}
