import { isOutcome, type JournalTurn } from "../../src/engine/journal.ts";
import { isFinal } from "../../src/engine/run.ts";
import type {
  Claim,
  ClaimedRuns,
  ClaimRunsRequest,
  CommitTurnRequest,
  CreateRunRequest,
  DeliverRequest,
  Delivery,
  Message,
  Storage,
  StoredRun,
} from "../../src/engine/storage.ts";

/** What was seen of one run. */
export interface Watched {
  /** The newest claim that was given out, and who has it. */
  token: number;
  owner: string | null;
  /** Who has had it last. */
  claimer: string | null;
  head: number;
  /** Steps that the store knows to be asked for, and those whose completion it holds. */
  readonly scheduled: Set<string>;
  readonly completed: Set<string>;
  /** Steps under way of which the store holds how far they are. */
  readonly beaten: Set<string>;
  /** All messages that it ever had, by id. */
  readonly messages: Map<string, Message>;
  readonly taken: Set<string>;
  hasEnded: boolean;
}

/**
 * A store that is looked at from outside: what goes in, what comes out, and what must not happen.
 *
 * It trusts nothing of the store behind it but its answers.
 */
export class WatchedStorage {
  /** What was wrong. */
  readonly faults: string[] = [];
  readonly runs: Map<string, Watched> = new Map();
  readonly inner: Storage;

  constructor(inner: Storage) {
    this.inner = inner;
  }

  async createRun(request: CreateRunRequest): Promise<Claim | undefined> {
    const claim = await this.inner.createRun(request);
    if (!this.runs.has(request.run.id)) this.#create(request);
    return claim;
  }

  async claimRuns(request: ClaimRunsRequest): Promise<ClaimedRuns> {
    const claimed = await this.inner.claimRuns(request);
    for (const { claim: { runId, token }, run } of claimed.runs) {
      const watched = this.#run(runId);
      if (token <= watched.token) this.#fault(`run ${runId}: token ${token} was given out twice`);
      watched.token = token;
      watched.claimer = watched.owner = request.worker.id;
      const queued = request.queues.includes(run.queue) || request.runIds?.includes(runId) === true;
      if (!queued) this.#fault(`run ${runId} was claimed by a worker of other queues`);
    }
    return claimed;
  }

  async commitTurn(request: CommitTurnRequest): Promise<void> {
    const { claim: { runId, token }, head, turn, taken = [], children = [], messages = [], change, release } = request;
    await this.inner.commitTurn(request);
    const watched = this.#run(runId);
    if (token !== watched.token) this.#fault(`run ${runId}: claim ${token} wrote after claim ${watched.token} began`);
    if (turn !== undefined) {
      // The same commit, sent again.
      if (watched.head === head + 1) return;
      if (watched.head !== head) this.#fault(`run ${runId}: turn ${head} was written over ${watched.head} turns`);
      watched.head = head + 1;
      this.#read(watched, turn);
    }
    if (change.status !== undefined) watched.hasEnded = isFinal(change.status);
    for (const id of taken) this.#take(runId, watched, id, turn);
    for (const child of children) if (!this.runs.has(child.run.id)) this.#create(child);
    for (const message of messages) this.#hear(message);
    if (release === true) watched.owner = null;
  }

  async deliver(request: DeliverRequest): Promise<Delivery | undefined> {
    const delivery = await this.inner.deliver(request);
    if (delivery !== undefined && delivery.isDuplicate === this.#hear(request.message)) {
      this.#fault(`message ${request.message.id}: the store says isDuplicate ${delivery.isDuplicate}`);
    }
    return delivery;
  }

  /** Tells whether somebody owns a run, and has to go on with it. */
  async find(runId: string): Promise<StoredRun | undefined> {
    return await this.inner.findRun({ runId });
  }

  #create({ run, worker, first }: CreateRunRequest): void {
    const watched: Watched = {
      token: worker === undefined ? 0 : 1,
      owner: worker?.id ?? null,
      claimer: worker?.id ?? null,
      head: "turn" in first ? 1 : 0,
      scheduled: new Set(),
      completed: new Set(),
      beaten: new Set(),
      messages: new Map(),
      taken: new Set(),
      hasEnded: false,
    };
    this.runs.set(run.id, watched);
    if ("turn" in first) this.#read(watched, first.turn);
  }

  #read(watched: Watched, { entries }: JournalTurn): void {
    for (const entry of entries) {
      if (entry.type === "step_heartbeat") watched.beaten.add(entry.step);
      else if (isOutcome(entry) || entry.type === "step_scheduled") watched.beaten.delete(entry.step);
      if (entry.type === "step_scheduled") watched.scheduled.add(entry.step);
      else if (entry.type === "step_completed") watched.completed.add(entry.step);
      else if (isOutcome(entry)) watched.completed.delete(entry.step);
    }
  }

  /** A message may be taken out of the inbox only together with the entry that it becomes. */
  #take(runId: string, watched: Watched, id: string, turn: JournalTurn | undefined): void {
    const message = watched.messages.get(id);
    if (message === undefined) return this.#fault(`run ${runId} took a message that it never had: ${id}`);
    watched.taken.add(id);
    if (message.kind !== "signal") return;
    const isKept = turn?.entries.some((entry) =>
      (entry.type === "signal_received" && entry.id === id) || entry.type === "rollback_requested"
    );
    if (!isKept && !watched.hasEnded) {
      this.#fault(`run ${runId} took signal ${id} without writing it down in ${JSON.stringify(turn)}`);
    }
  }

  /** Gives whether the message is new. */
  #hear(message: Message): boolean {
    const watched = this.runs.get(message.runId);
    if (watched === undefined || watched.messages.has(message.id)) return false;
    watched.messages.set(message.id, message);
    return true;
  }

  #run(runId: string): Watched {
    return this.runs.get(runId)!;
  }

  #fault(text: string): void {
    this.faults.push(text);
  }
}
