import { setImmediate } from "node:timers";

/** Something that is going to happen. */
interface Event {
  readonly due: number;
  readonly number: number;
  happen: (() => void) | undefined;
}

/** Why time stopped. */
export type Stop = "over" | "nothing left" | "too late";

/**
 * The time of a simulation: it moves on to the next event only when nothing can make progress without.
 *
 * What happens at the same moment happens in the order in which it was planned.
 */
export class VirtualTime {
  readonly #isBusy: () => boolean;
  #now = 0;
  #count = 0;
  /** A binary heap by `due` and `number`. */
  readonly #events: Event[] = [];

  /** `isBusy` tells whether something outside of the simulation still works on what was asked for; no time passes meanwhile. */
  constructor(isBusy: () => boolean = () => false) {
    this.#isBusy = isBusy;
  }

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now;
  }

  /** Plans something; gives a function that calls it off. */
  after(delayMs: number, happen: () => void): () => void {
    const event: Event = { due: this.#now + Math.max(0, delayMs), number: this.#count++, happen };
    this.#push(event);
    return () => event.happen = undefined;
  }

  /** Lets time pass until it is over, nothing is planned any more, or the limit has passed. */
  async run(isOver: () => boolean, limitMs: number): Promise<Stop> {
    await this.#settle();
    while (!isOver()) {
      const event = this.#pop();
      if (event === undefined) return "nothing left";
      if (event.happen === undefined) continue;
      if (event.due > limitMs) return "too late";
      this.#now = event.due;
      event.happen();
      await this.#settle();
    }
    return "over";
  }

  async #settle(): Promise<void> {
    do await settle(); while (this.#isBusy());
  }

  #push(event: Event): void {
    const events = this.#events;
    let place = events.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, events[parent]!)) break;
      events[place] = events[parent]!;
      place = parent;
    }
    events[place] = event;
  }

  #pop(): Event | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || first === last) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child++;
      if (!isBefore(events[child]!, last!)) break;
      events[place] = events[child]!;
      place = child;
    }
    events[place] = last!;
    return first;
  }
}

/** The event loop reaches this only when every promise and every tick has had its turn. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(one: Event, other: Event): boolean {
  return one.due < other.due || (one.due === other.due && one.number < other.number);
}
