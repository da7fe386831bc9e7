/** How many rounds of microtasks a turn of a workflow may take: far more than any does. */
const ROUNDS = 2_000;

/**
 * Settles once every promise that can make progress without input and output has: only microtasks run meanwhile, so that nothing from
 * outside can slip in, as it can where a runtime drains its tick queue.
 */
export async function drainMicrotasks(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await Promise.resolve();
}
