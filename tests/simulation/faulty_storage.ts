import { MaestroError } from "../../src/base/errors.ts";
import type {
  Claim,
  ClaimedRuns,
  ClaimRunsRequest,
  CommitTurnRequest,
  CreateRunRequest,
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
} from "../../src/engine/storage.ts";
import type { Chance } from "./chance.ts";
import type { Faults } from "./faults.ts";
import { NEVER, type SimProcess } from "./sim_process.ts";
import type { VirtualTime } from "./virtual_time.ts";
import type { WatchedStorage } from "./watched_storage.ts";

/** What a faulty store is made of. */
export interface FaultyStorageOptions {
  readonly store: WatchedStorage;
  readonly process: SimProcess;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly faults: Faults;
  /** Hears what was asked for, and how it went. */
  readonly tell: (text: string) => void;
}

/**
 * The store as one process sees it, over a network that loses, delays and repeats, until the process crashes.
 *
 * What a process had sent when it crashed may still arrive.
 */
export class FaultyStorage implements Storage {
  readonly #options: FaultyStorageOptions;
  #count = 0;

  constructor(options: FaultyStorageOptions) {
    this.#options = options;
  }

  migrate(): Promise<void> {
    return Promise.resolve();
  }

  createRun(request: CreateRunRequest): Promise<Claim | undefined> {
    return this.#send("write", `create ${request.run.id}`, () => this.#store.createRun(request));
  }

  findRun(request: { readonly runId: string }): Promise<StoredRun | undefined> {
    return this.#send("read", "find", () => this.#store.inner.findRun(request));
  }

  listRuns(request: ListRunsRequest): Promise<RunPage> {
    return this.#send("read", "list", () => this.#store.inner.listRuns(request));
  }

  deleteRuns(): Promise<number> {
    return Promise.resolve(0);
  }

  claimRuns(request: ClaimRunsRequest): Promise<ClaimedRuns> {
    return this.#send(
      "claim",
      `claim ${request.runIds?.join() ?? ""}`,
      () => this.#store.claimRuns(request),
      (claimed) => claimed.runs.map(({ claim: { runId, token } }) => `${runId}#${token}`).join(),
    );
  }

  renewWorker(request: { readonly worker: WorkerRef }): Promise<boolean> {
    return this.#send("renew", "renew", () => this.#store.inner.renewWorker(request), String);
  }

  readJournal(request: ReadJournalRequest): Promise<JournalPage> {
    return this.#send("read", `journal ${request.runId}`, () => this.#store.inner.readJournal(request));
  }

  readPending(request: { readonly runId: string }): Promise<PendingTurn | undefined> {
    return this.#send("read", `pending ${request.runId}`, () => this.#store.inner.readPending(request));
  }

  readDefinition(request: { readonly hash: string }): Promise<string | undefined> {
    return this.#send("read", "definition", () => this.#store.inner.readDefinition(request));
  }

  commitTurn(request: CommitTurnRequest): Promise<void> {
    const { claim: { runId, token }, head, turn, release, change, taken = [] } = request;
    const entries = turn?.entries.map((entry) => "step" in entry ? `${entry.type} ${entry.step}` : entry.type) ?? [];
    const more = `${JSON.stringify(change)} ${taken.join()}${release ? " release" : ""}`;
    const text = `commit ${runId}#${token} ${head}: ${entries.join(", ")}; ${more}`;
    return this.#send("write", text, () => this.#store.commitTurn(request));
  }

  deliver(request: DeliverRequest): Promise<Delivery | undefined> {
    return this.#send("write", "deliver", () => this.#store.deliver(request));
  }

  stats(): Promise<StoreStats> {
    return this.#store.inner.stats();
  }

  onWakeup(worker: WorkerRef, listener: () => void): () => void {
    const { process, chance } = this.#options;
    const stop = this.#store.inner.onWakeup?.(worker, () => {
      if (!process.isDead) process.after(chance.delay(1, 20), listener);
    });
    return () => stop?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  get #store(): WatchedStorage {
    return this.#options.store;
  }

  #send<T>(
    kind: "read" | "write" | "claim" | "renew",
    text: string,
    apply: () => Promise<T>,
    show: (value: T) => string = () => "done",
  ): Promise<T> {
    const { process, time, faults, chance, tell } = this.#options;
    if (process.isDead) return NEVER;
    const fault = faults.ofRequest(kind);
    const number = this.#count++;
    tell(`${process.name} [${number}] ${text}${fault === "none" ? "" : ` (${fault})`}`);
    if (fault === "crash before") {
      process.crash();
      return NEVER;
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const isLost = chance.happens(0.5);
    const answer = (settle: () => void): void => void process.after(faults.delay(), settle);
    time.after(faults.delay(), () => {
      if (process.isDead && isLost) return;
      if (fault === "fail") return answer(() => reject(unavailable()));
      apply().then((value) => {
        tell(`${process.name} [${number}] = ${show(value)}`);
        if (fault === "crash after") process.crash();
        else answer(() => fault === "lie" ? reject(unavailable()) : resolve(value));
      }, (thrown) => {
        tell(`${process.name} [${number}] = ${thrown}`);
        answer(() => reject(thrown));
      });
      // A request may come twice; the second answer finds nobody. Claims do not: no store's client sends one again by itself.
      if (fault === "repeat" && kind !== "claim") {
        time.after(chance.delay(1, 500), () => void apply().catch(() => undefined));
      }
    });
    return promise;
  }
}

function unavailable(): MaestroError {
  return new MaestroError("store_unavailable", "The store does not answer");
}
