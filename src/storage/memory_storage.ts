import { MaestroError } from "../base/errors.ts";
import { isFinal, type RunRecord, type RunStatus } from "../engine/run.ts";
import {
  type Claim,
  type ClaimedRun,
  type ClaimedRuns,
  type ClaimRunsRequest,
  type CommitTurnRequest,
  type CreateRunRequest,
  type DeleteRunsRequest,
  type DeliverRequest,
  type Delivery,
  type JournalPage,
  type ListRunsRequest,
  type Message,
  NO_CHANGE,
  type PendingTurn,
  type ReadJournalRequest,
  type RunPage,
  type Storage,
  type StoredRun,
  type StoreStats,
  wakesRun,
  type WorkerRef,
} from "../engine/storage.ts";
import { type DueEntry, DueQueue } from "./memory/due_queue.ts";
import { KeptDefinitions } from "./memory/kept_definitions.ts";
import { headOf, isEndedRoot, isMatch, isUnderWay, type KeptRun, pageOf, pendingOf } from "./memory/kept_run.ts";

/** Options of `MemoryStorage`. */
export interface MemoryStorageOptions {
  /** How many trees of ended runs are kept; the oldest go first. @default 1000 */
  readonly keepEnded?: number | undefined;
  /** Wall-clock milliseconds. @default the machine's clock */
  readonly now?: (() => number) | undefined;
}

/** What a worker has. */
interface KnownWorker {
  /** When its lease runs out. */
  leaseUntil: number;
  readonly runs: Set<KeptRun>;
  /** Those of its runs that have got mail since it asked last. */
  readonly mailed: Set<KeptRun>;
}

/** The storage port in plain code: what every other store must do, kept in this process and gone with it. */
export class MemoryStorage implements Storage {
  readonly #keepEnded: number;
  readonly #now: () => number;
  /** In the order in which they were created. */
  readonly #runs = new Map<string, KeptRun>();
  /** All runs of a tree, by its root's id. */
  readonly #trees = new Map<string, Set<KeptRun>>();
  /** Ids of the roots of trees that ended, oldest first. */
  readonly #ended = new Set<string>();
  readonly #definitions = new KeptDefinitions();
  readonly #workers = new Map<string, KnownWorker>();
  /** Runs that nobody owns, by queue. What was claimed, deleted or woken up since stays in it until its time comes. */
  readonly #due = new Map<string, DueQueue<KeptRun>>();
  readonly #listeners = new Map<string, () => void>();
  #count = 0;

  constructor({ keepEnded = 1_000, now = Date.now }: MemoryStorageOptions = {}) {
    this.#keepEnded = keepEnded;
    this.#now = now;
  }

  migrate(): Promise<void> {
    return Promise.resolve();
  }

  createRun(request: CreateRunRequest): Promise<Claim | undefined> {
    const { run: { id, internalId }, worker } = request;
    const claim = worker === undefined ? undefined : { runId: id, token: 1 };
    const taken = this.#runs.get(id);
    if (taken?.record.internalId === internalId) {
      if (worker === undefined || taken.token === 1) return Promise.resolve(claim);
      return Promise.reject(new MaestroError("claim_lost", `Run "${id}" has moved on without this worker`));
    }
    if (taken !== undefined) {
      return Promise.reject(
        new MaestroError("run_conflict", `Run "${id}" exists already`, { hint: "choose another id" }),
      );
    }
    this.#create(request);
    return Promise.resolve(claim);
  }

