import { abortReason } from "../../src/base/abort.ts";
import { AttemptContext, type AttemptFacts } from "../../src/engine/attempt_context.ts";
import type { CallContext } from "../../src/engine/service.ts";

/** What a test may say of an attempt. Aborting `signal` ends it. */
export interface ContextOverrides extends Partial<AttemptFacts> {
  readonly attempt?: number;
  readonly signal?: AbortSignal;
}

/** The circumstances of a first attempt. */
export function callContext(more: ContextOverrides = {}): CallContext {
  const { attempt = 1, signal, ...facts } = more;
  const context = new AttemptContext({
    idempotencyKey: "key-1",
    runId: "run-1",
    workflow: "order",
    step: "pay",
    isCompensation: false,
    mattersIfSent: true,
    traceId: "0af7651916cd43dd8448eb211c80319c",
    random: () => 0.5,
    deadline: undefined,
    attemptTimeoutMs: 10_000,
    ...facts,
  }, attempt);
  const end = (): void => context.abort(abortReason(signal!));
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end);
  return context;
}
