import type { JsonObject, JsonValue } from "../base/json.ts";
import type { CompensationSpec, ReconcileSpec, StepSpec, StepSuccess, WorkflowContext } from "../engine/context.ts";
import { ABSENT, type DeferredLeaf, type Scope, type ScopeValue } from "../expr/mod.ts";
import { errorValue, type Frame } from "./frame.ts";
import { evaluate, noteRefusal, settle, type StepRun } from "./step_run.ts";
import { evaluateHttpMethod, evaluateMethodName } from "./method.ts";
import type { CallStep, PlanCall, PlanCompensation, PlanReconcile, PlanService } from "./plan.ts";

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
  /** The names that are seen where the call stands. */
  readonly scope: Scope;
}

/** Calls a service and waits for the answer. Throws at once where nothing can be sent. */
export function runCall(step: CallStep, run: StepRun): Promise<StepSuccess> {
  const { context, path } = run;
  let spec: StepSpec;
  try {
    spec = callSpec(step.call, run, { path, timeoutMs: step.timeoutMs });
  } catch (thrown) {
    noteRefusal("call", thrown, run);
    throw thrown;
  }
  const { compensate, reconcile, isPivot, atMostOnce } = step;
  if (compensate === undefined && reconcile === undefined && !isPivot && !atMostOnce) return context.step(spec);
  return context.step({
    ...spec,
    compensation: compensate && compensationSpec(step, compensate, run),
    reconcile: reconcile && reconcileSpec(reconcile, run, spec.key ?? context.idempotencyKey(path)),
    isPivot,
    atMostOnce,
  });
}

function compensationSpec(
  step: CallStep,
  { call, onUnknown }: PlanCompensation,
  run: StepRun,
): CompensationSpec {
  const { frame, path } = run;
  return {
    onUnknown,
    prepare: (error, found) => {
      const inner = frame.child({ locals: { error: errorValue(error) }, writesThrough: false });
      if (found !== undefined) {
        settle(step, inner, { status: "completed", output: found, failure: null, attempts: 1 });
      }
      if (call.when !== undefined && !evaluate("when", () => call.when!.holds(inner), path)) return undefined;
      return { ...callSpec(call, { ...run, frame: inner }, { path: `${path}/compensate` }), compensates: path };
    },
  };
}

function reconcileSpec({ call, done, output }: PlanReconcile, run: StepRun, key: string): ReconcileSpec {
  const { context, frame, path } = run;
  return {
    prepare: (step) => callSpec(call, run, { path: step, askedKey: key }),
    judge: (answer) => {
      // Reading through nothing gives null: a service that knows of nothing needs no condition of its own.
      const names: Readonly<Record<string, ScopeValue>> = {
        answer: answer ?? ABSENT,
        idempotency_key: key,
      };
      const scope: Scope = new CallScope(frame, names, context, `${path}/reconcile`);
      if (!evaluate("reconcile.done", () => done.holds(scope), path)) return { isDone: false };
      const given = output === undefined ? answer : evaluate("reconcile.output", () => output.evaluate(scope), path);
      return { isDone: true, output: given };
    },
  };
}

/** Where a call stands, and what is said of it there. */
interface CallPlace {
  readonly path: string;
  readonly timeoutMs?: number | undefined;
  /** The key that the call's expressions read, where it asks about another step. @default its own */
  readonly askedKey?: string | undefined;
}

function callSpec(call: PlanCall, { plan, frame }: StepRun, { path, timeoutMs, askedKey }: CallPlace): StepSpec {
  const { context } = frame.run;
  const service = plan.services.get(call.service)!;
  return evaluate("", () => {
    let scope = callScope(frame, path, askedKey ?? context.idempotencyKey(path));
    let request = recordCall(call, service, scope, path);
    let key: string | undefined;
    if (plan.durability === "async" && askedKey === undefined) {
      // A loss of power may take the outcomes that led here: what is then sent with other values is another effect.
      key = context.idempotencyKey(path, request);
      scope = callScope(frame, path, key);
      request = recordCall(call, service, scope, path);
    }
    const until = call.stream?.until;
    const local: LocalCall = {
      call,
      scope: frame,
      streamUntil: until &&
        ((item, index) => until.holds(new CallScope(scope, { item, index }, context, `${path}[${index}]`))),
    };
    return {
      step: path,
      service: call.service,
      method: call.methodText,
      request,
      retry: call.retry,
      timeoutMs,
      attemptTimeoutMs: call.attemptTimeoutMs ?? service.timeoutMs ?? timeoutMs ?? defaultLimit(call),
      heartbeatTimeoutMs: call.heartbeatTimeoutMs,
      key,
      local,
    };
  }, path);
}

/** What gives signs of life may take as long as it likes. */
function defaultLimit({ heartbeatTimeoutMs }: PlanCall): number {
  return heartbeatTimeoutMs === undefined ? DEFAULT_ATTEMPT_TIMEOUT_MS : Infinity;
}

function callScope(frame: Frame, path: string, key: string): Scope {
  return new CallScope(frame, { idempotency_key: key }, frame.run.context, path);
}

function recordCall(call: PlanCall, service: PlanService, scope: Scope, path: string): JsonValue {
  const evaluateMethod = service.type === "http" ? evaluateHttpMethod : evaluateMethodName;
  const { value, deferred } = call.request.evaluateDeferred(scope);
  const request = value as JsonObject;
  const method = call.method.isConstant
    ? call.methodText
    : evaluate("method", () => evaluateMethod(call.method, scope), path);
  const recorded: RecordedCall = deferred.length === 0 ? { method, request } : { method, request, deferred };
  return recorded as unknown as JsonValue;
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
