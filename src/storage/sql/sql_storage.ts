import { MaestroError, toError } from "../../base/errors.ts";
import { decodeTurn } from "../../engine/journal_format.ts";
import type { JournalTurn } from "../../engine/journal.ts";
import type {
  Claim,
  ClaimedRuns,
  ClaimRunsRequest,
  CommitTurnRequest,
  CreateRunRequest,
  DeleteRunsRequest,
  DeliverRequest,
  Delivery,
  JournalPage,
  ListRunsRequest,
  PendingTurn,
  ReadJournalRequest,
  RunPage,
  Storage,
  StoredRun,
  StoreStats,
  WorkerRef,
} from "../../engine/storage.ts";
import { everyInBackground } from "../../runtime/later.ts";
import type { Cipher } from "../cipher.ts";
import { toClaimedRuns } from "./claim_runs.ts";
import { commitBytes, prepareCommit } from "./commit_turn.ts";
import { placeOfDefinition, prepareRun, runBytes } from "./create_run.ts";
import { findEndedTrees } from "./delete_runs.ts";
import { prepareMessage, readMessages, readStart, selectPending } from "./inbox.ts";
import { type JournalTrail, placeOfTurn, readJournalPage } from "./journal_rows.ts";
import { findRows } from "./list_runs.ts";
import type { SqlAnswers, SqlOperation } from "./operation.ts";
import { PayloadCodec } from "./payload.ts";
import type { Presence } from "./presence.ts";
import { SELECT_STORED_RUNS, type StoredRunRow, toStoredRun } from "./run_row.ts";
import type { CommitMode, SqlDriver } from "./sql_driver.ts";
import { selectAll, selectOne, type SqlEffects, type SqlValue, type SqlWork } from "./sql_work.ts";
import { countRuns } from "./store_stats.ts";

/** What `SqlStorage` is made of. */
export interface SqlStorageOptions {
  readonly driver: SqlDriver;
  readonly presence: Presence;
  readonly isReadOnly: boolean;
  readonly cipher: Cipher | undefined;
  /** Most bytes of one value. */
  readonly mostPayloadBytes: number;
  /** The store's wall clock in milliseconds. */
  readonly now: () => number;
}

/** How often a store looks for what other processes have written, should a bell not have been heard. */
const LOOK_MS = 1_000;

/** The storage port over SQL: every statement once, for all databases. */
export class SqlStorage implements Storage {
  readonly #driver: SqlDriver;
  readonly #presence: Presence;
  readonly #isReadOnly: boolean;
  readonly #codec: PayloadCodec;
  readonly #now: () => number;
  readonly #listeners = new Map<string, () => void>();
  /** Workers that have spoken through this handle. */
  readonly #workers = new Set<string>();
  /** Runs of this handle that need not survive a loss of power. */
  readonly #lax = new Set<string>();
  readonly #trails = new Map<string, JournalTrail>();
  #stopHearing: (() => void) | undefined;
  #isAnnounced = false;
  #closing: Promise<void> | undefined;

