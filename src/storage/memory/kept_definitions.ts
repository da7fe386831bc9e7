interface KeptDefinition {
  readonly text: string;
  /** Runs that pin it. */
  runs: number;
}

/** Definitions by their hashes, each for as long as a run pins it. */
export class KeptDefinitions {
  readonly #definitions = new Map<string, KeptDefinition>();

  /** How many there are. */
  get size(): number {
    return this.#definitions.size;
  }

  /** The text that a hash stands for. */
  read(hash: string): string | undefined {
    return this.#definitions.get(hash)?.text;
  }

  /** Notes that one more run pins a definition. */
  pin(hash: string, text: string): void {
    const kept = this.#definitions.get(hash);
    if (kept === undefined) this.#definitions.set(hash, { text, runs: 1 });
    else kept.runs++;
  }

  /** A definition goes with the last run that pins it. */
  unpin(hash: string): void {
    const kept = this.#definitions.get(hash)!;
    if (--kept.runs === 0) this.#definitions.delete(hash);
  }

  /** Forgets all. */
  clear(): void {
    this.#definitions.clear();
  }
}
