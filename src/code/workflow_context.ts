import type { JsonValue } from "../base/json.ts";
import type { Stored } from "../base/stored.ts";
import type { Attributes } from "../engine/attributes.ts";
import type { Duration } from "../plan/retry_options.ts";
import type { Startable } from "../plan/startable.ts";
import type { Activity, ActivityCall, StepOptions, UndoOptions } from "./activity.ts";
import type { ServiceCallOptions } from "./service_call.ts";
import type { Payload, QueryDefinition, SignalDefinition, UpdateDefinition } from "./message.ts";

/** Options of `ctx.run` and `ctx.step`. */
export interface RunOptions<Input, Output> extends StepOptions, UndoOptions<Input, Output> {
  /** What the step is called in paths. @default the activity's name; the second one in the same place is `name[1]` */
  readonly id?: string | undefined;
}

/** Options of `ctx.child` and `ctx.startChild`. */
export interface ChildOptions {
  /** What the step is called in paths. @default the workflow's name */
  readonly id?: string | undefined;
  /** The id of the child's run. @default made of the parent's id and the step's path */
  readonly runId?: string | undefined;
  /** The queue of the child. @default the parent's */
  readonly queue?: string | undefined;
}

/** Options of `ctx.receive`. */
export interface ReceiveOptions {
  /** What the step is called in paths. @default the signal's name */
  readonly id?: string | undefined;
  /** How long to wait; then it rejects with `TimeoutError`. @default for ever */
  readonly timeout?: Duration | undefined;
}

/** A child run that was started. */
export interface ChildRun<Output> {
  /** Its id. */
  readonly runId: string;
  /** Its output. Rejects with `ChildRunFailedError`, or with `CancelledError` once it was cancelled. */
  readonly result: Promise<Output>;
  /** Sends it a signal; resolves when that is in the store. */
  signal<Data>(signal: SignalDefinition<Data>, ...data: Payload<Data>): Promise<void>;
  /** Cancels it and rolls it back. */
  cancel(): void;
}

/** A part of a workflow that can be cancelled by itself. */
export interface CancellationScope {
  /** Cancels what is in it; what it awaits rejects with `CancelledError`. */
  cancel(): void;
}

/**
 * What a workflow function does everything durable with.
 *
 * Await only promises that come from here, in any combination that the language has: `Promise.all`, `race`, `any`, loops, `try/catch`. They
 * give the same at every replay. A workflow that awaits anything else, a `fetch` or a timer of the runtime, is paused: such work belongs
 * into an activity or into `ctx.step`. For the same reason take time and chance from here and not from `Date` and `Math`.
 *
 * @example
 * ```ts
 * import { activity, createMaestro, createRuntime, signal, workflow } from "maestro";
 *
 * const reserve = activity("reserve", (item: string) => `${item} on shelf 4`);
 * const paid = signal<{ amount: number }>("paid");
 *
 * const order = workflow("order", { version: "1" }, async (ctx, item: string) => {
 *   const place = await ctx.run(reserve, item, { retry: 3 });
 *   ctx.compensate("release", () => console.log("released"));
 *   const payment = ctx.receive(paid);
 *   const winner = await Promise.race([payment, ctx.sleep("336h")]);
 *   if (winner === undefined) throw new Error("Nobody has paid");
 *   return { place, amount: winner.amount };
 * });
 *
 * const maestro = createMaestro({ runtime: await createRuntime() });
 * const run = await maestro.start(order, { input: "tea" });
 * await run.signal(paid, { amount: 3 });
 * console.log((await run.result()).output); // { place: 'tea on shelf 4', amount: 3 }
 * await maestro.close();
 * ```
 */
export interface WorkflowContext<Input = never> {
  /** The run's id. */
  readonly runId: string;
  /** The workflow's name and version. */
  readonly workflow: { readonly name: string; readonly version: string };
  /** What was propagated to the run by whoever started it; activities and children see it too. */
  readonly context: Readonly<Record<string, string>>;
  /** What the run is found by. */
  readonly attributes: Attributes;
  /** Aborted when the run, or the scope that this context belongs to, is cancelled. */
  readonly signal: AbortSignal;
  /** Whether the journal already holds what is asked for now: for logs of one's own, never for decisions. */
  readonly isReplaying: boolean;
  /** How many facts and requests the journal holds: the measure for `continueAsNew`. */
  readonly journalLength: number;

