import { MaestroError, toError } from "../../base/errors.ts";
import type { SqlOperation } from "./operation.ts";
import type { CommitMode } from "./sql_driver.ts";

/** What became of one operation: its answer, or why it was refused. */
export type Outcome = { readonly answer: unknown } | { readonly refusal: MaestroError };

/** What groups are committed with. */
export interface GroupCommitOptions {
  /**
   * Carries operations out in one transaction, each with its outcome. Rejects with a `MaestroError` where the store cannot be used at all,
   * with anything else where one of the operations may be to blame; nothing of the group is then written, as far as that can be known.
   */
  commit(operations: readonly SqlOperation[], mode: CommitMode): Promise<readonly Outcome[]>;
  /** Turns what `commit` rejected with into the error that callers see. */
  explain(error: Error): Error;
  /** Calls back when what arrives together has arrived. */
  later(callback: () => void): void;
}

interface Waiting {
  readonly operation: SqlOperation;
  readonly mode: CommitMode;
  /** About how much it writes. */
  readonly bytes: number;
  resolve(answer: unknown): void;
  reject(reason: Error): void;
}

const MOST_BYTES = 8 * 1_048_576;

/** Writes that come together share one transaction, in the order in which they came. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #isBusy = false;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Commits one operation with whatever comes at the same time; gives its answer. */
  write(operation: SqlOperation, mode: CommitMode, bytes: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, mode, bytes, resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      this.#options.later(this.#flush);
    });
  }

  /** Resolves when nothing waits any more. */
  settle(): Promise<void> {
    if (!this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  readonly #flush = (): void => {
    void this.#commitNext();
  };

  async #commitNext(): Promise<void> {
    await this.#commit(this.#takeGroup());
    if (this.#waiting.length > 0) return this.#options.later(this.#flush);
    this.#isBusy = false;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #takeGroup(): readonly Waiting[] {
    const waiting = this.#waiting;
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || bytes + waiting[count]!.bytes <= MOST_BYTES)) {
      bytes += waiting[count++]!.bytes;
    }
    this.#waiting = waiting.slice(count);
    return count === waiting.length ? waiting : waiting.slice(0, count);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    let outcomes: readonly Outcome[];
    try {
      const mode = group.some(({ mode }) => mode === "sync") ? "sync" : "async";
      outcomes = await this.#options.commit(group.map(({ operation }) => operation), mode);
    } catch (thrown) {
      const error = toError(thrown);
      if (group.length > 1 && !MaestroError.is(error)) {
        for (const member of group) await this.#commit([member]);
        return;
      }
      const reason = this.#options.explain(error);
      for (const { reject } of group) reject(reason);
      return;
    }
    for (const [index, outcome] of outcomes.entries()) {
      const { resolve, reject } = group[index]!;
      if ("refusal" in outcome) reject(outcome.refusal);
      else resolve(outcome.answer);
    }
  }
}
