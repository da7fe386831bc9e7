import type { MaestroOptions, RunResult } from "../maestro.ts";

/** Hears the events of runs. */
export type RunListener = NonNullable<MaestroOptions["onEvent"]>;

/** One event of a run. */
export type RunEvent = Parameters<RunListener>[0];

/** What happened: an entry of the run's journal. */
export type Entry = RunEvent["entry"];

/** A call was asked for. */
export type StepScheduled = Extract<Entry, { readonly type: "step_scheduled" }>;

/** What a call came to. */
export type StepOutcome = Extract<
  Entry,
  { readonly type: "step_completed" | "step_failed" | "step_unknown" | "step_cancelled" }
>;

/** The error of a step or a run. */
export type Failure = NonNullable<RunResult["error"]>;

/** Where a run stands. */
export type RunStatus = RunResult["status"];

/** One step of a run that has ended. */
export type StepView = RunResult["steps"][number];

/** How a step was undone. */
export type CompensationView = NonNullable<StepView["compensation"]>;
