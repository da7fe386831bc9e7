/**
 * The names that are visible at one point of a plan: those of this layer, and those of the layers around it.
 *
 * A layer costs what is added to it and not what it sees, so that blocks with thousands of steps stay cheap.
 */
export class NameLayer {
  readonly #own = new Set<string>();
  readonly #outer: NameLayer | undefined;
  readonly #hidden: ReadonlySet<string> | undefined;

  /** `hidden` are names of the outer layers that are not seen from here. */
  constructor(outer?: NameLayer, hidden?: ReadonlySet<string>) {
    this.#outer = outer;
    this.#hidden = hidden;
  }

  has(name: string): boolean {
    return this.#own.has(name) || (this.#outer?.has(name) === true && this.#hidden?.has(name) !== true);
  }

  add(name: string): void {
    this.#own.add(name);
  }

  /** Makes what a layer inside this one has added visible here. */
  absorb(inner: NameLayer): void {
    if (inner === this) return;
    for (const name of inner.#own) this.#own.add(name);
  }

  /** Every visible name; one may come twice. */
  *[Symbol.iterator](): IterableIterator<string> {
    yield* this.#own;
    for (const name of this.#outer ?? []) if (this.#hidden?.has(name) !== true) yield name;
  }
}
