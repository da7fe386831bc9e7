/** Why a run is where it is, in words. */
export interface Explanation {
  /** The whole of it in one sentence. */
  readonly summary: string;
  /** What is behind it, a sentence each. */
  readonly reasons: readonly string[];
  /** What would move it on; empty where it has ended. */
  readonly wakes: readonly string[];
  /** What a person can do. */
  readonly commands: readonly Advice[];
}

/** A command that helps. */
export interface Advice {
  /** What follows `maestro`. Words in capitals stand for what only the person knows. */
  readonly args: readonly string[];
  /** What it does. */
  readonly effect: string;
}
