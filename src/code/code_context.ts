import { MaestroError } from "../base/errors.ts";
import { uuidFrom } from "../base/ids.ts";
import { asJson } from "../base/as_json.ts";
import type { JsonValue } from "../base/json.ts";
import type { Stored } from "../base/stored.ts";
import type { Attributes } from "../engine/attributes.ts";
import type { CompensationSpec, StepSpec, WorkflowContext as Kernel } from "../engine/context.ts";
import { CancelledError } from "../engine/failure.ts";
import { silence } from "../engine/pending.ts";
import type { PlanService } from "../plan/plan.ts";
import { type Duration, milliseconds } from "../plan/retry_options.ts";
import { signalProblem } from "../plan/signals.ts";
import type { Startable } from "../plan/startable.ts";
import { type Activity, type ActivityCall, badName, isName, type StepOptions } from "./activity.ts";
import { checkOptions } from "./check_options.ts";
import { timedOut, toAuthorError, toRunFailure } from "./errors.ts";
import type { LocalWork } from "./perform_work.ts";
import type { Payload, QueryDefinition, SignalDefinition, UpdateDefinition } from "./message.ts";
import { callSpec, type ServiceCallOptions } from "./service_call.ts";
import { startChild } from "./start_child.ts";
import { stepSpec, undoSpec } from "./step_spec.ts";
import type { Surroundings } from "./surroundings.ts";
import type {
  CancellationScope,
  ChildOptions,
  ChildRun,
  ReceiveOptions,
  RunOptions,
  WorkflowContext,
} from "./workflow_context.ts";

/** The name that the engine's own steps have as a service. */
const OWN_SERVICE = "maestro";

const NO_OPTIONS: StepOptions = {};

/** What authors know as `ctx`, on top of the kernel's verbs: names become paths, values JSON, errors those that authors know. */
export class CodeContext implements WorkflowContext {
  readonly #kernel: Kernel;
  readonly #prefix: string;
  /** How often a name was used in this place. */
  readonly #uses: Map<string, number>;
  readonly #around: Surroundings;
  #abort: AbortSignal | undefined;
  #numbers: (() => number) | undefined;

  constructor(kernel: Kernel, around: Surroundings, prefix = "", uses: Map<string, number> = new Map()) {
    this.#kernel = kernel;
    this.#around = around;
    this.#prefix = prefix;
    this.#uses = uses;
  }

  get runId(): string {
    return this.#kernel.runId;
  }

  get workflow(): { readonly name: string; readonly version: string } {
    const { name, version } = this.#kernel.workflow;
    return { name, version };
  }

  get context(): Readonly<Record<string, string>> {
    return this.#kernel.context;
  }

  get attributes(): Attributes {
    return this.#kernel.attributes;
  }

  get isReplaying(): boolean {
    return this.#kernel.isReplaying;
  }

