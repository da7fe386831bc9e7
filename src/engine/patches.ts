import type { JournalTurn } from "./journal.ts";

/**
 * Which changes of its code a run takes part in: those that its journal tells of, and those that it came to first while it ran.
 *
 * A run that has passed a place before the change was made keeps to the old way, for ever.
 */
export class Patches {
  readonly #applied = new Set<string>();
  readonly #passedOver = new Set<string>();

  /** Learns what a journal tells of, before it is replayed. */
  learn(turns: readonly JournalTurn[]): void {
    for (const { entries } of turns) {
      for (const entry of entries) if (entry.type === "patch_applied") this.#applied.add(entry.patch);
    }
  }

  /** Tells whether the run takes the new way; calls back where that is decided here. */
  isApplied(patch: string, isReplaying: boolean, onApplied: () => void): boolean {
    if (this.#applied.has(patch)) return true;
    if (isReplaying) this.#passedOver.add(patch);
    if (this.#passedOver.has(patch)) return false;
    this.#applied.add(patch);
    onApplied();
    return true;
  }
}
