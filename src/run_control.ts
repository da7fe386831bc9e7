import type { JsonValue } from "./base/json.ts";
import type { StoredRun } from "./engine/storage.ts";
import type { LoadedWorkflow } from "./load_workflow.ts";
import type { RunHandle } from "./maestro.ts";

/** What can be done to runs that are in the store already, whichever process started them. */
export interface RunControl {
  /**
   * Goes on with an interrupted, waiting or paused run in this process. Where another live process owns it, nothing is called here: the
   * handle follows that one, and takes over if it dies. An ended run gives its result.
   *
   * @throws {MaestroError} `run_not_found`.
   */
  resume(runId: string): Promise<RunHandle>;
  /**
   * Cancels a run and rolls it back: by its live owner, else in this process. A run past its pivot ends `failed`.
   *
   * @throws {MaestroError} `run_not_found`; `run_ended` when it has ended.
   */
  cancel(runId: string): Promise<RunHandle>;
  /**
   * Tries again what a rollback has left: of a run that ended `compensation_failed`.
   *
   * @throws {MaestroError} `run_not_found`; `run_ended` where there is nothing left to undo, or the run has not ended.
   */
  compensate(runId: string): Promise<RunHandle>;
  /**
   * Puts a signal into a run's inbox; it is kept until a step takes it.
   *
   * @throws {MaestroError} `run_not_found`, `run_ended`, `usage` where no step of the workflow waits for such a signal, `invalid_input`
   * where the data fits the schema of none of them.
   */
  signal(runId: string, signal: SignalRequest): Promise<SignalReceipt>;
  /**
   * Starts a new run of the same definition and input that takes over the outcomes of the old one, but for those of the step and of
   * what depends on it; what the old run has undone is done again.
   *
   * @throws {MaestroError} `run_not_found`; `usage` where the run has not ended or has no such step.
   */
  rerun(runId: string, options: { readonly from: string; readonly id?: string | undefined }): Promise<RunHandle>;
  /** Tells which unfinished runs of the workflow's name could go on with this definition, by replaying their journals against it. */
  diff(workflow: LoadedWorkflow): AsyncIterable<Migration>;
  /** Moves a run to this definition. @throws {MaestroError} `usage` where it cannot, or somebody owns it. */
  migrate(runId: string, workflow: LoadedWorkflow): Promise<Migration>;
}

/** A signal as it is sent. */
export interface SignalRequest {
  /** The signal's name. */
  readonly name: string;
  /** What it says. */
  readonly data: JsonValue;
  /** A second signal with the same id is dropped. @default a new one */
  readonly id?: string | undefined;
}

/** What became of a signal. */
export interface SignalReceipt {
  /** The run that it goes to, as it was when it came. */
  readonly run: StoredRun;
  /** Whether a signal with this id had come before. */
  readonly isDuplicate: boolean;
  /** Ids of the steps that can take it. */
  readonly readers: readonly string[];
}

/** Whether a run can move to another definition. */
export interface Migration {
  /** The run in question. */
  readonly run: StoredRun;
  /** Whether it runs by that definition already. */
  readonly isSame: boolean;
  /** Why it cannot, in one sentence; absent where it can. */
  readonly obstacle?: string | undefined;
}
