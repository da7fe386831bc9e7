import type { Scope } from "./scope.ts";
import type { Site } from "./source.ts";
import type { Value } from "./value.ts";

/** Steps that one evaluation may take: about 100 ms of work. */
const MAX_STEPS = 3_000_000;

/** Most characters in one text or one result; a member of a list or map counts as one too. */
export const MAX_SIZE: number = 16 * 1024 * 1024;

/** The state of one evaluation: its scope, the macro variables, and what it has cost so far. */
export class Frame {
  readonly scope: Scope;
  /** Values of macro variables by slot. */
  readonly slots: Value[] = [];
  #steps = 0;
  #size = 0;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Counts work. Whatever repeats or grows must call it; plain operators need not, they are bounded by the text. */
  charge(steps: number, site: Site): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) site.fail("The expression takes too long: it is stopped at its cost limit");
  }

  /** Counts characters that are written out, all results of one evaluation together. */
  grow(size: number, site: Site): void {
    this.#size += size;
    this.limitSize(this.#size, site);
  }

  /** Refuses texts and lists that outgrow the limit, before they are built. */
  limitSize(size: number, site: Site): void {
    if (size > MAX_SIZE) site.fail("The result grows too large: at most 16 MiB");
  }
}

/** A compiled expression. */
export type Run = (frame: Frame) => Value;

/** A compiled expression that gives `undefined` where something it reads is missing. */
export type LenientRun = (frame: Frame) => Value | undefined;
