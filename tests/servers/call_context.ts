import { abortReason } from "../../src/base/abort.ts";
import { AttemptContext, type AttemptFacts, type RunFacts } from "../../src/engine/attempt_context.ts";
import type { CallContext } from "../../src/engine/service.ts";

/** What a test may say of an attempt. Aborting `signal` ends it. */
export interface ContextOverrides extends Partial<Omit<AttemptFacts, "run"> & RunFacts> {
  readonly attempt?: number;
  readonly signal?: AbortSignal;
}

/** The circumstances of a first attempt. */
export function callContext(more: ContextOverrides = {}): CallContext {
  const { attempt = 1, signal, runId = "run-1", workflow = "order", random = () => 0.5, ...facts } = more;
  const { traceId = "0af7651916cd43dd8448eb211c80319c" } = more;
  const context = new AttemptContext({
    run: { runId, workflow, traceId, random },
    idempotencyKey: "key-1",
    step: "pay",
    isCompensation: false,
    mattersIfSent: true,
    deadline: undefined,
    attemptTimeoutMs: 10_000,
    ...facts,
  }, attempt);
  const end = (): void => context.abort(abortReason(signal!));
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end);
  return context;
}
