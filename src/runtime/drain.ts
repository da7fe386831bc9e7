import process from "node:process";

let forming: Promise<void> | undefined;
let settle: () => void;

/**
 * Settles once every promise that can make progress without I/O has.
 *
 * The microtask comes first because a tick scheduled from within a tick would run before the pending microtasks; a tick
 * scheduled from a microtask runs when all of them, and those they started, are done. Whoever asks before that microtask has run is
 * served by the same tick: runs whose answers came together go on together, and what they send leaves in one piece.
 */
export function drain(): Promise<void> {
  return forming ??= new Promise(form);
}

function form(resolve: () => void): void {
  settle = resolve;
  queueMicrotask(tick);
}

function tick(): void {
  forming = undefined;
  process.nextTick(settle);
}
