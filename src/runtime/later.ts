import { setInterval, setTimeout } from "node:timers";

/** Calls back once the runtime has handled the input and output that is ready now: what arrives together is then served together. */
export function later(callback: () => void): void {
  setImmediate(callback);
}

/** Waits. */
export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Calls back once after a while, without keeping the process alive, unless the returned function is called. */
export function inBackground(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}

/** Calls back again and again, without keeping the process alive, until the returned function is called. */
export function everyInBackground(milliseconds: number, callback: () => void): () => void {
  const timer = setInterval(callback, milliseconds);
  timer.unref();
  return () => clearInterval(timer);
}
