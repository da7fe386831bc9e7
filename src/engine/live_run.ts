import { MaestroError, toError } from "../base/errors.ts";
import { changeOf, pauseFor, pauseOf } from "./commit.ts";
import { nextStart } from "./continuation.ts";
import { Effects } from "./effects.ts";
import { Execution } from "./execution.ts";
import { FactInbox } from "./fact_inbox.ts";
import type { Fact, JournalTurn, RunStarted } from "./journal.ts";
import { Family } from "./family.ts";
import { Ledger } from "./ledger.ts";
import type { OpenedRun } from "./opened_run.ts";
import { patiently, SUSPEND_GRACE_MS, withinTime } from "./patience.ts";
import { lastReopening, readTurns, recover, refusalOf, startOf } from "./recovered.ts";
import type { Pause, RunRecord } from "./run.ts";
import { exitOf, lost, pauseForChildren, type RunExit, unpause } from "./run_exit.ts";
import { RunNews } from "./run_news.ts";
import type { ClaimedRun, Message, RunChange } from "./storage.ts";
import { dropMail, endForGood } from "./termination.ts";
import type { RunState } from "./run_state.ts";
import type { Turn } from "./turn.ts";
import type { LiveRunOptions } from "./worker.ts";

/**
 * A run that this process advances: facts come in, turns go to the store, effects go out.
 *
 * One turn is in flight at a time; facts that arrive meanwhile form the next one. An effect starts only after the turn that asked
 * for it is in the store, and no outcome is acted upon before it is there too.
 */
export class LiveRun {
  /** The run's id. */
  readonly id: string;
  /** The run that has started this one. */
  readonly parentId: string | undefined;
  readonly #exit = Promise.withResolvers<RunExit>();
  /** Resolves when the run has left this process in good order; rejects when it cannot go on here. */
  readonly ended: Promise<RunExit> = this.#exit.promise;
  /** Whether it was asked to let go. */
  isSuspended = false;
  /** Whether its claim is being given up. */
  isLeaving = false;
  readonly #options: LiveRunOptions;
  readonly #run: RunRecord;
  #opened!: OpenedRun;
  #execution!: Execution;
  #effects: Effects | undefined;
  readonly #news: RunNews;
  readonly #ledger: Ledger;
  readonly #inbox = new FactInbox();
  readonly #family: Family;
  /** Facts wait while a turn is computed or committed, and before the first. */
  #isTurning = true;
  /** Nothing new is started. */
  #isReleased = false;
  /** Steps that were asked for since then. */
  readonly #unstarted: string[] = [];
  /** Nothing more is written. */
  #isAbandoned = false;
  readonly #hasStopped = (): boolean => this.#isAbandoned;
  #onIdle: (() => void) | undefined;

  constructor(options: LiveRunOptions, run: RunRecord) {
    this.#options = options;
    this.#run = run;
    this.id = run.id;
    this.parentId = run.parent?.runId;
    this.#news = new RunNews(options, run);
    this.#ledger = new Ledger(options, run, this.#news);
    this.#family = new Family(options, this.#hasStopped, this.#inbox);
    this.ended.catch(() => undefined);
  }

