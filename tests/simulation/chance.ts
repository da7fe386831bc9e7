import { seededRandom } from "../../src/base/seeded_random.ts";

/** Decisions that follow from one text: the same seed gives the same simulation. */
export class Chance {
  readonly #seed: string;
  readonly next: () => number;
  #forks = 0;

  constructor(seed: string) {
    this.#seed = seed;
    this.next = seededRandom(seed);
  }

  /** A series of its own: what is drawn there moves nothing here. */
  fork(name?: string): Chance {
    return new Chance(`${this.#seed}/${name ?? this.#forks++}`);
  }

  /** Tells whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** One of several. */
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  /** One of several, by weight. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries<number>(weights);
    let rest = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      rest -= weight;
      if (rest < 0) return name as T;
    }
    return entries.at(-1)![0] as T;
  }

  /** Mostly near `low`, now and then up to `high`: how delays are. */
  delay(low: number, high: number): number {
    return low + Math.floor((high - low) * this.next() ** 4);
  }
}
