import type { JsonValue } from "./base/json.ts";
import type { Payload, QueryDefinition, UpdateDefinition } from "./code/message.ts";
import type { Registrable } from "./definitions.ts";
import type { RunEvent } from "./engine/hooks.ts";
import type { StoredRun } from "./engine/storage.ts";
import type { LoadedWorkflow } from "./load_workflow.ts";
import type { RunHandle } from "./run_handle.ts";
import type { RunFilter } from "./run_requests.ts";

/** What can be asked of runs that are in the store, whichever process drives them. */
export interface RunReader {
  /** Gives a handle on a run, which only watches. @throws {MaestroError} `run_not_found`. */
  follow(runId: string): Promise<RunHandle>;
  /** Gives a run's record; `undefined` where there is none. */
  find(runId: string): Promise<StoredRun | undefined>;
  /** Runs that pass a filter, newest first; pages are read as they are needed. */
  list(filter?: RunFilter): AsyncIterable<StoredRun>;
  /** Everything that a run's journal holds, then what comes, until the run has ended. @throws {MaestroError} `run_not_found`. */
  watch(runId: string): AsyncIterable<RunEvent>;
  /**
   * Asks a question about a run's state, also after its end: of the run itself where this process drives it, else of its journal, for which
   * the workflow has to be registered here.
   *
   * @throws {MaestroError} `run_not_found`; `usage` where the workflow does not answer it.
   */
  query<Result, Data>(runId: string, query: QueryDefinition<Result, Data>, ...data: Payload<Data>): Promise<Result>;
  /**
   * Sends an update and waits for the answer, which a worker gives. With an id it can be sent again: the answer is the first one's.
   *
   * @throws {UpdateFailedError} where the workflow refuses it.
   * @throws {MaestroError} `run_not_found`, `run_ended`.
   */
  update<Result, Data>(
    runId: string,
    update: UpdateDefinition<Result, Data>,
    data: Data,
    options?: { readonly id?: string | undefined },
  ): Promise<Result>;
  /**
   * Ends a run as it stands: nothing is undone, `finally` does not run, its children end the same way. It ends `cancelled`, with the error
   * `terminated`. Resolves when it has ended.
   *
   * @throws {MaestroError} `run_not_found`; `run_ended` when it has ended.
   */
  terminate(runId: string): Promise<void>;
  /** Deletes a run that has ended, with its children. @throws {MaestroError} `run_not_found`; `usage` where it has not ended, or is a child. */
  delete(runId: string): Promise<void>;
}

/** What can be done to runs that are in the store already, whichever process started them. */
export interface RunControl extends RunReader {
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
  diff(workflow: LoadedWorkflow | Registrable): AsyncIterable<Migration>;
  /** Moves a run to this definition. @throws {MaestroError} `usage` where it cannot, or somebody owns it. */
  migrate(runId: string, workflow: LoadedWorkflow | Registrable): Promise<Migration>;
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
