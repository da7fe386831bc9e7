import type { Clock } from "../engine/clock.ts";

/** Something that is going to happen. */
interface Planned {
  readonly due: number;
  readonly number: number;
  happen: (() => void) | undefined;
}

/**
 * A clock that stands still until it is told to go on to the next moment for which something is planned.
 *
 * What is planned for the same moment happens in the order in which it was planned.
 */
export class VirtualClock implements Clock {
  #now: number;
  #count = 0;
  #changes = 0;
  /** A binary heap by `due` and `number`. */
  readonly #heap: Planned[] = [];

  /** `startAt`: milliseconds since the Unix epoch. */
  constructor(startAt: number) {
    this.#now = startAt;
  }

  /** Grows whenever something is planned or called off. */
  get changes(): number {
    return this.#changes;
  }

  now(): number {
    return this.#now;
  }

  /** What is planned for no finite time never happens. */
  after(delayMs: number, happen: () => void): () => void {
    this.#changes++;
    const planned: Planned = { due: this.#now + Math.max(0, delayMs), number: this.#count++, happen };
    if (planned.due < Infinity) this.#push(planned);
    return () => {
      if (planned.happen === undefined) return;
      this.#changes++;
      planned.happen = undefined;
    };
  }

  /** Goes on to the next moment, and lets the first thing happen that is planned for it. Gives `false` where nothing is planned. */
  step(): boolean {
    for (;;) {
      const next = this.#pop();
      if (next === undefined) return false;
      if (next.happen === undefined) continue;
      const { happen } = next;
      next.happen = undefined;
      this.#now = next.due;
      happen();
      return true;
    }
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let place = heap.push(planned) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent]!, planned)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = planned;
  }

  #pop(): Planned | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function isBefore(one: Planned, other: Planned): boolean {
  return one.due < other.due || (one.due === other.due && one.number < other.number);
}
