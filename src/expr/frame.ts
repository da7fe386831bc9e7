import type { Scope } from "./scope.ts";
import type { Site } from "./source.ts";
import type { Value } from "./value.ts";

/** Steps that one evaluation may take: about 100 ms of work. */
const MAX_STEPS = 3_000_000;

/** Most characters in one text or one result; a member of a list or map counts as one too. */
export const MAX_SIZE: number = 16 * 1024 * 1024;

const NO_SLOTS: Value[] = [];

/** The state of one evaluation: its scope, the macro variables, and what it has cost so far. */
export class Frame {
  readonly scope: Scope;
  /** Values of macro variables by slot; shared and empty until the first macro calls `openSlots`. */
  slots: Value[] = NO_SLOTS;
  /** The expression that is being evaluated. */
  site: Site | undefined;
  #steps = 0;
  #size = 0;
  #patterns: Set<string> | undefined;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Makes room for macro variables. */
  openSlots(): void {
    if (this.slots === NO_SLOTS) this.slots = [];
  }

  /** Counts work. Whatever repeats or grows must call it; plain operators need not, they are bounded by the text. */
  charge(steps: number, site: Site): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) site.fail("The expression takes too long: it is stopped at its cost limit");
  }

  /** Counts the work of going through a text once; short ones are bounded by the text of the expression. */
  chargeText(text: string, site: Site): void {
    if (text.length > 64) this.charge(text.length >> 4, site);
  }

  /** Tells whether a pattern is met for the first time in this evaluation. */
  meets(pattern: string): boolean {
    this.#patterns ??= new Set();
    return this.#patterns.size !== this.#patterns.add(pattern).size;
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

/** Evaluates in a new frame. The end of the stack, which deep values can reach, becomes an error of the expression. */
export function inFrame<T>(scope: Scope, evaluate: (frame: Frame) => T): T {
  const frame = new Frame(scope);
  try {
    return evaluate(frame);
  } catch (error) {
    if (error instanceof RangeError && frame.site !== undefined) frame.site.fail("The value is nested too deeply");
    throw error;
  }
}

/** A compiled expression. */
export type Run = (frame: Frame) => Value;

/** A compiled expression that gives `undefined` where something it reads is missing. */
export type LenientRun = (frame: Frame) => Value | undefined;
