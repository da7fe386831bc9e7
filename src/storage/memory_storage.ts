import { MaestroError } from "../base/errors.ts";
import type { JournalTurn } from "../engine/journal.ts";
import type { RunRecord } from "../engine/run.ts";
import type { Claim, CommitTurnRequest, CreateRunRequest, ReadJournalRequest, Storage } from "../engine/storage.ts";

interface StoredRun {
  record: RunRecord;
  token: number;
  lastTurnId: string;
  readonly turns: JournalTurn[];
}

/** Options of `MemoryStorage`. */
export interface MemoryStorageOptions {
  /** How many ended runs are kept; the oldest go first. @default 1000 */
  readonly keepEnded?: number | undefined;
}

/** The storage port in plain code: what every other store must do, kept in this process and gone with it. */
export class MemoryStorage implements Storage {
  readonly #keepEnded: number;
  /** Ids of ended runs, oldest first. */
  readonly #ended = new Set<string>();
  readonly #runs = new Map<string, StoredRun>();
  readonly #definitions = new Map<string, string>();

  constructor({ keepEnded = 1_000 }: MemoryStorageOptions = {}) {
    this.#keepEnded = keepEnded;
  }

  createRun({ run, definition, turn, turnId }: CreateRunRequest): Promise<Claim> {
    if (this.#runs.has(run.id)) {
      return Promise.reject(
        new MaestroError("run_conflict", `Run "${run.id}" exists already`, { hint: "choose another id" }),
      );
    }
    this.#definitions.set(run.definition, definition);
    this.#runs.set(run.id, { record: run, token: 1, lastTurnId: turnId, turns: [turn] });
    this.#noteEnd(run);
    return Promise.resolve({ runId: run.id, token: 1 });
  }

  findRun({ runId }: { readonly runId: string }): Promise<RunRecord | undefined> {
    return Promise.resolve(this.#runs.get(runId)?.record);
  }

  readJournal({ runId, from = 0, limit = Infinity }: ReadJournalRequest): Promise<readonly JournalTurn[]> {
    return Promise.resolve(this.#runs.get(runId)?.turns.slice(from, from + limit) ?? []);
  }

  readDefinition({ hash }: { readonly hash: string }): Promise<string | undefined> {
    return Promise.resolve(this.#definitions.get(hash));
  }

  commitTurn({ claim, head, turnId, turn, change }: CommitTurnRequest): Promise<void> {
    const run = this.#runs.get(claim.runId);
    const isNewest = run !== undefined && run.token === claim.token;
    if (isNewest && run.lastTurnId === turnId) return Promise.resolve();
    if (!isNewest || run.turns.length !== head) {
      return Promise.reject(new MaestroError("claim_lost", `Run "${claim.runId}" has moved on without this worker`));
    }
    run.turns.push(turn);
    run.lastTurnId = turnId;
    if (change.status !== undefined) {
      run.record = { ...run.record, ...change };
      this.#noteEnd(run.record);
    }
    return Promise.resolve();
  }

  #noteEnd({ id, finishedAt }: RunRecord): void {
    if (finishedAt === null) return;
    this.#ended.add(id);
    if (this.#ended.size <= this.#keepEnded) return;
    const [oldest] = this.#ended;
    this.#ended.delete(oldest!);
    this.#runs.delete(oldest!);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#runs.clear();
    return Promise.resolve();
  }
}
