import type { JsonValue } from "./base/json.ts";
import type { Payload, QueryDefinition, SignalDefinition, UpdateDefinition } from "./code/message.ts";
import type { Failure } from "./engine/failure.ts";
import type { RunEvent } from "./engine/hooks.ts";
import type { Pause, RunCause, RunStatus } from "./engine/run.ts";
import type { RollbackView, StepView } from "./plan/run_view.ts";

/**
 * A run, driven by this process or by another.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, query, signal, workflow } from "maestro";
 *
 * const added = signal<string>("added");
 * const count = query<number>("count");
 * const cart = workflow("cart", { version: "1" }, async (ctx) => {
 *   const items: string[] = [];
 *   ctx.onQuery(count, () => items.length);
 *   while (items.length < 2) items.push(await ctx.receive(added));
 *   return items;
 * });
 *
 * const maestro = createMaestro({ runtime: await createRuntime() });
 * const run = await maestro.start(cart);
 * await run.signal(added, "tea");
 * console.log(await run.query(count)); // 1
 * await run.signal(added, "cake");
 * console.log((await run.result()).output); // [ 'tea', 'cake' ]
 * await maestro.close();
 * ```
 */
export interface RunHandle<Output = JsonValue> {
  /** The run's id. */
  readonly id: string;
  /** Whether this process drives the run now; otherwise it only watches. */
  readonly isDriven: boolean;
  /**
   * Resolves when the run has ended, however it did, or is paused; rejects when it cannot go on in this process. Whoever drives it: a run
   * that waits in the store, or that another process owns, is followed.
   */
  result(): Promise<RunResult<Output>>;
  /** Cancels the run and rolls it back. The result says how that went. */
  cancel(): void;
  /** Sends a signal; resolves when it is in the store. @throws {MaestroError} `run_ended`. */
  signal<Data>(signal: SignalDefinition<Data>, ...data: Payload<Data>): Promise<void>;
  /** Asks a question about the run's state, also after its end. @throws {MaestroError} `usage` where the workflow does not answer it. */
  query<Result, Data>(query: QueryDefinition<Result, Data>, ...data: Payload<Data>): Promise<Result>;
  /** Sends an update and waits for the answer. @throws {UpdateFailedError}, {MaestroError} `run_ended`. */
  update<Result, Data>(update: UpdateDefinition<Result, Data>, ...data: Payload<Data>): Promise<Result>;
  /** Ends the run as it stands: nothing is undone. @throws {MaestroError} `run_ended`. */
  terminate(): Promise<void>;
  /** Everything that the run's journal holds, then what comes, until the run has ended. */
  watch(): AsyncIterable<RunEvent>;
  /** Starts nothing more, waits at most 8 s for answers in flight, and lets go of the run; `result` rejects. */
  suspend(): Promise<void>;
}

/** How a run ended, or where it is paused. Times are milliseconds since the epoch. */
export interface RunResult<Output = JsonValue> {
  /** The run's id. */
  readonly runId: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** The workflow's version; empty where it has none. */
  readonly version: string;
  /** How the run ended. */
  readonly status: RunStatus;
  /** Why it did not complete; null where it did. */
  readonly cause: RunCause | null;
  /** The workflow's output; null unless it completed. */
  readonly output: Output | null;
  /** What it failed with. */
  readonly error: Failure | null;
  /** What it waits for, where its status is `paused`. */
  readonly pause: Pause | null;
  /** When it began. */
  readonly startedAt: number;
  /** When it ended, rollback included; of a paused run, when that was written. */
  readonly finishedAt: number;
  /** Its steps, in the order in which they began. */
  readonly steps: readonly StepView[];
  /** What became of the steps that were to be undone. */
  readonly rollback: RollbackView;
}
