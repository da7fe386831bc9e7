/** What chaos came to. */
export interface ChaosReport {
  /** How many faults were tried. */
  readonly faults: number;
  readonly violations: readonly ChaosViolation[];
}

/** A fault after which a run was not as it has to be. */
export interface ChaosViolation {
  /** What went wrong on purpose. */
  readonly fault: string;
  /** What is not as it has to be. */
  readonly problems: readonly string[];
  /** What all randomness followed from. */
  readonly seed: string;
}
