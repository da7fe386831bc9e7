import type { Storage } from "../../engine/storage.ts";

/** A fresh, empty store that one case of the contract has for itself. */
export interface ContractStore extends AsyncDisposable {
  /** Opens a handle, as a process of its own would. A store that has only one gives that one again. */
  open(): Promise<Storage>;
  /** The store's own clock, in milliseconds. */
  now(): number;
  /** Lets the store's clock go on. */
  advance(milliseconds: number): Promise<void>;
}

/** What a store can, beyond what every store can. */
export interface ContractFeatures {
  /** Whether several handles on one store are possible, each with workers of its own. */
  readonly hasHandles: boolean;
  /** Whether the listing finds texts in messages of errors; an encrypted store does not. @default true */
  readonly findsErrorMessages?: boolean | undefined;
}

/** One promise of the storage port, and how to see that a store keeps it. */
export interface ContractCase {
  /** The promise, in words that follow "a store". */
  readonly name: string;
  /** Without it in a store, the case is about nothing. */
  readonly needs?: "hasHandles" | "findsErrorMessages" | undefined;
  /** Throws an error that says what was seen where the promise is broken. */
  run(store: ContractStore): Promise<void>;
}

/**
 * Tells whether a case is about something in a store with these features.
 *
 * @example
 * ```ts
 * import { applies, STORAGE_CONTRACT } from "maestro/storage-contract";
 *
 * const ours = STORAGE_CONTRACT.filter((promise) => applies(promise, { hasHandles: false }));
 * console.log(ours.length <= STORAGE_CONTRACT.length); // true
 * ```
 */
export function applies({ needs }: ContractCase, { hasHandles, findsErrorMessages = true }: ContractFeatures): boolean {
  if (needs === undefined) return true;
  return needs === "hasHandles" ? hasHandles : findsErrorMessages;
}
