import type { Clock } from "./clock.ts";
import type { WorkflowDefinition } from "./context.ts";
import type { RunListener } from "./hooks.ts";
import { LiveRun } from "./live_run.ts";
import type { RunStarted } from "./journal.ts";
import type { RunRecord } from "./run.ts";
import type { StepCaller } from "./step_runner.ts";
import type { Storage, WorkerRef } from "./storage.ts";

/** What a worker is made of. */
export interface WorkerOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  /** Numbers from 0 to 1 for jitter and trace ids; not for secrets. */
  readonly random: () => number;
  /** Makes ids that never repeat. */
  readonly createId: () => string;
  readonly digest: (text: string) => string;
  readonly drain: () => Promise<void>;
  readonly onEvent?: RunListener | undefined;
}

/** What a worker's runs share. */
export interface LiveRunOptions extends WorkerOptions {
  /** Unlike a position in the journal, never the same for two turns that were computed at the same place. */
  readonly nextTurnId: () => string;
  /** The worker as the store knows it. */
  readonly ref: WorkerRef;
}

/** Request of `Worker.start`. */
export interface StartRunRequest {
  readonly run: RunRecord;
  readonly definition: WorkflowDefinition;
  /** The serialised definition bundle. */
  readonly bundle: string;
  readonly caller: StepCaller;
  readonly started: RunStarted;
}

/** How long a worker counts as alive without a sign of life. */
const LEASE_MS = 30_000;

/** Drives runs: turn, commit, then the effects that the turn asked for. */
export class Worker {
  readonly #options: LiveRunOptions;
  readonly #live = new Set<LiveRun>();

  constructor(options: WorkerOptions) {
    const nonce = options.createId();
    let turns = 0;
    const ref = { id: nonce, leaseMs: LEASE_MS };
    this.#options = { ...options, nextTurnId: () => `${nonce}.${turns++}`, ref };
  }

  /**
   * Starts a run. Resolves when its first turn is in the store.
   *
   * @throws {MaestroError} `run_conflict` when its id is taken.
   */
  async start(request: StartRunRequest): Promise<LiveRun> {
    const live = new LiveRun(this.#options, request);
    await live.begin();
    this.#live.add(live);
    live.ended.then(() => this.#live.delete(live), () => this.#live.delete(live));
    return live;
  }

  /** Lets go of every run: waits a while for answers in flight, then abandons the calls without writing an outcome. */
  async suspend(): Promise<void> {
    await Promise.all([...this.#live].map((live) => live.suspend()));
  }
}