  /** Whether it only waits, and not for what is due now, so that it can be parked. */
  get isWaiting(): boolean {
    const { status, wakeAt } = this.#ledger.known;
    if (!this.#isIdle || this.#isReleased || status !== "waiting") return false;
    return wakeAt == null || wakeAt > this.#options.clock.now();
  }

  /** Computes the first turn and creates the run with it. */
  async begin(opened: OpenedRun, started: RunStarted, reused?: readonly Fact[]): Promise<void> {
    this.#open(opened);
    const { storage, clock, registered } = this.#options;
    const turn = await this.#execution.start(started, clock.now(), reused);
    const { request, hasTurn } = this.#ledger.creation(turn, opened, started);
    const claim = await registered(() => patiently(clock, () => storage.createRun(request), this.#hasStopped));
    if (this.#isAbandoned) throw lost(this.id);
    this.#ledger.open(claim!, hasTurn ? 1 : 0);
    if (turn.stuck !== undefined) return await this.#pause(pauseOf(turn, this.#run));
    if (hasTurn) {
      this.#ledger.learn(changeOf(turn, this.#ledger.known));
      this.#perform(turn);
    } else if (await this.#carryOut(turn)) return;
    this.#proceed();
  }

  /** Goes on with a run that was taken over: replays it, starts again what was in flight, and reads its mail. Never rejects. */
  async adopt(claimed: ClaimedRun, isAsked: boolean): Promise<void> {
    const { storage, clock, open } = this.#options;
    this.#ledger.open(claimed.claim, claimed.head);
    try {
      const terminated = await dropMail(claimed, this.#ledger.writer);
      if (terminated !== undefined) return this.#leave({ kind: "finished", finished: terminated });
      const turns = claimed.head > 0 ? await patiently(clock, () => readTurns(storage, this.id), this.#hasStopped) : [];
      const started = claimed.started ?? startOf(turns, this.id);
      this.#inbox.post(claimed.messages.filter(({ kind }) => kind === "terminate"));
      if (this.#inbox.isTerminated) return await this.#terminate(claimed.started);
      const opened = refusalOf(claimed) ?? await open(this.#run, started);
      if ("reason" in opened) return await this.#refuse(opened, isAsked);
      this.#open(opened);
      if (claimed.run.status === "paused" && !(await this.#unpause(claimed))) return;
      await (claimed.head === 0 ? this.#startPending(started, claimed) : this.#replay(claimed, turns));
      this.post(claimed.messages.filter(({ kind }) => kind !== "resume"));
      this.#proceed();
    } catch (thrown) {
      await this.#giveUp(toError(thrown));
    }
  }

  /** What the workflow function says of the run beside what it asks for; absent where that is not at hand. */
  get state(): RunState | undefined {
    return this.#isAbandoned ? undefined : this.#execution?.state;
  }

  /** Asks the run to be cancelled and rolled back. */
  cancel(): void {
    this.#receive({ type: "cancel_requested", reason: "cancelled" });
  }

  /** Learns that a child waits for a person; the run does so too once it waits for nothing else. */
  childPaused(runId: string, pause: Pause): void {
    this.#family.paused.set(runId, pause);
    this.#pauseForChildren();
  }

  /** Takes messages that the store has already. Gives `false` where the run is about to leave this process. */
  post(messages: readonly Message[]): boolean {
    if (this.#isAbandoned || this.isLeaving) return false;
    this.#inbox.post(messages);
    this.#wake();
    return true;
  }

  /** Gives a waiting run back to the store. Does nothing when it has something to do. */
  async park(): Promise<void> {
    if (this.isWaiting) await this.#giveBack({ kind: "parked", wakeAt: this.#ledger.known.wakeAt ?? null });
  }

  /** Cuts everything off: the run is no longer this process's. */
  lose(): void {
    this.#abandon(lost(this.id));
  }

  /** Starts nothing more, waits at most 8 s for answers in flight, then gives the claim up without writing their outcomes. */
  async suspend(): Promise<void> {
    if (this.#isAbandoned) return;
    this.isSuspended = true;
    this.#isReleased = true;
    if (!this.#isIdle) await withinTime(this.#options.clock, SUSPEND_GRACE_MS, (done) => this.#onIdle = done);
    if (this.#isAbandoned) return;
    if (!this.#isTurning) {
      this.#isTurning = true;
      await this.#release({}).catch(() => undefined);
    }
    this.#abandon(new Error("The run was suspended"));
  }

  #open(opened: OpenedRun): void {
    const { clock, random, admit } = this.#options;
    const { id, workflow } = this.#run;
    this.#opened = opened;
    this.#execution = this.#newExecution();
    this.#effects = new Effects({
      clock,
      random,
      admit,
      runId: id,
      workflow,
      traceId: this.#news.traceId,
      caller: opened.caller,
      execution: () => this.#execution,
      onNote: this.#news.hear,
      onFact: (fact) => this.#receive(fact),
    });
  }

  #newExecution(): Execution {
    const { id: runId, internalId } = this.#run;
    const { definition } = this.#opened;
    const onStuck = (): void => execution === this.#execution ? this.#receive() : undefined;
    const execution = new Execution({ ...this.#options, runId, internalId, definition, onStuck });
    return execution;
  }

  /** One that was cancelled before it began starts nothing of what its first turn asks for. */
  async #startPending(started: RunStarted, { messages }: ClaimedRun): Promise<void> {
    this.#inbox.post(messages.filter(({ kind }) => kind === "cancel"));
    const turn = await this.#execution.start(started, this.#options.clock.now(), this.#inbox.takeFacts());
    if (turn.stuck !== undefined) await this.#pause(pauseOf(turn, this.#run));
    else await this.#carryOut(turn);
  }

  async #replay(claimed: ClaimedRun, found: readonly JournalTurn[]): Promise<void> {
    const { clock, onChildRuns } = this.#options;
    const { execution, turn, turns, attemptsBefore } = await recover(claimed, found, {
      newExecution: () => this.#newExecution(),
      now: () => clock.now(),
      commit: (resuming) => this.#commit(resuming),
    });
    this.#execution = execution;
    if (turn.stuck !== undefined) return await this.#pause(pauseOf(turn, this.#run));
    this.#ledger.writer.count(turns);
    this.#news.tellPast(turns);
    this.#ledger.reopening = lastReopening(turns);
    const inFlight = turn.starts.map(({ step }) => step).filter((step) => attemptsBefore(step) > 0);
    if (inFlight.length > 0) this.#news.hear({ type: "run_recovered", inFlight });
    this.#ledger.learn(changeOf(turn, this.#ledger.known));
    this.#perform(turn, attemptsBefore);
    if (turn.continued !== undefined) await this.#carryOut(turn, true);
    if (execution.children.length > 0) onChildRuns(await this.#family.recovered(execution, this.#run));
  }

  /** Writes that a paused run goes on; gives `false` where nobody has asked for that. */
  async #unpause(claimed: ClaimedRun): Promise<boolean> {
    const change = await unpause(claimed, this.#ledger.writer, this.#inbox);
    if (change === undefined) await this.#giveBack({ kind: "paused", pause: claimed.run.pause! });
    this.#ledger.learn(change ?? {});
    return change !== undefined;
  }

  /** Lets what has arrived meanwhile form the next turn. */
  #proceed(): void {
    if (this.#isAbandoned) return;
    this.#isTurning = false;
    const { finished, pausedAt } = this.#execution;
    if (!this.#inbox.isEmpty) void this.#turns();
    else if (finished !== undefined || pausedAt !== undefined) void this.#giveBack(exitOf(finished, this.#run.pause));
    else if (this.#isIdle) this.#onIdle?.();
  }

  /** Gives the claim up: there is nothing to do. */
  async #giveBack(exit: RunExit): Promise<void> {
    this.#isTurning = true;
    try {
      await this.#release({});
      this.#leave(exit);
    } catch (thrown) {
      this.#abandon(toError(thrown));
    }
  }

  /** Whether every answer so far is in the store. */
  get #isIdle(): boolean {
    return this.#effects?.isQuiet !== false && !this.#isTurning && this.#inbox.isEmpty;
  }

  #receive(fact?: Fact): void {
    if (this.#isAbandoned) return;
    this.#inbox.add(fact);
    this.#wake();
  }

  #wake(): void {
    if (!this.#isTurning && !this.#inbox.isEmpty) void this.#turns();
  }

  async #turns(): Promise<void> {
    this.#isTurning = true;
    try {
      while (!this.#inbox.isEmpty) {
        if (this.#inbox.isTerminated) return await this.#terminate();
        const facts = this.#inbox.takeFacts();
        this.#ledger.hear(facts);
        const turn = await this.#execution.advance(facts, this.#options.clock.now());
        if (this.#isAbandoned) return;
        if (turn.stuck !== undefined) return await this.#pause(pauseOf(turn, this.#run));
        if (turn.entries.length === 0 && turn.timersCleared.length === 0 && !this.#inbox.hasTaken) continue;
        if (await this.#carryOut(turn)) return;
      }
    } catch (thrown) {
      await this.#giveUp(toError(thrown));
    } finally {
      this.#isTurning = this.#isAbandoned;
      if (this.#family.paused.size > 0) this.#pauseForChildren();
      if (this.#isIdle) this.#onIdle?.();
    }
  }

  /** Commits a turn and starts what it asks for, and so on where the run begins anew; gives whether the run has left this process. */
  async #carryOut(turn: Turn, isDone = false): Promise<boolean> {
    let isCarriedOut = isDone;
    for (let next = turn;; isCarriedOut = false) {
      if (!isCarriedOut) {
        if (await this.#commit(next)) return true;
        this.#perform(next);
      }
      if (next.continued === undefined) return false;
      const started = nextStart(this.#execution, next.continued, this.#options.digest);
      this.#execution = this.#newExecution();
      next = await this.#execution.start(started, this.#options.clock.now());
      if (next.stuck === undefined) continue;
      await this.#pause(pauseOf(next, this.#run));
      return true;
    }
  }

  /** Ends the run as it stands; `started` where it has never begun. */
  async #terminate(started?: RunStarted): Promise<void> {
    const { storage, clock, onMessages } = this.#options;
    this.#isTurning = this.isLeaving = true;
    this.#effects?.abandon();
    const { finished, messages } = await endForGood(this.#run, started, {
      read: () => patiently(clock, () => readTurns(storage, this.id), this.#hasStopped),
      now: clock.now(),
      inbox: this.#inbox,
      writer: this.#ledger.writer,
      news: this.#news,
    });
    onMessages(messages);
    this.#leave({ kind: "finished", finished });
  }

  /** Commits a turn; gives whether the run has left this process with it. */
  async #commit(turn: Turn): Promise<boolean> {
    const { onChildren, onMessages } = this.#options;
    this.isLeaving = turn.finished !== undefined || turn.pause !== undefined;
    const parts = { opened: this.#opened, saga: this.#execution.saga, taken: this.#inbox.takeIds() };
    const commit = await this.#ledger.commit(turn, parts);
    this.#options.onTurn(this);
    if (commit.children !== undefined) onChildren(await this.#family.created(commit.children));
    if (commit.messages !== undefined) onMessages(commit.messages);
    if (!this.isLeaving) {
      if (!this.#ledger.isTooLong) return false;
      await this.#pause(pauseFor("history_limit", this.#run));
      return true;
    }
    this.#perform(turn);
    this.#leave(exitOf(turn.finished, turn.pause));
    return true;
  }

  /** A journal that cannot take what came waits for a person; after any other error the run goes on elsewhere, or later. */
  async #giveUp(reason: Error): Promise<void> {
    if (!MaestroError.is(reason, "payload_too_large")) return this.#abandon(reason);
    const pause = pauseFor("history_limit", this.#run, reason.message);
    await this.#pause(pause).catch((thrown) => this.#abandon(toError(thrown)));
  }

  #pauseForChildren(): void {
    if (!this.isWaiting || this.#ledger.known.wakeAt != null || !this.#execution.waitsForChildrenOnly) return;
    const pause = pauseForChildren(this.#execution.children, this.#family.paused);
    if (pause === undefined) return;
    this.#isTurning = true;
    this.#pause(pause).catch((thrown) => this.#abandon(toError(thrown)));
  }

  /** A run that was taken because it was due is left to workers that know its definition. */
  async #refuse(pause: Pause, isAsked: boolean): Promise<void> {
    if (isAsked || pause.reason !== "missing_definition") return await this.#pause(pause);
    this.#options.onUnknown(this.#run.definition);
    await this.#giveBack({ kind: "parked", wakeAt: null });
  }

  async #pause(pause: Pause): Promise<void> {
    await this.#release({ status: "paused", pause, wakeAt: null });
    this.#leave({ kind: "paused", pause });
  }

  /** Gives the claim up. What had happened for people to know is kept. */
  async #release(change: RunChange): Promise<void> {
    this.isLeaving = true;
    if (this.#unstarted.length > 0) this.#news.hear({ type: "run_suspended", unstarted: this.#unstarted });
    await this.#ledger.release(change, this.#execution?.time ?? this.#options.clock.now());
  }

  #perform(turn: Turn, before?: (step: string) => number): void {
    this.#news.tell(turn);
    if (!this.#isReleased) return this.#effects!.perform(turn, before);
    this.#effects!.stopTimers(turn.timersCleared);
    this.#unstarted.push(...turn.starts.map(({ step }) => step));
  }

  #leave(exit: RunExit): void {
    this.#stop();
    this.#exit.resolve(exit);
  }

  /** From here on nothing is written: what arrives would be at a place of the journal that this process no longer knows. */
  #abandon(reason: Error): void {
    this.#stop();
    this.#exit.reject(reason);
  }

  #stop(): void {
    this.#isAbandoned = true;
    this.#isReleased = true;
    this.#effects?.abandon();
    this.#ledger.stop();
    this.#inbox.clear();
    this.#onIdle?.();
  }
}
