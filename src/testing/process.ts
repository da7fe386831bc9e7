import type { Clock } from "../engine/clock.ts";
import type { CommitTurnRequest, CreateRunRequest, Storage, WorkerRef } from "../engine/storage.ts";

/** Where a process is to die: before a write reaches the store, or after it. */
export type Death = "before" | "after" | undefined;

/** What a process is made of. */
export interface ProcessOptions {
  readonly clock: Clock;
  /** Outlives the process. */
  readonly storage: Storage;
  /** Asked at each write. */
  readonly onWrite: (request: CreateRunRequest | CommitTurnRequest) => Death;
  /** Told when the process has died at a write. */
  readonly onDeath: () => void;
}

/** An engine's surroundings, which can be taken from it as a loss of power would: from then on nothing is answered. */
export class Process {
  /** The store as the process sees it. */
  readonly storage: Storage;
  /** The clock as the process sees it. */
  readonly clock: Clock;
  readonly #options: ProcessOptions;
  #worker: WorkerRef | undefined;
  #isDead = false;

  constructor(options: ProcessOptions) {
    const { clock, storage } = options;
    this.#options = options;
    this.clock = {
      now: () => clock.now(),
      after: (delayMs, callback) => clock.after(delayMs, () => this.#isDead ? undefined : callback()),
    };
    this.storage = new Proxy(storage, { get: (_, name) => this.#method(name as keyof Storage) });
  }

  /** Whether it answers no more. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Ends it at once. The store learns of it, as one does that sees a process die: its runs may be taken at once. */
  die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    if (this.#worker === undefined) return;
    void this.#options.storage.renewWorker({ worker: { ...this.#worker, leaseMs: 0 } });
  }

  #method(name: keyof Storage): unknown {
    const { storage } = this.#options;
    if (name === "onWakeup") {
      return (worker: WorkerRef, listener: () => void) =>
        storage.onWakeup?.(worker, () => this.#isDead ? undefined : listener());
    }
    if (name === Symbol.asyncDispose) return () => Promise.resolve();
    return (request: unknown) => this.#send(name, request as never);
  }

  async #send(name: Exclude<keyof Storage, "onWakeup">, request: { readonly worker?: WorkerRef }): Promise<unknown> {
    if (this.#isDead) return await NEVER;
    this.#worker = request?.worker ?? this.#worker;
    const { storage, onWrite } = this.#options;
    const death = name === "createRun" || name === "commitTurn" ? onWrite(request as never) : undefined;
    if (death === "before") return await this.#dieAtWrite();
    const answer = await (storage[name] as (request: unknown) => Promise<unknown>).call(storage, request);
    if (death === "after") return await this.#dieAtWrite();
    return this.#isDead ? await NEVER : answer;
  }

  #dieAtWrite(): Promise<never> {
    this.die();
    this.#options.onDeath();
    return NEVER;
  }
}

/** What waits for a process that has died. */
export const NEVER: Promise<never> = new Promise(() => undefined);
