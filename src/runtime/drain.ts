import process from "node:process";

/**
 * Settles once every promise that can make progress without I/O has.
 *
 * The microtask comes first because a tick scheduled from within a tick would run before the pending microtasks; a tick
 * scheduled from a microtask runs when all of them, and those they started, are done.
 */
export function drain(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
