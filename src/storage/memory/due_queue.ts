/** An entry of a `DueQueue`. */
export interface DueEntry<T> {
  readonly item: T;
  readonly due: number;
  /** Entries that are due at the same time keep their order. */
  readonly number: number;
}

/** Items by the time at which they are due: the next one costs nothing to look at, and adding or taking one the logarithm of their number. */
export class DueQueue<T> {
  /** A binary heap: no entry is due before the one at half its index. */
  readonly #heap: DueEntry<T>[] = [];
  #count = 0;

  /** Adds an item. */
  add(item: T, due: number): void {
    const heap = this.#heap;
    const entry = { item, due, number: this.#count++ };
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!isBefore(entry, heap[above]!)) break;
      heap[index] = heap[above]!;
      index = above;
    }
    heap[index] = entry;
  }

  /** The entry that is due first; `undefined` where there is none. */
  peek(): DueEntry<T> | undefined {
    return this.#heap[0];
  }

  /** Removes the entry that is due first. */
  drop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (below >= heap.length || !isBefore(heap[below]!, last)) break;
      heap[index] = heap[below]!;
      index = below;
    }
    heap[index] = last;
  }
}

function isBefore(a: DueEntry<unknown>, b: DueEntry<unknown>): boolean {
  return a.due < b.due || (a.due === b.due && a.number < b.number);
}
