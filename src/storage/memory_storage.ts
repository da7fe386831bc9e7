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

interface StoredDefinition {
  readonly text: string;
  /** Runs that pin it. */
  runs: number;
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
  readonly #definitions = new Map<string, StoredDefinition>();

  constructor({ keepEnded = 1_000 }: MemoryStorageOptions = {}) {
    this.#keepEnded = keepEnded;
  }

  createRun({ run, definition, turn, turnId }: CreateRunRequest): Promise<Claim> {
    if (this.#runs.has(run.id)) {
      return Promise.reject(
        new MaestroError("run_conflict", `Run "${run.id}" exists already`, { hint: "choose another id" }),
      );
    }
    this.#pin(run.definition, definition);
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
    return Promise.resolve(this.#definitions.get(hash)?.text);
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
    this.#unpin(this.#runs.get(oldest!)!.record.definition);
    this.#runs.delete(oldest!);
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

  [Symbol.asyncDispose](): Promise<void> {
    this.#runs.clear();
    this.#ended.clear();
    this.#definitions.clear();
    return Promise.resolve();
  }
}
