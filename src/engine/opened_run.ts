import type { ChildSpec, WorkflowDefinition } from "./context.ts";
import type { RunStarted } from "./journal.ts";
import type { RunRecord } from "./run.ts";
import type { StepCaller } from "./step_runner.ts";

/** What runs one run: its definition, and the way to its services. */
export interface OpenedRun {
  readonly definition: WorkflowDefinition;
  /** The serialised definition bundle. */
  readonly bundle: string;
  readonly caller: StepCaller;
  /** Makes what a child run starts with. */
  prepareChild(spec: ChildSpec, runId: string): { readonly run: RunRecord; readonly started: RunStarted };
}
