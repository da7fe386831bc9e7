import type { Middleware } from "./engine/middleware.ts";

/**
 * Carries what surrounds a program, an identity or a trace, from where a run is started to where its steps are called.
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from "node:async_hooks";
 * import { type ContextPropagator, createMaestro, createRuntime } from "maestro";
 *
 * const tenant = new AsyncLocalStorage<string>();
 * const propagator: ContextPropagator = {
 *   capture: () => ({ tenant: tenant.getStore() ?? "nobody" }),
 *   restore: (context, run) => tenant.run(context["tenant"] ?? "nobody", run),
 * };
 *
 * const maestro = createMaestro({ runtime: await createRuntime(), propagators: [propagator] });
 * await maestro.close();
 * ```
 */
export interface ContextPropagator {
  /** Reads what is to be carried, where a run is started; it becomes part of the run's `context`, in clear text. */
  capture(): Readonly<Record<string, string>>;
  /** Calls a function, a step's attempt, within what was carried. */
  restore<T>(context: Readonly<Record<string, string>>, run: () => T): T;
}

/** What a run is started with: what propagators carry, and what was said besides. */
export function captureContext(
  propagators: readonly ContextPropagator[],
  given: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (propagators.length === 0) return given;
  return Object.assign({}, ...propagators.map((propagator) => propagator.capture()), given);
}

/** Puts propagators around every attempt. */
export function restoring(propagators: readonly ContextPropagator[]): Middleware[] {
  return propagators.map((propagator) => ({ context }, next) => propagator.restore(context, () => next()));
}
