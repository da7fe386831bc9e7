import { abortReason } from "./base/abort.ts";
import { MaestroError } from "./base/errors.ts";
import type { AttemptResult, PendingResult } from "./engine/service.ts";
import type { StepCaller } from "./engine/step_runner.ts";
import { notSent } from "./services/resilience/attempt.ts";
import { Bulkhead } from "./services/resilience/bulkhead.ts";

/** Makes the places that the attempts of an engine take. @throws {MaestroError} `usage` for a number that is none. */
export function createPlaces(maxConcurrentSteps: number): Bulkhead | undefined {
  if (maxConcurrentSteps === Infinity) return undefined;
  if (Number.isInteger(maxConcurrentSteps) && maxConcurrentSteps > 0) return new Bulkhead(maxConcurrentSteps);
  throw new MaestroError("usage", `"maxConcurrentSteps" is ${maxConcurrentSteps}`, {
    hint: "give a whole number above zero, or leave it out",
  });
}

/** Lets attempts wait for a place, first come first served. Their time limits have not begun then; one that is ended was not sent. */
export function limitSteps(caller: StepCaller, places: Bulkhead): StepCaller {
  const leave = (): void => places.leave();
  const enter = (call: () => PendingResult): PendingResult => {
    const result = call();
    if (result instanceof Promise) return result.finally(leave);
    leave();
    return result;
  };
  return {
    call: (spec, context) => {
      const { signal } = context;
      const call = (): PendingResult => caller.call(spec, context);
      const entered = places.enter(signal);
      if (entered === true) return enter(call);
      const waited = async (): Promise<AttemptResult> =>
        await entered ? await enter(call) : notSent(abortReason(signal));
      return waited();
    },
  };
}
