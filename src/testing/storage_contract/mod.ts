import { ATTRIBUTE_CASES } from "./attribute_cases.ts";
import { CLAIM_CASES } from "./claim_cases.ts";
import { COMMIT_CASES } from "./commit_cases.ts";
import type { ContractCase } from "./contract.ts";
import { DELETE_CASES } from "./delete_cases.ts";
import { INBOX_CASES } from "./inbox_cases.ts";
import { LIST_CASES } from "./list_cases.ts";
import { RESTART_CASES } from "./restart_cases.ts";
import { RUN_CASES } from "./run_cases.ts";

export { applies, type ContractCase, type ContractFeatures, type ContractStore } from "./contract.ts";

/**
 * Every promise of the storage port. Any test runner can run them, each on a fresh store.
 *
 * @example
 * ```ts
 * import { openStorage } from "maestro";
 * import { applies, STORAGE_CONTRACT } from "maestro/storage-contract";
 *
 * const inbox = STORAGE_CONTRACT.filter((promise) => applies(promise, { hasHandles: false })).slice(0, 3);
 * for (const { name, run } of inbox) {
 *   const storage = await openStorage("memory:");
 *   await run({
 *     open: () => Promise.resolve(storage),
 *     now: () => Date.now(),
 *     advance: () => Promise.reject(new Error("this clock cannot be set")),
 *     [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
 *   });
 *   console.log(`a store ${name}`);
 * }
 * ```
 */
export const STORAGE_CONTRACT: readonly ContractCase[] = [
  ...RUN_CASES,
  ...LIST_CASES,
  ...ATTRIBUTE_CASES,
  ...COMMIT_CASES,
  ...RESTART_CASES,
  ...CLAIM_CASES,
  ...INBOX_CASES,
  ...DELETE_CASES,
];
