import { MaestroError, toError } from "../../base/errors.ts";
import type { SqlEffects, SqlWork } from "./sql_work.ts";

/** How safely a group is to be kept: `sync` survives a loss of power. */
export type CommitMode = "sync" | "async";

/** A work with what it needs to be part of a group. */
export interface GroupMember<T> {
  /** Makes the work; more than once where its group has to be taken apart. */
  work(effects: SqlEffects): SqlWork<T>;
  readonly mode: CommitMode;
  /** About how much it writes. */
  readonly bytes: number;
}

/** What became of one member: its value, or why it was refused. */
export type MemberOutcome = { readonly value: unknown } | { readonly refusal: MaestroError };

/** What groups are committed with. */
export interface GroupCommitOptions {
  /**
   * Runs works in one transaction. Rejects with a `MaestroError` where the store cannot be used at all, with anything else where one of
   * the works may be to blame; nothing of the group is then written, as far as that can be known.
   */
  commit(members: readonly GroupMember<unknown>[], mode: CommitMode): Promise<readonly MemberOutcome[]>;
  /** Turns what `commit` rejected with into the error that callers see. */
  explain(error: Error): Error;
  /** Calls back when what arrives together has arrived. */
  later(callback: () => void): void;
}

interface Waiting extends GroupMember<unknown> {
  resolve(value: unknown): void;
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

  /** Commits one work with whatever comes at the same time. */
  write<T>(member: GroupMember<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ ...member, resolve: resolve as (value: unknown) => void, reject });
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
    let outcomes: readonly MemberOutcome[];
    try {
      outcomes = await this.#options.commit(group, group.some(({ mode }) => mode === "sync") ? "sync" : "async");
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
      else resolve(outcome.value);
    }
  }
}
