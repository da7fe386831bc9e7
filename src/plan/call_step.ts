import type { JsonObject, JsonValue } from "../base/json.ts";
import type { CompensationSpec, ReconcileSpec, StepSpec, StepSuccess, WorkflowContext } from "../engine/context.ts";
import { ABSENT, type DeferredLeaf, type Scope, type ScopeValue } from "../expr/mod.ts";
import { errorValue, type Frame } from "./frame.ts";
import { evaluate, noteRefusal, settle, type StepRun } from "./step_run.ts";
import { evaluateHttpMethod, evaluateMethodName } from "./method.ts";
import type { CallStep, Plan, PlanCall, PlanCompensation, PlanReconcile } from "./plan.ts";

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
  let spec: StepSpec;
  try {
    spec = callSpec(step.call, plan, frame, path, path, step.timeoutMs);
  } catch (thrown) {
    noteRefusal("call", thrown, run);
    throw thrown;
  }
  const { compensate, reconcile, isPivot, atMostOnce } = step;
  if (compensate === undefined && reconcile === undefined && !isPivot && !atMostOnce) return context.step(spec);
  return context.step({
    ...spec,
    compensation: compensate && compensationSpec(step, compensate, run),
    reconcile: reconcile && reconcileSpec(reconcile, run),
    isPivot,
    atMostOnce,
  });
}

function compensationSpec(
  step: CallStep,
  { call, onUnknown }: PlanCompensation,
  { frame, path, plan }: StepRun,
): CompensationSpec {
  return {
    onUnknown,
    prepare: (error, found) => {
      const inner = frame.child({ locals: { error: errorValue(error) }, writesThrough: false });
      if (found !== undefined) {
        settle(step, inner, { status: "completed", output: found, failure: null, attempts: 1 });
      }
      if (call.when !== undefined && !evaluate("when", () => call.when!.holds(inner), path)) return undefined;
      const own = `${path}/compensate`;
      return { ...callSpec(call, plan, inner, own, own, undefined), compensates: path };
    },
  };
}

function reconcileSpec({ call, done, output }: PlanReconcile, run: StepRun): ReconcileSpec {
  const { context, frame, path, plan } = run;
  return {
    prepare: (step) => callSpec(call, plan, frame, step, path, undefined),
    judge: (answer) => {
      // Reading through nothing gives null: a service that knows of nothing needs no condition of its own.
      const names: Readonly<Record<string, ScopeValue>> = {
        answer: answer ?? ABSENT,
        idempotency_key: context.idempotencyKey(path),
      };
      const scope: Scope = new CallScope(frame, names, context, `${path}/reconcile`);
      if (!evaluate("reconcile.done", () => done.holds(scope), path)) return { isDone: false };
      const given = output === undefined ? answer : evaluate("reconcile.output", () => output.evaluate(scope), path);
      return { isDone: true, output: given };
    },
  };
}

/** What is sent under `path`; `keyPath` is the step whose idempotency key the call's expressions read. */
function callSpec(
  call: PlanCall,
  plan: Plan,
  frame: Frame,
  path: string,
  keyPath: string,
  timeoutMs: number | undefined,
): StepSpec {
  const idempotencyKey = frame.run.context.idempotencyKey(keyPath);
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