  /**
   * Calls an activity and gives its output. Rejects with `StepFailedError`, of which `TimeoutError` is one kind, or with `CancelledError`.
   */
  run<In, Output>(
    activity: Activity<In, Output>,
    ...input: [In] extends [void] ? [input?: undefined, options?: RunOptions<In, Output>]
      : [input: In, options?: RunOptions<In, Output>]
  ): Promise<Output>;
  /**
   * Calls a function that stands right here as a step: for what happens outside of the workflow, or differs each time.
   *
   * The journal keeps what it gives, as JSON; a replay does not call it again.
   */
  step<Result>(
    id: string,
    run: (call: ActivityCall) => Result,
    options?: Omit<RunOptions<null, Stored<Awaited<Result>>>, "id">,
  ): Promise<Stored<Awaited<Result>>>;
  /**
   * Calls a service over gRPC or HTTP, of those that the workflow's option `services` brings, with its breaker, limits and retries.
   * `method` is written as in a document, `POST /orders` or a gRPC method; encode what you put into a path.
   */
  call<Output = JsonValue>(service: string, method: string, options?: ServiceCallOptions<Output>): Promise<Output>;
  /** Remembers how to undo something, from here on: called with the others, in reverse order, when the run fails. */
  compensate(id: string, undo: (call: ActivityCall) => unknown, options?: StepOptions): void;

  /** Waits. */
  sleep(duration: Duration): Promise<void>;
  /** Waits until a time, in milliseconds since the epoch or as a `Date`. */
  sleepUntil(time: number | Date): Promise<void>;
  /** Waits until something is true of the workflow's own variables: looked at now and after everything that happens. */
  until(check: () => boolean, options?: { readonly timeout?: Duration | undefined }): Promise<void>;

  /** Takes the oldest signal of this name that is there, or waits for one. */
  receive<Data>(signal: SignalDefinition<Data>, options?: ReceiveOptions): Promise<Data>;
  /** The signals of this name, one after the other, without end: `for await (const data of ctx.stream(added))`. */
  stream<Data>(signal: SignalDefinition<Data>): AsyncIterable<Data>;
  /** Sends a signal to another run; resolves when it is in the store. */
  signalRun<Data>(runId: string, signal: SignalDefinition<Data>, ...data: Payload<Data>): Promise<void>;
  /** Answers a question from now on. The function must change nothing and ask for nothing. */
  onQuery<Result, Data>(query: QueryDefinition<Result, Data>, answer: (data: Data) => Result): void;
  /**
   * Deals with updates from now on, those that have come already first. The function may do whatever a workflow may; what it throws is
   * the caller's answer. `check` refuses an update before that by throwing.
   */
  onUpdate<Result, Data>(
    update: UpdateDefinition<Result, Data>,
    answer: (data: Data) => Result | Promise<Result>,
    options?: { readonly check?: ((data: Data) => void) | undefined },
  ): void;

  /** Runs another workflow to its end and gives its output. It must be among the workflow's `children`, or the workflow itself. */
  child<In, Output>(workflow: Startable<In, Output>, input: In, options?: ChildOptions): Promise<Output>;
  /** Starts another workflow. The run does not end before the child has: what is left of it then is cancelled. */
  startChild<In, Output>(workflow: Startable<In, Output>, input: In, options?: ChildOptions): ChildRun<Output>;
  /**
   * Ends the run as it is and begins it anew, with another input, an empty journal and the same id. What is in flight is cancelled first;
   * signals that were not taken stay. The run fails where there would be something to undo.
   */
  continueAsNew(input: Input): never;

  /** A context whose paths begin with a key: for steps of the same name in branches that run at the same time. */
  group(key: string): WorkflowContext<Input>;
  /** Does something for every item, each in a group of its own. Rejects with the first error, after which nothing more is begun. */
  map<Item, Result>(
    items: Iterable<Item>,
    each: (item: Item, ctx: WorkflowContext<Input>, index: number) => Promise<Result>,
    options?: { readonly key?: string | undefined; readonly concurrency?: number | undefined },
  ): Promise<Result[]>;
  /**
   * Runs a part that is cancelled as one: when its time is up, then it rejects with `TimeoutError`, or by `scope.cancel()`. Only what is
   * asked for by the inner context belongs to it.
   */
  scope<Result>(
    run: (ctx: WorkflowContext<Input>, scope: CancellationScope) => Promise<Result>,
    options?: { readonly timeout?: Duration | undefined },
  ): Promise<Result>;
  /** A context that no cancellation reaches: for what has to be tidied up after one. */
  shielded(): WorkflowContext<Input>;

  /** The time of the turn, in milliseconds since the epoch: the same at every replay. */
  now(): number;
  /** A number from 0 to 1: the same at every replay. */
  random(): number;
  /** A UUID of version 4: the same at every replay. */
  uuid(): string;
  /** Adds to what the run is found by. @throws {MaestroError} `invalid_input`. */
  setAttributes(attributes: Attributes): void;
  /**
   * Tells whether the run takes a new way through changed code: `if (ctx.patched("free_gift")) … else …`. True for runs that come here for
   * the first time, false for those that had passed this place before the change.
   */
  patched(id: string): boolean;
  /** Tells a line to those who listen to the events of the run; silent on replay. */
  log(text: string): void;
}
