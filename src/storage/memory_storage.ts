import { MaestroError } from "../base/errors.ts";
import type { JournalTurn, RunStarted } from "../engine/journal.ts";
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
  type ListRunsRequest,
  type Message,
  type ReadJournalRequest,
  type RunPage,
  type Storage,
  type StoredRun,
  type StoreStats,
  wakesRun,
  type WorkerRef,
} from "../engine/storage.ts";

interface Kept {
  record: RunRecord;
  readonly number: number;
  token: number;
  owner: string | null;
  lastTurnId: string;
  crashes: number;
  started: RunStarted | undefined;
  readonly turns: JournalTurn[];
  inbox: Message[];
  /** Ids of all messages that the run ever had. */
  readonly heard: Set<string>;
}

interface StoredDefinition {
  readonly text: string;
  /** Runs that pin it. */
  runs: number;
}

/** Options of `MemoryStorage`. */
export interface MemoryStorageOptions {
  /** How many trees of ended runs are kept; the oldest go first. @default 1000 */
  readonly keepEnded?: number | undefined;
  /** Wall-clock milliseconds. @default the machine's clock */
  readonly now?: (() => number) | undefined;
}

/** The storage port in plain code: what every other store must do, kept in this process and gone with it. */
export class MemoryStorage implements Storage {
  readonly #keepEnded: number;
  readonly #now: () => number;
  /** Ids of ended roots, oldest first. */
  readonly #ended = new Set<string>();
  readonly #runs = new Map<string, Kept>();
  readonly #definitions = new Map<string, StoredDefinition>();
  /** When each worker's lease runs out. */
  readonly #leases = new Map<string, number>();
  /** Runs that nobody owns and that may become due. */
  readonly #idle = new Set<Kept>();
  /** Owned runs that have got mail since they were claimed. */
  readonly #mailed = new Set<Kept>();
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
    const { run: { id }, worker } = request;
    if (this.#runs.has(id)) {
      return Promise.reject(
        new MaestroError("run_conflict", `Run "${id}" exists already`, { hint: "choose another id" }),
      );
    }
    if (worker !== undefined) this.#renew(worker);
    this.#create(request);
    return Promise.resolve(worker === undefined ? undefined : { runId: id, token: 1 });
  }

  findRun({ runId }: { readonly runId: string }): Promise<StoredRun | undefined> {
    const kept = this.#runs.get(runId);
    return Promise.resolve(kept && this.#stored(kept));
  }

  listRuns({ cursor, limit, ...conditions }: ListRunsRequest): Promise<RunPage> {
    const before = cursor === undefined ? Infinity : Number(cursor);
    const found: Kept[] = [];
    for (const kept of [...this.#runs.values()].sort((a, b) => b.number - a.number)) {
      if (kept.number < before && isMatch(kept.record, conditions)) found.push(kept);
      if (found.length > limit) break;
    }
    const page = found.slice(0, limit);
    return Promise.resolve({
      runs: page.map((kept) => this.#stored(kept)),
      cursor: found.length > limit ? String(page.at(-1)!.number) : undefined,
    });
  }

  deleteRuns({ endedBefore, status, limit }: DeleteRunsRequest): Promise<number> {
    let trees = 0;
    let count = 0;
    for (const { record: { id, parent, status: own, finishedAt } } of [...this.#runs.values()]) {
      if (trees === limit) break;
      const isOld = parent === null && finishedAt !== null && finishedAt < endedBefore && isFinal(own);
      if (!isOld || status?.includes(own) === false) continue;
      const deleted = this.#deleteTree(id);
      count += deleted;
      if (deleted > 0) trees++;
    }
    return Promise.resolve(count);
  }

  claimRuns({ worker, queues, runIds = [], limit }: ClaimRunsRequest): Promise<ClaimedRuns> {
    this.#renew(worker);
    this.#disown();
    const now = this.#now();
    const runs: ClaimedRun[] = [];
    for (const id of runIds) {
      const kept = this.#runs.get(id);
      if (kept?.owner === null && runs.length < limit) runs.push(this.#claim(kept, worker));
    }
    let nextWakeAt: number | undefined;
    const due = [...this.#idle].filter(({ record }) => queues.includes(record.queue) && record.wakeAt !== null)
      .sort((a, b) => a.record.wakeAt! - b.record.wakeAt!);
    for (const kept of due) {
      if (kept.record.wakeAt! <= now && runs.length < limit) runs.push(this.#claim(kept, worker));
      else nextWakeAt ??= kept.record.wakeAt!;
    }
    const claimed = new Set(runs.map(({ claim }) => claim.runId));
    const mail = [...this.#mailed].filter((kept) => kept.owner === worker.id);
    for (const kept of mail) this.#mailed.delete(kept);
    return Promise.resolve({
      runs,
      mail: mail.filter(({ record }) => !claimed.has(record.id)).flatMap(({ inbox }) => inbox),
      nextWakeAt,
    });
  }

  renewWorker({ worker }: { readonly worker: WorkerRef }): Promise<boolean> {
    const isKnown = this.#leases.has(worker.id);
    if (isKnown) this.#renew(worker);
    return Promise.resolve(isKnown);
  }

  readJournal({ runId, from = 0, limit = Infinity }: ReadJournalRequest): Promise<readonly JournalTurn[]> {
    return Promise.resolve(this.#runs.get(runId)?.turns.slice(from, from + limit) ?? []);
  }

  readDefinition({ hash }: { readonly hash: string }): Promise<string | undefined> {
    return Promise.resolve(this.#definitions.get(hash)?.text);
  }

  commitTurn(request: CommitTurnRequest): Promise<void> {
    const { claim, head, turnId, turn, change, taken, release } = request;
    const kept = this.#runs.get(claim.runId);
    const isNewest = kept !== undefined && kept.token === claim.token;
    if (isNewest && kept.lastTurnId === turnId) return Promise.resolve();
    if (!isNewest || kept.turns.length !== head) {
      return Promise.reject(new MaestroError("claim_lost", `Run "${claim.runId}" has moved on without this worker`));
    }
    if (turn !== undefined) kept.turns.push(turn);
    kept.lastTurnId = turnId;
    kept.crashes = 0;
    kept.started = undefined;
    if (taken !== undefined) kept.inbox = kept.inbox.filter(({ id }) => !taken.includes(id));
    this.#change(kept, change, request.definition);
    for (const child of request.children ?? []) if (!this.#runs.has(child.run.id)) this.#create(child);
    for (const message of request.messages ?? []) this.#deliver(message, kept.owner);
    if (release === true) this.#release(kept, kept.inbox.some(({ kind }) => wakesRun(kind, kept.record.status)));
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
    this.#runs.clear();
    this.#ended.clear();
    this.#definitions.clear();
    this.#idle.clear();
    this.#mailed.clear();
    return Promise.resolve();
  }

  #create({ run, definition, worker, first }: CreateRunRequest): void {
    const kept: Kept = {
      record: worker === undefined ? { ...run, wakeAt: run.wakeAt ?? this.#now() } : run,
      number: this.#count++,
      token: worker === undefined ? 0 : 1,
      owner: worker?.id ?? null,
      lastTurnId: "turnId" in first ? first.turnId : "",
      crashes: 0,
      started: "started" in first ? first.started : undefined,
      turns: "turn" in first ? [first.turn] : [],
      inbox: [],
      heard: new Set(),
    };
    this.#pin(run.definition, definition);
    this.#runs.set(run.id, kept);
    if (kept.owner === null) this.#park(kept);
    this.#noteEnd(run);
  }

  #change(kept: Kept, change: CommitTurnRequest["change"], definition: string | undefined): void {
    const { record } = kept;
    kept.record = { ...record, ...change };
    if (change.definition !== undefined && change.definition !== record.definition) {
      this.#pin(change.definition, definition!);
      this.#unpin(record.definition);
    }
    if (change.status !== undefined) this.#noteEnd(kept.record);
  }

  #claim(kept: Kept, worker: WorkerRef): ClaimedRun {
    const { crashes, record } = kept;
    kept.owner = worker.id;
    kept.token++;
    kept.crashes++;
    this.#idle.delete(kept);
    return {
      run: record,
      claim: { runId: record.id, token: kept.token },
      head: kept.turns.length,
      started: kept.started,
      crashes,
      messages: kept.inbox,
    };
  }

  #renew({ id, leaseMs }: WorkerRef): void {
    this.#leases.set(id, this.#now() + leaseMs);
  }

  /** Takes the runs of dead workers from them. */
  #disown(): void {
    const now = this.#now();
    for (const [id, until] of this.#leases) {
      if (until > now) continue;
      this.#leases.delete(id);
      for (const kept of this.#runs.values()) if (kept.owner === id) this.#release(kept, kept.inbox.length > 0);
    }
  }

  /** A run that its owner did not park was interrupted, and is due at once. */
  #release(kept: Kept, isDue: boolean): void {
    kept.owner = null;
    this.#mailed.delete(kept);
    const { status } = kept.record;
    const wasCut = status !== "waiting" && status !== "paused" && !isFinal(status);
    if (isDue || wasCut) kept.record = { ...kept.record, wakeAt: this.#now() };
    this.#park(kept);
  }

  #park(kept: Kept): void {
    this.#idle.add(kept);
    this.#wakeAll();
  }

  #deliver(message: Message, from: string | null): boolean {
    const kept = this.#runs.get(message.runId);
    if (kept === undefined || kept.heard.has(message.id)) return false;
    kept.heard.add(message.id);
    kept.inbox = [...kept.inbox, message];
    if (kept.owner === null) {
      if (wakesRun(message.kind, kept.record.status)) kept.record = { ...kept.record, wakeAt: this.#now() };
      this.#park(kept);
    } else if (kept.owner !== from) {
      this.#mailed.add(kept);
      this.#listeners.get(kept.owner)?.();
    }
    return true;
  }

  #wakeAll(): void {
    for (const listener of this.#listeners.values()) listener();
  }

  #stored(kept: Kept): StoredRun {
    const { record, turns, owner, inbox } = kept;
    const isAlive = owner !== null && (this.#leases.get(owner) ?? 0) > this.#now();
    return { ...record, head: turns.length, owner: isAlive ? owner : null, mail: inbox.length };
  }

  #noteEnd({ id, finishedAt, parent }: RunRecord): void {
    if (finishedAt === null || parent !== null) return;
    this.#ended.add(id);
    if (this.#ended.size <= this.#keepEnded) return;
    const [oldest] = this.#ended;
    this.#ended.delete(oldest!);
    this.#deleteTree(oldest!);
  }

  #deleteTree(root: string): number {
    const tree = [...this.#runs.values()].filter(({ record }) => record.root === root);
    if (tree.some(({ record }) => !isFinal(record.status))) return 0;
    for (const kept of tree) {
      this.#unpin(kept.record.definition);
      this.#runs.delete(kept.record.id);
      this.#idle.delete(kept);
    }
    this.#ended.delete(root);
    return tree.length;
  }

  #pin(hash: string, text: string): void {
    const stored = this.#definitions.get(hash);
    if (stored === undefined) this.#definitions.set(hash, { text, runs: 1 });
    else stored.runs++;
  }

  /** A definition goes with the last run that pins it. */
  #unpin(hash: string): void {
    const stored = this.#definitions.get(hash)!;
    if (--stored.runs === 0) this.#definitions.delete(hash);
  }
}

function isMatch(run: RunRecord, conditions: Omit<ListRunsRequest, "cursor" | "limit">): boolean {
  const { status, workflow, queue, parent, rootsOnly, startedFrom, startedBefore, text } = conditions;
  if (status !== undefined && !status.includes(run.status)) return false;
  if (workflow !== undefined && run.workflow !== workflow) return false;
  if (queue !== undefined && run.queue !== queue) return false;
  if (parent !== undefined && run.parent?.runId !== parent) return false;
  if (rootsOnly === true && run.parent !== null) return false;
  if (startedFrom !== undefined && run.startedAt < startedFrom) return false;
  if (startedBefore !== undefined && run.startedAt >= startedBefore) return false;
  if (text === undefined) return true;
  const places = [run.id, run.workflow, run.error?.code ?? "", run.error?.message ?? ""];
  return places.some((place) => place.toLowerCase().includes(text.toLowerCase()));
}