  constructor({ driver, presence, isReadOnly, cipher, mostPayloadBytes, now }: SqlStorageOptions) {
    this.#driver = driver;
    this.#presence = presence;
    this.#isReadOnly = isReadOnly;
    this.#codec = new PayloadCodec(cipher, mostPayloadBytes);
    this.#now = now;
    driver.listen((effects) => this.#tell(effects));
  }

  async migrate(): Promise<void> {
    this.#requireWritable();
    try {
      await this.#driver.migrate();
    } catch (error) {
      throw this.#driver.explain(toError(error));
    }
  }

  async createRun(request: CreateRunRequest): Promise<Claim | undefined> {
    const { run, worker } = request;
    if (worker !== undefined) await this.#announce(worker);
    const prepared = prepareRun(this.#codec, request);
    await this.#codec.seal();
    const mode = run.durability === "sync" ? "sync" : "async";
    await this.#write({ kind: "create_run", run: prepared }, mode, runBytes(prepared));
    if (worker === undefined) return undefined;
    if (mode === "async") this.#lax.add(run.id);
    return { runId: run.id, token: 1 };
  }

  async findRun({ runId }: { readonly runId: string }): Promise<StoredRun | undefined> {
    const row = await this.#read(() => selectOne<StoredRunRow>(`${SELECT_STORED_RUNS}where runs.id = ?`, [runId]));
    return row && await toStoredRun(row, this.#codec, this.#aliveOwners([row]));
  }

  async listRuns(request: ListRunsRequest): Promise<RunPage> {
    const { rows, cursor } = await findRows(request, (work) => this.#read(work), () => performance.now());
    const isAlive = this.#aliveOwners(rows);
    return { runs: await Promise.all(rows.map((row) => toStoredRun(row, this.#codec, isAlive))), cursor };
  }

  async deleteRuns(request: DeleteRunsRequest): Promise<number> {
    const trees = await this.#read(() => findEndedTrees(request));
    let count = 0;
    // One transaction for each tree: whoever else wants to write gets in between.
    for (const { id } of trees) count += await this.#write({ kind: "delete_tree", root: id }, "async");
    return count;
  }

  async claimRuns(request: ClaimRunsRequest): Promise<ClaimedRuns> {
    await this.#announce(request.worker);
    const name = this.#presence.name;
    const others = await this.#read(() => selectAll<{ files: string }>(SELECT_OTHERS, [name]));
    const deadFiles = this.#presence.findDead(others.map(({ files }) => files));
    const rows = await this.#write({ kind: "claim_runs", request, deadFiles }, "async");
    this.#presence.remove(deadFiles);
    for (const { run } of rows.runs) if (run.durability !== "sync") this.#lax.add(run.id);
    return await toClaimedRuns(rows, this.#codec);
  }

  async renewWorker({ worker }: { readonly worker: WorkerRef }): Promise<boolean> {
    return await this.#write({ kind: "renew_worker", worker }, "async");
  }

  async readJournal({ runId, from: wanted = 0, limit = Infinity }: ReadJournalRequest): Promise<JournalPage> {
    const { from, bodies } = await this.#read(() => readJournalPage(runId, wanted, limit, this.#trails));
    const turns: JournalTurn[] = [];
    for (const body of bodies) {
      const place = placeOfTurn(runId, from + turns.length);
      turns.push(decodeTurn(await this.#codec.read(body, place), place));
    }
    return { from, turns };
  }

  async readPending({ runId }: { readonly runId: string }): Promise<PendingTurn | undefined> {
    const rows = await this.#read(() => selectPending(runId));
    return rows && {
      started: await readStart(rows.started, runId, this.#codec),
      messages: await readMessages(rows.messages, runId, this.#codec),
    };
  }

  async readDefinition({ hash }: { readonly hash: string }): Promise<string | undefined> {
    const row = await this.#read(() =>
      selectOne<{ body: SqlValue }>("select body from definitions where hash = ?", [hash])
    );
    return row && await this.#codec.read(row.body, placeOfDefinition(hash));
  }

  async commitTurn(request: CommitTurnRequest): Promise<void> {
    const { claim: { runId }, children = [], release, durability } = request;
    for (const { worker } of children) if (worker !== undefined) this.#workers.add(worker.id);
    const commit = prepareCommit(this.#codec, request);
    if (this.#codec.isEncrypting) await this.#codec.seal();
    const mode = durability === "sync" || !this.#lax.has(runId) ? "sync" : "async";
    await this.#write({ kind: "commit_turn", commit }, mode, commitBytes(commit));
    for (const { run, worker } of children) {
      if (worker !== undefined && run.durability !== "sync") this.#lax.add(run.id);
    }
    if (release === true) this.#lax.delete(runId);
  }

  async deliver({ message }: DeliverRequest): Promise<Delivery | undefined> {
    const prepared = prepareMessage(this.#codec, message);
    await this.#codec.seal();
    const found = await this.#write({ kind: "deliver", message: prepared }, "sync", prepared.body.value.length);
    if (found === undefined) return undefined;
    const { row, isNew } = found;
    return { run: await toStoredRun(row, this.#codec, this.#aliveOwners([row])), isDuplicate: !isNew };
  }

  async stats(): Promise<StoreStats> {
    return { ...await this.#read(countRuns), bytes: this.#driver.bytes() };
  }

  onWakeup(worker: WorkerRef, listener: () => void): () => void {
    this.#listeners.set(worker.id, listener);
    this.#stopHearing ??= this.#hear();
    return () => {
      this.#listeners.delete(worker.id);
      if (this.#listeners.size > 0) return;
      this.#stopHearing?.();
      this.#stopHearing = undefined;
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#stopHearing?.();
    this.#listeners.clear();
    const workers = [...this.#workers];
    let isForgotten = false;
    try {
      if (workers.length > 0) await this.#driver.write({ kind: "forget_workers", workers }, "async", 0);
      isForgotten = true;
    } finally {
      this.#presence.leave(isForgotten);
      await this.#driver.close();
    }
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new MaestroError("store_unavailable", "The store has been closed");
  }

  #requireWritable(): void {
    this.#requireOpen();
    if (this.#isReadOnly) throw new MaestroError("store_unavailable", "The store was opened for reading only");
  }

  #write<Kind extends SqlOperation["kind"]>(
    operation: Extract<SqlOperation, { kind: Kind }>,
    mode: CommitMode,
    bytes = 0,
  ): Promise<SqlAnswers[Kind]> {
    this.#requireWritable();
    return this.#driver.write<Kind>(operation, mode, bytes);
  }

  async #read<T>(work: () => SqlWork<T>): Promise<T> {
    this.#requireOpen();
    try {
      return await this.#driver.read(work);
    } catch (error) {
      throw this.#driver.explain(toError(error));
    }
  }

  /** Lets others see that this process lives before the store says that it owns anything. */
  async #announce({ id }: WorkerRef): Promise<void> {
    this.#requireWritable();
    this.#workers.add(id);
    if (this.#isAnnounced) return;
    try {
      this.#presence.announce();
    } catch (error) {
      throw this.#driver.explain(toError(error));
    }
    this.#isAnnounced = true;
    const known = await this.#read(() => selectAll<{ files: string }>("select distinct files from workers"));
    this.#presence.tidy(known.map(({ files }) => files));
  }

  /** Tells who of these runs' owners is alive. */
  #aliveOwners(rows: readonly StoredRunRow[]): (row: StoredRunRow) => boolean {
    const now = this.#now();
    const dead = new Set(this.#presence.findDead(rows.flatMap(({ files }) => files ?? [])));
    return ({ lease_until, files }) => lease_until !== null && lease_until > now && !dead.has(files!);
  }

  #hear(): () => void {
    const wakeAll = (): void => {
      for (const listener of [...this.#listeners.values()]) listener();
    };
    const stopBell = this.#presence.hear(wakeAll);
    // From here on it tells what is new.
    this.#driver.hasChanged();
    const stopLooking = everyInBackground(LOOK_MS, () => {
      if (this.#driver.hasChanged()) wakeAll();
    });
    return () => {
      stopBell();
      stopLooking();
    };
  }

  /** Wakes whoever has something to do now. A bell that cannot be rung is no fault: every process also looks by itself. */
  #tell(effects: SqlEffects): void {
    const { mailed, hasDueRuns, hasParkedRuns } = effects;
    const strangers: string[] = [];
    for (const owner of mailed) {
      if (this.#workers.has(owner)) this.#listeners.get(owner)?.();
      else strangers.push(owner);
    }
    if (hasDueRuns || hasParkedRuns) { for (const listener of [...this.#listeners.values()]) listener(); }
    if (!hasDueRuns && strangers.length === 0) return;
    const find = (): SqlWork<readonly { id: string; files: string }[]> =>
      selectAll<{ id: string; files: string }>("select id, files from workers where files <> ?", [this.#presence.name]);
    this.#driver.read(find).then((others) => {
      this.#presence.ring(others.filter(({ id }) => hasDueRuns || strangers.includes(id)).map(({ files }) => files));
    }).catch(() => undefined);
  }
}

const SELECT_OTHERS = "select distinct files from workers where files <> ?";
