import { Chance } from "./chance.ts";
import { drawProfile, NO_FAULTS } from "./faults.ts";
import { judge } from "./oracle.ts";
import type { Program } from "./program.ts";
import { randomProgram } from "./random_program.ts";
import { simulate, type Simulated, type SimulationOptions } from "./simulation.ts";

/** What came of one seed. */
export interface Played {
  /** What was wrong; empty: nothing. */
  readonly faults: readonly string[];
  readonly program: Program;
  /** The simulation in which it was, or the last. */
  readonly simulated: Simulated;
}

/** What a seed is played with. */
export type PlayOptions = Pick<SimulationOptions, "openStore" | "isBusy" | "wrapStore" | "mayLoseSenders" | "mayBeat">;

/** So many seeds in a row share a program: loading it costs as much as several simulations. */
const SEEDS_A_PROGRAM = 6;

/** One seed in so many has every beginning of its journals replayed. */
const THOROUGH_SEEDS = 4;

interface Prepared {
  readonly program: Program;
  readonly calm: Simulated;
  readonly faults: readonly string[];
}

interface Cached {
  readonly name: string;
  readonly options: PlayOptions;
  readonly value: Promise<Prepared>;
}

const USUAL: PlayOptions = {};
let cached: Cached | undefined;

/** Plays the program of a seed twice, once while nothing goes wrong and once while much does, and judges both. */
export async function playSeed(seed: number, options: PlayOptions = USUAL): Promise<Played> {
  const { program, calm, faults } = await prepare(String(Math.floor(seed / SEEDS_A_PROGRAM)), options);
  if (faults.length > 0) return { faults: faults.map((fault) => `without faults: ${fault}`), program, simulated: calm };
  const profile = drawProfile(new Chance(`profile ${seed}`));
  const simulated = await simulate({ ...options, program, profile, seed: `seed ${seed}` });
  const isThorough = seed % THOROUGH_SEEDS === 0;
  return { faults: await judge({ program, simulated, calm, isThorough }), program, simulated };
}

/** How to play a seed alone. */
export function howToRepeat(seed: number): string {
  return `npm run simulate -- --from ${seed} --seeds 1 --show`;
}

function prepare(name: string, options: PlayOptions): Promise<Prepared> {
  if (cached?.name !== name || cached.options !== options) cached = { name, options, value: play(name, options) };
  return cached.value;
}

async function play(name: string, options: PlayOptions): Promise<Prepared> {
  const program = await randomProgram(name);
  const calm = await simulate({ ...options, mayLoseSenders: false, program, profile: NO_FAULTS, seed: `calm ${name}` });
  return { program, calm, faults: await judge({ program, simulated: calm, isThorough: true }) };
}
