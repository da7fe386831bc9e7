import { MaestroError } from "../base/errors.ts";
import type { Clock } from "./clock.ts";
import type { RunListener } from "./hooks.ts";
import type { Fact, RunStarted } from "./journal.ts";
import { Lease } from "./lease.ts";
import { LiveRun } from "./live_run.ts";
import type { OpenedRun } from "./opened_run.ts";
import type { Pause, RunRecord } from "./run.ts";
import type { ClaimedRun, CreateRunRequest, Message, Storage, WorkerRef } from "./storage.ts";

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
  /** Finds what runs a run that is in the store; gives why it has to wait for a person instead. */
  readonly open: (run: RunRecord, started: RunStarted) => Promise<OpenedRun | Pause>;
  /** Queues from which due runs are taken. @default none: only what is asked for by id */
  readonly queues?: readonly string[] | undefined;
  /** Most waiting runs that are kept in memory; the rest wait in the store. @default 10000 */
  readonly maxWaiting?: number | undefined;
  /** Hears of each committed turn. */
  readonly onTurn?: ((runId: string) => void) | undefined;
  /** Most runs that are claimed from queues and do anything but wait. @default no limit */
  readonly maxRuns?: number | undefined;
  /** How long the worker counts as alive without a sign of life, in milliseconds. @default 30000 */
  readonly leaseMs?: number | undefined;
}

/** What a worker's runs share. */
export interface LiveRunOptions extends Omit<WorkerOptions, "onTurn"> {
  /** Unlike a position in the journal, never the same for two turns that were computed at the same place. */
  readonly nextTurnId: () => string;
  /** The worker as the store knows it. */
  readonly ref: WorkerRef;
  /** What an attempt has to wait for before it starts. */
  readonly admit: () => Promise<void> | undefined;
  /** Sends a request that tells the store of the worker. */
  readonly registered: <T>(send: () => Promise<T>) => Promise<T>;
  /** Hears of each committed turn. */
  readonly onTurn: (live: LiveRun) => void;
  /** Hears of a definition that is not to be had here. */
  readonly onUnknown: (definition: string) => void;
  /** Hears of child runs that a committed turn has created. */
  readonly onChildren: (children: readonly CreateRunRequest[]) => void;
  /** Hears of messages that a committed turn has sent. */
  readonly onMessages: (messages: readonly Message[]) => void;
  /** Hears of children that a recovered run waits for. */
  readonly onChildRuns: (runIds: readonly string[]) => void;
}

/** Request of `Worker.start`. */
export interface StartRunRequest {
  readonly run: RunRecord;
  readonly opened: OpenedRun;
  readonly started: RunStarted;
  /** What an earlier run leaves for this one. */
  readonly reused?: readonly Fact[] | undefined;
}

const LEASE_MS = 30_000;
const MAX_WAITING = 10_000;

/** How soon after a turn a worker without room looks whether a run has begun to wait. */
const ROOM_POLL_MS = 20;

/** Most runs that are claimed at a time. */
const CLAIM_BATCH = 100;

/**
 * Drives runs: claims them, and lets each go turn, commit, effects.
 *
 * What other processes start or send reaches it by the store's wake-ups and at the times that the store names; nothing is polled while
 * there is nothing to do.
 */
export class Worker {
  readonly #options: LiveRunOptions;
  readonly #lease: Lease;
  /** Runs of this process; one that only waits moves to the end whenever it begins to wait again. */
  readonly #live = new Map<string, LiveRun>();
  readonly #wanted = new Set<string>();
  /** Why runs that this worker owns do not go on here. */
  readonly #failures = new Map<string, Error>();
  /** Runs with messages from within this process that could not be handed to them. */
  readonly #untold = new Set<string>();
  /** Definitions that are not to be had here: runs of them are left to other workers. */
  readonly #unknown = new Set<string>();
  /** Whether the answer to a claim may have been lost: the store may take runs for this worker's that it does not know of. */
  #isUnsure = false;
  /** When the store is asked next; infinite: not before something happens. */
  #nextPoll = Infinity;
  #isTrimming = false;
  /** Turns since the waiting runs were counted: counting them costs as much as there are. */
  #touches = 0;
  #polling: Promise<void> | undefined;
  #isPollWanted = false;
  /** Whether runs may be due that were not taken for want of room. */
  #isFull = false;
  #isStopped = false;
  #stopTimer: (() => void) | undefined;
  #stopListening: (() => void) | undefined;

