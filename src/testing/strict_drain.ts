/** How many rounds of microtasks a turn of a workflow may take: far more than any does. */
const ROUNDS = 2_000;

/**
 * Settles once every promise that can make progress without input and output has: only microtasks run meanwhile, so that nothing can slip
 * in that comes from outside, as it can where a runtime drains its tick queue. What Deno answers at once, such as a read of a file that
 * is at hand, passes for a promise like any other.
 */
export async function drainMicrotasks(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await Promise.resolve();
}