  findRun({ runId }: { readonly runId: string }): Promise<StoredRun | undefined> {
    const kept = this.#runs.get(runId);
    return Promise.resolve(kept && this.#stored(kept));
  }

  listRuns({ cursor, limit, ...conditions }: ListRunsRequest): Promise<RunPage> {
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
      const options = { hint: "give the one of the page before" };
      return Promise.reject(new MaestroError("usage", `"${cursor}" is no cursor of a listing`, options));
    }
    const before = cursor === undefined ? Infinity : Number(cursor);
    const found: KeptRun[] = [];
    for (const kept of [...this.#runs.values()].reverse()) {
      if (kept.number < before && isMatch(kept.record, conditions)) found.push(kept);
      if (found.length > limit) break;
    }
    const page = found.slice(0, limit);
    return Promise.resolve({
      runs: page.map((kept) => this.#stored(kept)),
      cursor: found.length > limit ? String(page.at(-1)!.number) : undefined,
    });
  }

  deleteRuns({ endedBefore = Infinity, runId, status, limit }: DeleteRunsRequest): Promise<number> {
    const named = runId === undefined ? [...this.#runs.values()] : [this.#runs.get(runId)];
    const roots = named.filter((kept) => kept !== undefined)
      .filter(({ record }) => isEndedRoot(record, endedBefore, status))
      .sort((a, b) => a.record.finishedAt! - b.record.finishedAt!);
    let trees = 0;
    let count = 0;
    for (const { record: { id } } of roots) {
      if (trees === limit) break;
      const deleted = this.#deleteTree(id);
      count += deleted;
      if (deleted > 0) trees++;
    }
    return Promise.resolve(count);
  }

  claimRuns({ worker, queues, runIds = [], except = [], limit, drives }: ClaimRunsRequest): Promise<ClaimedRuns> {
    const { mailed, runs: owned } = this.#renew(worker);
    this.#disown();
    const driven = new Set(drives);
    const strays = drives === undefined ? [] : [...owned].filter(({ record }) => !driven.has(record.id));
    // The runs claimed below are not told twice.
    const told = drives === undefined ? mailed : owned;
    const mail = [...told].filter((kept) => !strays.includes(kept)).flatMap(({ inbox }) => [...inbox.values()]);
    mailed.clear();
    const runs = strays.map((kept) => this.#claim(kept, worker));
    for (const id of runIds) {
      const kept = this.#runs.get(id);
      if (kept === undefined || strays.includes(kept) || runs.length >= limit) continue;
      if (kept.owner === null || kept.owner === worker.id) runs.push(this.#claim(kept, worker));
    }
    const now = this.#now();
    const passedOver: KeptRun[] = [];
    let next = this.#nextDue(queues);
    for (; next !== undefined; next = this.#nextDue(queues)) {
      const { item, due } = next;
      if (except.includes(item.record.definition)) {
        this.#due.get(item.record.queue)!.drop();
        passedOver.push(item);
      } else if (due <= now && runs.length < limit) runs.push(this.#claim(item, worker));
      else break;
    }
    for (const kept of passedOver) this.#due.get(kept.record.queue)!.add(kept, kept.record.wakeAt!);
    return Promise.resolve({ runs, mail, nextWakeAt: next?.due });
  }

  renewWorker({ worker }: { readonly worker: WorkerRef }): Promise<boolean> {
    const isKnown = this.#workers.has(worker.id);
    if (isKnown) this.#renew(worker);
    return Promise.resolve(isKnown);
  }

  readJournal({ runId, from = 0, limit = Infinity }: ReadJournalRequest): Promise<JournalPage> {
    return Promise.resolve(pageOf(this.#runs.get(runId), from, limit));
  }

  readPending({ runId }: { readonly runId: string }): Promise<PendingTurn | undefined> {
    return Promise.resolve(pendingOf(this.#runs.get(runId)));
  }

  readDefinition({ hash }: { readonly hash: string }): Promise<string | undefined> {
    return Promise.resolve(this.#definitions.read(hash));
  }

  commitTurn(request: CommitTurnRequest): Promise<void> {
    const { claim, head, turnId, turn, restart, change, taken, release } = request;
    const kept = this.#runs.get(claim.runId);
    const isNewest = kept !== undefined && kept.token === claim.token;
    // A turn that has been appended already would stand behind its own head, and comparing ids costs more than heads.
    const mayBeAgain = turn === undefined || (isNewest && headOf(kept) !== head);
    if (isNewest && mayBeAgain && kept.lastTurnId === turnId) return Promise.resolve();
    if (!isNewest || headOf(kept) !== head) {
      return Promise.reject(new MaestroError("claim_lost", `Run "${claim.runId}" has moved on without this worker`));
    }
    if (turn !== undefined) {
      if (restart === true) {
        kept.base = head;
        kept.turns = [];
      }
      kept.turns.push(turn);
      kept.started = undefined;
    }
    kept.lastTurnId = turnId;
    kept.crashes = 0;
    for (const id of taken ?? []) kept.inbox.delete(id);
    this.#change(kept, change, request.definition);
    for (const child of request.children ?? []) if (!this.#runs.has(child.run.id)) this.#create(child);
    for (const message of request.messages ?? []) this.#deliver(message, kept.owner);
    if (release === true) this.#release(kept);
    else if (kept.owner === null) this.#keepDue(kept);
    return Promise.resolve();
  }

  deliver({ message }: DeliverRequest): Promise<Delivery | undefined> {
    const kept = this.#runs.get(message.runId);
    if (kept === undefined) return Promise.resolve(undefined);
    const run = this.#stored(kept);
    return Promise.resolve({ run, isDuplicate: !this.#deliver(message, null) });
  }

  stats(): Promise<StoreStats> {
    const runs: Partial<Record<RunStatus, number>> = {};
    for (const { record: { status } } of this.#runs.values()) runs[status] = (runs[status] ?? 0) + 1;
    return Promise.resolve({ runs, definitions: this.#definitions.size });
  }

  onWakeup(worker: WorkerRef, listener: () => void): () => void {
    this.#listeners.set(worker.id, listener);
    return () => this.#listeners.delete(worker.id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const part of [this.#runs, this.#trees, this.#ended, this.#definitions, this.#workers, this.#due]) {
      part.clear();
    }
    this.#listeners.clear();
    return Promise.resolve();
  }

  #create({ run, definition, worker, first }: CreateRunRequest): void {
    const kept: KeptRun = {
      record: worker === undefined ? { ...run, wakeAt: run.wakeAt ?? this.#now() } : run,
      number: ++this.#count,
      token: worker === undefined ? 0 : 1,
      owner: worker?.id ?? null,
      lastTurnId: "turnId" in first ? first.turnId : "",
      crashes: 0,
      started: "started" in first ? first.started : undefined,
      turns: "turn" in first ? [first.turn] : [],
      base: 0,
      inbox: new Map(),
      heard: new Set(),
    };
    this.#definitions.pin(run.definition, definition);
    this.#runs.set(run.id, kept);
    const tree = this.#trees.get(run.root);
    if (tree === undefined) this.#trees.set(run.root, new Set([kept]));
    else tree.add(kept);
    if (worker === undefined) this.#park(kept);
    else this.#renew(worker).runs.add(kept);
    this.#noteEnd(run);
  }

  #change(kept: KeptRun, change: CommitTurnRequest["change"], definition: string | undefined): void {
    const { record } = kept;
    if (change === NO_CHANGE) return;
    kept.record = { ...record, ...change };
    if (change.definition !== undefined && change.definition !== record.definition) {
      this.#definitions.pin(change.definition, definition!);
      this.#definitions.unpin(record.definition);
    }
    if (change.status !== undefined) this.#noteEnd(kept.record);
  }

  #claim(kept: KeptRun, worker: WorkerRef): ClaimedRun {
    const { crashes, record } = kept;
    kept.owner = worker.id;
    kept.token++;
    kept.crashes++;
    this.#workers.get(worker.id)!.runs.add(kept);
    return {
      run: record,
      claim: { runId: record.id, token: kept.token },
      head: headOf(kept),
      started: kept.started,
      crashes,
      messages: [...kept.inbox.values()],
    };
  }

  #renew({ id, leaseMs }: WorkerRef): KnownWorker {
    const leaseUntil = this.#now() + leaseMs;
    let known = this.#workers.get(id);
    if (known === undefined) this.#workers.set(id, known = { leaseUntil, runs: new Set(), mailed: new Set() });
    else known.leaseUntil = leaseUntil;
    return known;
  }

  /** Takes the runs of dead workers from them. */
  #disown(): void {
    const now = this.#now();
    for (const [id, { leaseUntil, runs }] of this.#workers) {
      if (leaseUntil > now) continue;
      for (const kept of runs) this.#release(kept);
      this.#workers.delete(id);
    }
  }

  /** A run that its owner did not park was interrupted, and is due at once, like one with mail that moves it on. */
  #release(kept: KeptRun): void {
    const owner = this.#workers.get(kept.owner ?? "");
    owner?.runs.delete(kept);
    owner?.mailed.delete(kept);
    kept.owner = null;
    const { status } = kept.record;
    if (isUnderWay(status) || [...kept.inbox.values()].some(({ kind }) => wakesRun(kind, status))) {
      kept.record = { ...kept.record, wakeAt: this.#now() };
    }
    this.#park(kept);
  }

  /** The lease of whoever commits has run out: nobody else may come to know what the run is in the middle of. */
  #keepDue(kept: KeptRun): void {
    const { status, wakeAt } = kept.record;
    if (wakeAt === null && isUnderWay(status)) kept.record = { ...kept.record, wakeAt: this.#now() };
    this.#park(kept);
  }

  /** Lets a run that nobody owns be found at its time. */
  #park(kept: KeptRun): void {
    const { queue, wakeAt } = kept.record;
    if (wakeAt === null) return;
    let due = this.#due.get(queue);
    if (due === undefined) this.#due.set(queue, due = new DueQueue());
    due.add(kept, wakeAt);
    for (const listener of [...this.#listeners.values()]) listener();
  }

  /** The run of these queues that is due first, and when. */
  #nextDue(queues: readonly string[]): DueEntry<KeptRun> | undefined {
    let first: DueEntry<KeptRun> | undefined;
    for (const queue of queues) {
      const due = this.#due.get(queue);
      let next = due?.peek();
      while (next !== undefined && !this.#isCurrent(next)) {
        due!.drop();
        next = due!.peek();
      }
      if (next !== undefined && (first === undefined || next.due < first.due)) first = next;
    }
    return first;
  }

  #isCurrent({ item, due }: DueEntry<KeptRun>): boolean {
    return item.owner === null && item.record.wakeAt === due && this.#runs.get(item.record.id) === item;
  }

  #deliver(message: Message, from: string | null): boolean {
    const kept = this.#runs.get(message.runId);
    if (kept === undefined || kept.heard.has(message.id)) return false;
    kept.heard.add(message.id);
    kept.inbox.set(message.id, message);
    const { owner, record } = kept;
    if (owner !== null && owner !== from) {
      this.#workers.get(owner)?.mailed.add(kept);
      this.#listeners.get(owner)?.();
    } else if (owner === null && wakesRun(message.kind, record.status)) {
      const now = this.#now();
      if (record.wakeAt === null || record.wakeAt > now) kept.record = { ...record, wakeAt: now };
      this.#park(kept);
    }
    return true;
  }

  #stored(kept: KeptRun): StoredRun {
    const { record, owner, inbox } = kept;
    const isAlive = owner !== null && (this.#workers.get(owner)?.leaseUntil ?? 0) > this.#now();
    return { ...record, head: headOf(kept), owner: isAlive ? owner : null, mail: inbox.size };
  }

  /** Notes that a tree may have ended, and makes room for it. */
  #noteEnd({ finishedAt, root }: RunRecord): void {
    if (finishedAt === null || this.#runs.get(root)?.record.finishedAt == null) return;
    this.#ended.add(root);
    if (this.#ended.size <= this.#keepEnded) return;
    const [oldest] = this.#ended;
    this.#ended.delete(oldest!);
    this.#deleteTree(oldest!);
  }

  #deleteTree(root: string): number {
    const tree = this.#trees.get(root) ?? new Set();
    if ([...tree].some(({ record }) => !isFinal(record.status))) return 0;
    for (const kept of tree) {
      this.#definitions.unpin(kept.record.definition);
      this.#runs.delete(kept.record.id);
      const owner = this.#workers.get(kept.owner ?? "");
      owner?.runs.delete(kept);
      owner?.mailed.delete(kept);
    }
    this.#trees.delete(root);
    this.#ended.delete(root);
    return tree.size;
  }
}