  constructor(options: WorkerOptions) {
    const nonce = options.createId();
    let turns = 0;
    const ref = { id: nonce, leaseMs: options.leaseMs ?? LEASE_MS };
    const { storage, clock } = options;
    this.#lease = new Lease({ storage, clock, worker: ref, onLost: () => this.#takeBack() });
    this.#options = {
      ...options,
      nextTurnId: () => `${nonce}.${turns++}`,
      ref,
      admit: this.#lease.admit,
      registered: this.#lease.during,
      onTurn: (live) => {
        this.#touch(live);
        options.onTurn?.(live.id);
      },
      onUnknown: (definition) => this.#unknown.add(definition),
      onChildren: (children) => this.#startChildren(children),
      onMessages: (messages) => this.#tell(messages),
      onChildRuns: (runIds) => void this.claim(runIds),
    };
  }

  /** The worker as the store knows it. */
  get ref(): WorkerRef {
    return this.#options.ref;
  }

  /** The run, where this process drives it. */
  live(runId: string): LiveRun | undefined {
    return this.#live.get(runId);
  }

  /** Why a run that this process owns does not go on; absent while it does. */
  failure(runId: string): Error | undefined {
    return this.#failures.get(runId);
  }

  /**
   * Starts a run. Resolves when its first turn is in the store.
   *
   * @throws {MaestroError} `run_conflict` when its id is taken.
   */
  async start({ run, opened, started, reused }: StartRunRequest): Promise<LiveRun> {
    this.#hold();
    const live = new LiveRun(this.#options, run);
    // Where a run of this id is driven here already, the store has the last word.
    const isRival = this.#live.has(run.id);
    if (!isRival) this.#enter(live);
    try {
      await live.begin(opened, started, reused);
      if (isRival) this.#enter(live);
      this.#touch(live);
    } catch (thrown) {
      // A run whose creation was answered by nothing may be there all the same, and stand in the way of a second one.
      if (MaestroError.is(thrown)) this.#retry(live, thrown);
      else this.#leave(live);
      throw thrown;
    }
    return live;
  }

  /** Takes the due runs of its queues from now on. */
  listen(): void {
    this.#hold();
    void this.#poll();
  }

  /** Learns that it may know definitions now that it did not know before: their due runs are taken, too. */
  learn(): void {
    if (this.#unknown.size === 0) return;
    this.#unknown.clear();
    void this.#poll();
  }

  /** Takes over runs by id, whatever their queue; those that somebody owns stay with their owner. Resolves when the store has answered. */
  async claim(runIds: readonly string[]): Promise<void> {
    for (const id of runIds) if (!this.#live.has(id)) this.#wanted.add(id);
    this.#hold();
    await this.#poll();
  }

  /** Lets go of every run: waits a while for answers in flight, then gives the claims up. */
  async suspend(): Promise<void> {
    this.#isStopped = true;
    this.#stopTimer?.();
    this.#stopListening?.();
    await Promise.all([...this.#live.values()].map((live) => live.suspend()));
    this.#lease.drop();
  }

  #hold(): void {
    this.#lease.hold();
    const { storage, ref } = this.#options;
    this.#stopListening ??= storage.onWakeup?.(ref, () => void this.#poll());
  }

  /** Resolves when the store has been asked after this call, and answered. */
  #poll(): Promise<void> {
    this.#isPollWanted = true;
    return this.#polling ??= this.#pollWhileWanted().finally(() => this.#polling = undefined);
  }

  async #pollWhileWanted(): Promise<void> {
    try {
      while (this.#isPollWanted && !this.#isStopped) {
        this.#isPollWanted = false;
        await this.#claimDue();
      }
    } catch {
      this.#pollSoon();
    }
  }

  async #claimDue(): Promise<void> {
    const { storage, ref, clock, queues = [], maxRuns = Infinity } = this.#options;
    // A claim makes the store know the worker again: first it has to tell whether it had forgotten it.
    await this.#lease.admit();
    const runIds = [...this.#wanted].filter((id) => !this.#live.has(id)).slice(0, CLAIM_BATCH);
    const untold = [...this.#untold];
    this.#untold.clear();
    const drives = this.#isUnsure ? [...this.#live.keys()] : undefined;
    this.#isUnsure = false;
    const limit = Math.max(runIds.length, Math.min(CLAIM_BATCH, maxRuns - this.#busy(maxRuns)));
    this.#isFull = limit < CLAIM_BATCH;
    const except = this.#unknown.size === 0 ? undefined : [...this.#unknown];
    const request = { worker: ref, queues: limit > 0 ? queues : [], runIds, except, limit, drives };
    const { runs, mail, nextWakeAt } = await this.#lease.during(() => storage.claimRuns(request)).catch((thrown) => {
      this.#isUnsure = true;
      for (const id of untold) this.#untold.add(id);
      throw thrown;
    });
    // Closing the store gives up what it has just taken for a worker that is to let go of everything.
    if (this.#isStopped) return;
    for (const id of runIds) this.#wanted.delete(id);
    for (const id of this.#wanted) if (this.#live.has(id)) this.#wanted.delete(id);
    this.#post(mail);
    this.#findUntold(untold, new Set(runs.map(({ claim }) => claim.runId)));
    const asked = new Set(runIds);
    await Promise.all(runs.map((claimed) => this.#adopt(claimed, asked.has(claimed.run.id))));
    if ((runs.length === CLAIM_BATCH && !this.#isFull) || this.#wanted.size > 0) this.#isPollWanted = true;
    this.#nextPoll = Infinity;
    this.#stopTimer?.();
    // No store tells when another worker's lease has run out.
    const later = this.#listens ? clock.now() + ref.leaseMs : Infinity;
    this.#pollAt(Math.min(nextWakeAt ?? Infinity, later));
  }

  /** How many runs do anything but wait; not counted where there is no limit. */
  #busy(maxRuns: number): number {
    if (maxRuns === Infinity) return 0;
    return [...this.#live.values()].filter((live) => !live.isWaiting).length;
  }

  #pollAt(time: number): void {
    if (time >= this.#nextPoll || this.#isStopped) return;
    const { clock } = this.#options;
    this.#nextPoll = time;
    this.#stopTimer?.();
    this.#stopTimer = clock.after(time - clock.now(), () => {
      this.#nextPoll = Infinity;
      void this.#poll();
    });
  }

  /** After a while, because the store does not answer now. */
  #pollSoon(): void {
    const { clock, ref } = this.#options;
    this.#pollAt(clock.now() + Math.min(ref.leaseMs, LEASE_MS) / 10);
  }

  /** The store had taken this worker for dead: what nobody else has taken since goes on from the store. */
  #takeBack(): void {
    for (const live of this.#live.values()) {
      live.lose();
      this.#wanted.add(live.id);
    }
    this.#live.clear();
    void this.#poll();
  }

  /** Takes a run up again that could not go on. One that was lost may be so to a claim of this worker whose answer was lost. */
  #retry(live: LiveRun, reason: unknown): void {
    this.#leave(live);
    this.#isUnsure = true;
    const isElsewhere = MaestroError.is(reason, "claim_lost") || MaestroError.is(reason, "run_conflict");
    if (!isElsewhere) this.#wanted.add(live.id);
    this.#pollSoon();
  }

  /** Leaves a run alone that no further try could help. */
  #giveUp(live: LiveRun, reason: Error): void {
    this.#failures.set(live.id, reason);
    this.#leave(live);
  }

  /** `isAsked`: it was taken by its id, and not because it was due. */
  #adopt(claimed: ClaimedRun, isAsked = true): Promise<void> {
    this.#failures.delete(claimed.run.id);
    this.#live.get(claimed.run.id)?.lose();
    const live = new LiveRun(this.#options, claimed.run);
    this.#enter(live);
    return live.adopt(claimed, isAsked);
  }

  #startChildren(children: readonly CreateRunRequest[]): void {
    for (const { run, first, worker } of children) {
      if (worker === undefined || !("started" in first) || this.#live.has(run.id)) continue;
      const claim = { runId: run.id, token: 1 };
      void this.#adopt({ run, claim, head: 0, started: first.started, crashes: 0, messages: [] });
    }
  }

  /** Hands out mail that the store has told of; whoever claims a run that is not here has its mail from the claim. */
  #post(messages: readonly Message[]): void {
    const strangers = messages.filter((message) => this.#live.get(message.runId)?.post([message]) !== true);
    if (strangers.length > 0) void this.claim(strangers.map(({ runId }) => runId));
  }

  /** Hands out messages from within this process. A child that has ended is to undo itself, or a parent waits in the store. */
  #tell(messages: readonly Message[]): void {
    const strangers = messages.filter((message) => this.#live.get(message.runId)?.post([message]) !== true);
    if (strangers.length === 0) return;
    for (const { runId } of strangers) this.#untold.add(runId);
    void this.claim(strangers.map(({ runId }) => runId));
  }

  /** A run that an earlier claim has taken over, or that is just leaving, may not know of messages from within this process. */
  #findUntold(untold: readonly string[], claimed: ReadonlySet<string>): void {
    for (const id of untold) {
      const live = this.#live.get(id);
      if (live?.isLeaving === true) this.#untold.add(id);
      else if (live !== undefined && !claimed.has(id)) this.#isUnsure = this.#isPollWanted = true;
    }
  }

  #enter(live: LiveRun): void {
    this.#live.set(live.id, live);
    live.ended.then((exit) => {
      this.#leave(live);
      if (exit.kind === "paused" && live.parentId !== undefined) {
        this.#live.get(live.parentId)?.childPaused(live.id, exit.pause);
      }
      if (this.#untold.has(live.id)) void this.claim([live.id]);
      // A run of a queue that is not listened to is taken by id alone.
      if (exit.kind === "parked" && exit.wakeAt !== null && this.#listens) this.#pollAt(exit.wakeAt);
    }, (thrown) => {
      if (live.isSuspended || this.#isStopped) this.#leave(live);
      else if (MaestroError.is(thrown, "store_corrupt")) this.#giveUp(live, thrown);
      else this.#retry(live, thrown);
    });
  }

  get #listens(): boolean {
    return (this.#options.queues?.length ?? 0) > 0;
  }

  /** The runs that have moved on last stand last. */
  #touch(live: LiveRun): void {
    const { maxWaiting = MAX_WAITING, clock } = this.#options;
    if (this.#isFull) this.#pollAt(clock.now() + ROOM_POLL_MS);
    if (maxWaiting === Infinity) return;
    if (this.#live.delete(live.id)) this.#live.set(live.id, live);
    if (this.#live.size > maxWaiting) void this.#trim(maxWaiting);
  }

  #leave(live: LiveRun): void {
    if (this.#live.get(live.id) === live) this.#live.delete(live.id);
    if (this.#isFull) this.#pollAt(this.#options.clock.now());
    // A heartbeat for nothing would keep the program from ending.
    if (this.#live.size === 0 && !this.#listens) this.#lease.drop();
  }

  /** Gives the runs that have waited longest back to the store, where more wait than are to be kept here. */
  async #trim(maxWaiting: number): Promise<void> {
    if (this.#isTrimming || ++this.#touches <= maxWaiting / 10) return;
    this.#touches = 0;
    this.#isTrimming = true;
    for (;;) {
      const waiting = [...this.#live.values()].filter((live) => live.isWaiting);
      const surplus = waiting.slice(0, Math.max(0, waiting.length - maxWaiting));
      if (surplus.length === 0) break;
      await Promise.all(surplus.map((live) => live.park()));
    }
    this.#isTrimming = false;
  }
}