  get journalLength(): number {
    return this.#kernel.journalLength;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const controller = new AbortController();
      const { scope } = this.#kernel;
      const abort = (): void => controller.abort(new CancelledError(scope.cause ?? "cancelled"));
      if (scope.cause === undefined) scope.enter({ onCancelled: abort });
      else abort();
      this.#abort = controller.signal;
    }
    return this.#abort;
  }

  run<In, Output>(
    activity: Activity<In, Output>,
    ...[input, options]: readonly [input?: In | undefined, options?: RunOptions<In, Output> | undefined]
  ): Promise<Output> {
    if (typeof activity?.run !== "function") throw noActivity();
    const { name, options: { service, ...settings } } = activity;
    const work: LocalWork = (given, call) => activity.run(given as In, call);
    if (options === undefined) {
      return this.#call(this.#path(name), service, name, input, settings, work) as Promise<Output>;
    }
    const { id = name, ...own } = options;
    checkOptions(own, `step "${id}"`);
    return this.#call(this.#path(id), service, name, input, { ...settings, ...own }, work) as Promise<Output>;
  }

  step<Result>(
    id: string,
    run: (call: ActivityCall) => Result,
    options?: Omit<RunOptions<null, Stored<Awaited<Result>>>, "id">,
  ): Promise<Stored<Awaited<Result>>> {
    if (options !== undefined) checkOptions(options, `step "${id}"`);
    const work: LocalWork = (_, call) => run(call);
    return this.#call(this.#path(id), undefined, id, null, options ?? NO_OPTIONS, work) as Promise<
      Stored<Awaited<Result>>
    >;
  }

  #call(
    step: string,
    service: string | undefined,
    method: string,
    input: unknown,
    options: object,
    work: LocalWork,
  ): Promise<JsonValue> {
    const result = { output: null as JsonValue };
    const spec = stepSpec({
      step,
      service: service ?? this.#kernel.workflow.name,
      method,
      input: asJson(input),
      options,
      work,
      result,
    });
    return this.#schedule(spec, result);
  }

  call<Output = JsonValue>(
    service: string,
    method: string,
    options: ServiceCallOptions<Output> = {},
  ): Promise<Output> {
    checkOptions(options, `the call of "${service}"`);
    const find = (name: string): PlanService => this.#around.service(name);
    const result = { output: null as JsonValue };
    const step = this.#path(options.id ?? pathPart(service));
    const spec = callSpec({ step, service: find(service), method, options, result, find });
    return this.#schedule(spec, result) as Promise<Output>;
  }

  #schedule(spec: StepSpec, result: { output: JsonValue }): Promise<JsonValue> {
    return durable(this.#kernel.step(this.#keyed(spec)).then(({ output }) => result.output = output));
  }

  /** A loss of power may take the outcomes that led here: what is then sent with other values is another effect. */
  #keyed(spec: StepSpec): StepSpec {
    if (!this.#around.isAsync) return spec;
    const compensation = spec.compensation && this.#keyedUndo(spec.compensation);
    return { ...spec, key: this.#kernel.idempotencyKey(spec.step, spec.request), compensation };
  }

  #keyedUndo(undo: CompensationSpec): CompensationSpec {
    if (!this.#around.isAsync) return undo;
    return {
      ...undo,
      prepare: async (error, found) => {
        const spec = await undo.prepare(error, found);
        return spec && this.#keyed(spec);
      },
    };
  }

  compensate(id: string, undo: (call: ActivityCall) => unknown, options: StepOptions = NO_OPTIONS): void {
    checkOptions(options, `compensation "${id}"`);
    const step = this.#path(id);
    this.#kernel.compensateWith(
      step,
      this.#keyedUndo({
        onUnknown: true,
        prepare: (error) =>
          undoSpec({
            compensates: step,
            service: this.#kernel.workflow.name,
            method: `${id}.compensate`,
            input: { error: { ...error } },
            retry: options.retry,
            options,
            work: (_, call) => undo(call),
          }),
      }),
    );
  }

  sleep(duration: Duration): Promise<void> {
    const ms = typeof duration === "number" && duration <= 0 ? 0 : required(duration);
    return this.sleepUntil(this.#kernel.now() + ms);
  }

  sleepUntil(time: number | Date): Promise<void> {
    const until = Math.ceil(Number(time));
    if (!Number.isFinite(until)) throw new Error(`${String(time)} is no time to sleep until`);
    return durable(this.#kernel.sleepUntil(`${this.#path("sleep")}!sleep`, until));
  }

  until(check: () => boolean, { timeout }: { readonly timeout?: Duration | undefined } = {}): Promise<void> {
    if (timeout === undefined) return durable(this.#kernel.until(check));
    return this.#within(timeout, "until", (kernel) => kernel.until(check));
  }

  receive<Data>(signal: SignalDefinition<Data>, { id, timeout }: ReceiveOptions = {}): Promise<Data> {
    const { name, schema } = signal;
    const step = this.#path(id ?? pathPart(name));
    const refuse = schema === undefined ? undefined : (data: JsonValue) => signalProblem(schema, data);
    const wait = (kernel: Kernel): Promise<Data> => kernel.signal(step, name, refuse) as Promise<Data>;
    if (timeout === undefined) return durable(wait(this.#kernel));
    return this.#within(timeout, `Signal "${name}"`, wait, step);
  }

  async *stream<Data>(signal: SignalDefinition<Data>): AsyncIterable<Data> {
    for (;;) yield await this.receive(signal);
  }

  signalRun<Data>(runId: string, { name }: SignalDefinition<Data>, ...[data]: Payload<Data>): Promise<void> {
    const input = { run_id: runId, name, data: asJson(data) };
    const work: LocalWork = (_, { idempotencyKey }, program) =>
      program.signal(runId, { name, data: input.data, id: idempotencyKey });
    return silence(this.#call(this.#path("signal"), OWN_SERVICE, "signal", input, {}, work).then(() => undefined));
  }

  onQuery<Result, Data>({ name }: QueryDefinition<Result, Data>, answer: (data: Data) => Result): void {
    this.#kernel.onQuery(name, (data) => asJson(answer(data as Data)));
  }

  onUpdate<Result, Data>(
    { name }: UpdateDefinition<Result, Data>,
    answer: (data: Data) => Result | Promise<Result>,
    { check }: { readonly check?: ((data: Data) => void) | undefined } = {},
  ): void {
    this.#kernel.onUpdate(name, async (data) => {
      try {
        check?.(data as Data);
        return asJson(await answer(data as Data));
      } catch (thrown) {
        throw toRunFailure(thrown);
      }
    });
  }

  child<In, Output>(workflow: Startable<In, Output>, input: In, options?: ChildOptions): Promise<Output> {
    return this.startChild(workflow, input, options).result;
  }

  startChild<In, Output>(workflow: Startable<In, Output>, input: In, options: ChildOptions = {}): ChildRun<Output> {
    const definition = this.#around.resolve(workflow);
    const step = this.#path(options.id ?? pathPart(definition.name));
    const child = startChild(this.#kernel, definition, input, { ...options, step });
    return {
      runId: child.runId,
      result: durable(child.result) as Promise<Output>,
      signal: (signal, ...data) => this.signalRun(child.runId, signal, ...data),
      cancel: child.cancel,
    };
  }

  continueAsNew(input: JsonValue): never {
    return this.#kernel.continueAsNew(asJson(input));
  }

  group(key: string): CodeContext {
    return new CodeContext(this.#kernel, this.#around, `${this.#path(key)}/`);
  }

  async map<Item, Result>(
    items: Iterable<Item>,
    each: (item: Item, ctx: WorkflowContext, index: number) => Promise<Result>,
    { key = "each", concurrency = Infinity }: {
      readonly key?: string | undefined;
      readonly concurrency?: number | undefined;
    } = {},
  ): Promise<Result[]> {
    const place = this.#path(key);
    if (!(concurrency >= 1)) throw new Error(`A concurrency of ${concurrency} lets nothing run`);
    const list = [...items];
    const left = list.entries();
    const results: Result[] = [];
    let hasFailed = false;
    const work = async (): Promise<void> => {
      for (const [index, item] of left) {
        const ctx = new CodeContext(this.#kernel, this.#around, `${place}[${index}]/`);
        try {
          results[index] = await each(item, ctx, index);
        } catch (thrown) {
          hasFailed = true;
          throw thrown;
        }
        if (hasFailed) return;
      }
    };
    const count = Math.min(Math.floor(concurrency), list.length);
    await Promise.all(Array.from({ length: count }, () => silence(work())));
    return results;
  }

  scope<Result>(
    run: (ctx: WorkflowContext, scope: CancellationScope) => Promise<Result>,
    { timeout }: { readonly timeout?: Duration | undefined } = {},
  ): Promise<Result> {
    return this.#within(timeout, "A scope", (kernel) => {
      const inner = new CodeContext(kernel, this.#around, this.#prefix, this.#uses);
      return run(inner, { cancel: () => kernel.scope.cancel("cancelled") });
    });
  }

  shielded(): CodeContext {
    return new CodeContext(this.#kernel.shielded(), this.#around, this.#prefix, this.#uses);
  }

  now(): number {
    return this.#kernel.now();
  }

  random(): number {
    this.#numbers ??= this.#kernel.random(this.#path("random"));
    return this.#numbers();
  }

  uuid(): string {
    return uuidFrom(() => this.random());
  }

  setAttributes(attributes: Attributes): void {
    this.#kernel.setAttributes(attributes);
  }

  patched(id: string): boolean {
    return this.#kernel.isPatched(id);
  }

  log(text: string): void {
    this.#kernel.note({ type: "log", step: this.#prefix.slice(0, -1), text });
  }

  /** Runs a part in a scope of its own, whose end by its time limit is told apart from every other. */
  #within<T>(
    timeout: Duration | undefined,
    what: string,
    run: (kernel: Kernel) => Promise<T>,
    step: string = this.#path("scope"),
  ): Promise<T> {
    const timeoutMs = timeout === undefined ? undefined : required(timeout);
    let inner: Kernel | undefined;
    const result = this.#kernel.withScope({ timer: `${step}!timeout`, timeoutMs }, (kernel) => run(inner = kernel));
    return durable(result.catch((thrown) => {
      const isOver = inner?.scope.cause === "timeout" && this.#kernel.scope.cause === undefined;
      throw isOver && thrown instanceof CancelledError ? timedOut(what) : thrown;
    }));
  }

  /** The next path of a name in this place: `charge`, then `charge[1]`. */
  #path(name: string): string {
    if (!isName(name)) throw badName("step", name);
    const count = this.#uses.get(name) ?? 0;
    this.#uses.set(name, count + 1);
    return `${this.#prefix}${name}${count === 0 ? "" : `[${count}]`}`;
  }
}

/** Gives errors the classes that authors know, and keeps one that nobody awaits from ending the process. */
function durable<T>(promise: Promise<T>): Promise<T> {
  return silence(promise.catch((thrown) => {
    throw toAuthorError(thrown);
  }));
}

function noActivity(): MaestroError {
  return new MaestroError("usage", "`ctx.run` was given something that is no activity", {
    hint: "make one of the function with `activity(name, fn)`, or call the function in `ctx.step(id, fn)`",
  });
}

function required(duration: Duration): number {
  const ms = milliseconds(duration);
  if (ms === undefined) throw new Error(`${JSON.stringify(duration)} is no length of time above zero`);
  return ms;
}

function pathPart(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_.-]/g, "_") || "_";
}
