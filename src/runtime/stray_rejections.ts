import type { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";

/** Runs a function of which rejections that nobody handles are passed over. */
type Shelter = <T>(run: () => T) => T;

let shelter: Shelter | undefined;

/**
 * Runs a workflow function. From the first call on rejections that nobody handles do not end the process where the function was their
 * origin, or `isOwn` says that their reason is the engine's: a branch that is awaited later, or never, must not end every run in here.
 * All others are the host's, as before.
 *
 * Bun does not tell where a rejection comes from: there the reason alone decides.
 */
export function sheltered<T>(run: () => T, isOwn: (reason: unknown) => boolean): T {
  shelter ??= install(isOwn);
  return shelter(run);
}

function install(isOwn: (reason: unknown) => boolean): Shelter {
  const { versions } = process;
  if (versions["bun"] !== undefined) {
    listen(isOwn);
    return (run) => run();
  }
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  const origin: AsyncLocalStorage<true> = new AsyncLocalStorage();
  const isStray = (reason: unknown): boolean => origin.getStore() === true || isOwn(reason);
  if (versions["deno"] !== undefined) intercept(isStray);
  else filter(isStray);
  return (run) => origin.run(true, run);
}

/** Node asks `process.emit` whether anybody has heard of a rejection; who listens for others need not know of ours. */
function filter(isStray: (reason: unknown) => boolean): void {
  const emit = process.emit as (...event: readonly unknown[]) => boolean;
  const strays = new WeakSet<object>();
  const isHeard = (event: unknown, subject: unknown, promise: unknown): boolean => {
    if (event === "rejectionHandled") return strays.has(subject as object);
    if (event !== "unhandledRejection" || !isStray(subject)) return false;
    strays.add(promise as object);
    return true;
  };
  process.emit = function (this: typeof process, ...event: readonly unknown[]): boolean {
    return isHeard(event[0], event[1], event[2]) || emit.apply(this, event as unknown[]);
  } as typeof process.emit;
}

/** Deno tells it as an event, before its `process` does. */
function intercept(isStray: (reason: unknown) => boolean): void {
  const target = globalThis as unknown as EventTarget;
  target.addEventListener("unhandledrejection", (event) => {
    if (!isStray((event as Event & { readonly reason: unknown }).reason)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}

/** Bun tells listeners alone, and does with what it tells nobody of what its command line says: others are rejected again, unheard. */
function listen(isOwn: (reason: unknown) => boolean): void {
  const hear = (reason: unknown): void => {
    if (isOwn(reason) || process.listenerCount("unhandledRejection") > 1) return;
    process.off("unhandledRejection", hear);
    void Promise.reject(reason);
    setImmediate(() => process.on("unhandledRejection", hear));
  };
  process.on("unhandledRejection", hear);
}
