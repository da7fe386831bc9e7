import type { JsonObject, JsonValue } from "../base/json.ts";
import type { CompensationSpec, StepSpec, StepSuccess, WorkflowContext } from "../engine/context.ts";
import type { DeferredLeaf, Scope, ScopeValue } from "../expr/mod.ts";
import { errorValue, type Frame } from "./frame.ts";
import { evaluate, noteRefusal, type StepRun } from "./step_run.ts";
import { evaluateHttpMethod, evaluateMethodName } from "./method.ts";
import type { CallStep, Plan, PlanCall } from "./plan.ts";

/** Limit of an attempt where neither service nor step gives one: nothing hangs for ever. */
const DEFAULT_ATTEMPT_TIMEOUT_MS = 30_000;

/** What the journal keeps of a call: what is sent, with the places that secrets fill left open. */
export interface RecordedCall {
  readonly method: string;
  readonly request: JsonObject;
  readonly deferred?: readonly DeferredLeaf[] | undefined;
}

/** What the code, replayed or not, hands to the caller beside that. */
export interface LocalCall {
  readonly call: PlanCall;
  readonly streamUntil: ((item: JsonValue, index: number) => boolean) | undefined;
}

/** Calls a service and waits for the answer. Throws at once where nothing can be sent. */
export function runCall(step: CallStep, run: StepRun): Promise<StepSuccess> {
  const { context, frame, path, plan } = run;
  const { compensate } = step;
  let compensation: CompensationSpec | undefined;
  if (compensate !== undefined) {
    compensation = {
      onUnknown: compensate.onUnknown,
      prepare: (error) => {
        const inner = frame.child({ locals: { error: errorValue(error) }, writesThrough: false });
        const { call } = compensate;
        if (call.when !== undefined && !evaluate("when", () => call.when!.holds(inner), path)) return undefined;
        return { ...callSpec(call, plan, inner, `${path}/compensate`, undefined), compensates: path };
      },
    };
  }
  let spec: StepSpec;
  try {
    spec = callSpec(step.call, plan, frame, path, step.timeoutMs, compensation);
  } catch (thrown) {
    noteRefusal("call", thrown, run);
    throw thrown;
  }
  return context.step(spec);
}

function callSpec(
  call: PlanCall,
  plan: Plan,
  frame: Frame,
  path: string,
  timeoutMs: number | undefined,
  compensation?: CompensationSpec,
): StepSpec {
  const idempotencyKey = frame.run.context.idempotencyKey(path);
  const scope: Scope = new CallScope(frame, { idempotency_key: idempotencyKey }, frame.run.context, path);
  const service = plan.services.get(call.service)!;
  return evaluate("", () => {
    const evaluateMethod = service.type === "http" ? evaluateHttpMethod : evaluateMethodName;
    const { value, deferred } = call.request.evaluateDeferred(scope);
    const recorded: RecordedCall = {
      method: call.method.isConstant
        ? call.methodText
        : evaluate("method", () => evaluateMethod(call.method, scope), path),
      request: value as JsonObject,
      ...(deferred.length === 0 ? undefined : { deferred }),
    };
    const until = call.stream?.until;
    const local: LocalCall = {
      call,
      streamUntil: until &&
        ((item, index) => until.holds(new CallScope(scope, { item, index }, frame.run.context, `${path}[${index}]`))),
    };
    return {
      step: path,
      service: call.service,
      method: call.methodText,
      request: recorded as unknown as JsonValue,
      retry: call.retry,
      timeoutMs,
      attemptTimeoutMs: call.attemptTimeoutMs ?? service.timeoutMs ?? timeoutMs ?? DEFAULT_ATTEMPT_TIMEOUT_MS,
      compensation,
      local,
    };
  }, path);
}

/** What one call sees: a few names of its own in front of its frame's, and randomness that depends on its path alone. */
class CallScope implements Scope {
  readonly #outer: Scope;
  readonly #names: Readonly<Record<string, ScopeValue>>;
  readonly #context: WorkflowContext;
  readonly #path: string;
  #random: (() => number) | undefined;

  constructor(outer: Scope, names: Readonly<Record<string, ScopeValue>>, context: WorkflowContext, path: string) {
    this.#outer = outer;
    this.#names = names;
    this.#context = context;
    this.#path = path;
  }

  lookup(name: string): ScopeValue | undefined {
    return Object.hasOwn(this.#names, name) ? this.#names[name] : this.#outer.lookup(name);
  }

  now(): number {
    return this.#outer.now();
  }

  random(): number {
    this.#random ??= this.#context.random(this.#path);
    return this.#random();
  }
}
