import type { ChaosReport } from "./chaos.ts";
import type { Coverage } from "./coverage.ts";
import type { CaseReport } from "./run_case.ts";

/** What came of the cases of one test file. */
export interface SuiteReport {
  readonly file: string;
  /** The workflow's name. */
  readonly workflow: string;
  readonly cases: readonly CaseReport[];
  /** Absent where nobody asked for it. */
  readonly coverage: Coverage | undefined;
  /** By the names of the cases; empty where nobody asked for it. */
  readonly chaos: ReadonlyMap<string, ChaosReport>;
}
