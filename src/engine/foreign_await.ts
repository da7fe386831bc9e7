import { ContinuedError } from "./continuation.ts";
import { CancelledError, StepFailedError } from "./failure.ts";

/** Thrown where a workflow function asks for something between two turns: it has awaited what is not durable. */
export class ForeignAwaitError extends Error {
  override readonly name = "ForeignAwaitError";

  constructor() {
    super("A workflow function awaited something that is not durable");
  }
}

/** Tells whether an error that a workflow function met was made by the engine, also one of `Promise.any`. */
export function isEngineError(thrown: unknown): boolean {
  if (thrown instanceof AggregateError) return thrown.errors.length > 0 && thrown.errors.every(isEngineError);
  return ENGINE_ERRORS.some((kind) => thrown instanceof kind);
}

const ENGINE_ERRORS = [StepFailedError, CancelledError, ContinuedError, ForeignAwaitError];
