import { MaestroError } from "../base/errors.ts";
import { createIdGenerator } from "../base/ids.ts";
import type { JsonValue } from "../base/json.ts";
import { seededRandom } from "../base/seeded_random.ts";
import type { Workflow } from "../code/workflow.ts";
import type { Dag } from "../dag/dag.ts";
import type { Storage } from "../engine/storage.ts";
import {
  createMaestro,
  type LoadedWorkflow,
  type Maestro,
  type Registrable,
  type RunHandle,
  type StartOptions,
} from "../maestro.ts";
import { createRuntime } from "../runtime/create_runtime.ts";
import { later } from "../runtime/later.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { MemoryStorage } from "../storage/memory_storage.ts";
import { CallLog, type TestCall } from "./call_log.ts";
import { checkCalls, checkCompensated, checkOrder, type ExpectedCall } from "./expectations.ts";
import { loadFile } from "./load_file.ts";
import { toMs } from "./mock.ts";
import { MockedCalls } from "./mocked_calls.ts";
import { Pacer } from "./pacer.ts";
import { NEVER, Process } from "./process.ts";
import { drainMicrotasks } from "./strict_drain.ts";
import { TestRun } from "./test_run.ts";
import type { TesterOptions, TestStartOptions } from "./tester_options.ts";
import { VirtualClock } from "./virtual_clock.ts";

const CRASHED = "The process has crashed";

/** What happens at a moment of virtual time; gets the run that was started last. Time waits for the promise that it may give. */
export type Happening = (run: TestRun) => unknown;

/**
 * Makes a tester: the engine itself in virtual time, with mocks in place of services.
 *
 * Nothing is opened before it is used. Close it when done.
 *
 * @example
 * ```ts
 * import { dag } from "maestro";
 * import { createTester, fails, sequence } from "maestro/testing";
 *
 * const order = dag("order", { version: "1" }).input<{ item: string }>()
 *   .node("price").retry({ attempts: 2, initial: "1h" }).action(({ input }) => `price of ${input.item}`)
 *   .build();
 *
 * const tester = createTester({ mocks: { price: sequence([fails({ code: "http_503" }), 3]) } });
 * const run = await tester.start(order, { input: { item: "tea" } });
 * const { status } = await run.result();
 * console.log(status, tester.calls("price").length);
 * await tester.close();
 * ```
 */
export function createTester(options: TesterOptions = {}): Tester {
  return new Tester(options);
}

/**
 * The engine in virtual time: starts runs, lets time pass, and keeps what was called. Made by `createTester`.
 *
 * @example
 * ```ts
 * import { dag } from "maestro";
 * import { createTester, never } from "maestro/testing";
 *
 * const order = dag("order", { version: "1" })
 *   .node("pack").action(() => "packed").compensate(() => "unpacked")
 *   .node("ship").dependsOn("pack").timeout("1h").action(() => "shipped")
 *   .build();
 *
 * const tester = createTester({ mocks: { "order.pack": "packed", ship: never(), "pack.compensate": "unpacked" } });
 * const run = await tester.start(order, { input: {} });
 * console.log((await run.result()).status); // compensated
 * tester.expectOrder("pack", "ship");
 * await tester.close();
 * ```
 */
export class Tester {
  readonly #options: TesterOptions;
  readonly #startedAt: number;
  readonly #clock: VirtualClock;
  readonly #pacer: Pacer;
  readonly #storage: Storage;
  readonly #log = new CallLog();
  readonly #mocked: MockedCalls;
  /** What stands around the engine, and the engine. */
  #process: Process | undefined;
  #maestro: Promise<Maestro> | undefined;
  /** How many processes there were. */
  #processes = 0;
  #writes = 0;
  /** DAGs and workflows in code that were started: a new process has to know them. */
  readonly #started = new Set<Registrable>();
  #lastRun: TestRun | undefined;

  /** @internal */
  constructor(options: TesterOptions) {
    const { startAt = "2025-01-01T00:00:00Z", realLimitMs = 30_000, mocks = {}, allow = [], functions = {} } = options;
    const { env = {}, secrets = {}, faults } = options;
    this.#options = options;
    this.#startedAt = new Date(startAt).getTime();
    if (Number.isNaN(this.#startedAt)) throw new MaestroError("usage", `"${startAt}" is no time`);
    const clock = this.#clock = new VirtualClock(this.#startedAt);
    const pacer = this.#pacer = new Pacer({ clock, later, limitMs: realLimitMs });
    const storage = new MemoryStorage({ now: () => clock.now() });
    this.#storage = options.wrapStorage?.(storage) ?? storage;
    this.#mocked = new MockedCalls({ mocks, allow, functions, env, secrets, clock, pacer, log: this.#log, faults });
  }

  /** Virtual milliseconds since the Unix epoch. */
  now(): number {
    return this.#clock.now();
  }

  /** The engine itself, for what a tester has no method of its own for. */
  maestro(): Promise<Maestro> {
    return this.#maestro ??= this.#open();
  }

  /**
   * Where the runs are, whatever process is alive.
   * @internal
   */
  get storage(): Storage {
    return this.#storage;
  }

  /**
   * An engine beside those that may crash: for signals and cancellations from outside.
   * @internal
   */
  async client(): Promise<Maestro> {
    return createMaestro({
      runtime: await this.#runtime(),
      clock: this.#clock,
      storage: this.#storage,
      createId: createIdGenerator(() => this.#clock.now(), this.#randomBytes("client")),
      leaseMs: Infinity,
    });
  }

  /**
   * Reads a workflow's file, and those that it names.
   *
   * @throws {MaestroError} `invalid_workflow` that says everything that is wrong with it; `file_not_readable`.
   */
  async load(file: string): Promise<LoadedWorkflow> {
    return await loadFile(file, await this.maestro(), await this.#runtime());
  }

  /** Starts a run. Resolves when it is in the store; time does not pass before somebody waits for something. */
  start<Output>(definition: Workflow<void, Output>, options?: TestStartOptions<void>): Promise<TestRun<Output>>;
  /** The same for a DAG, or a workflow with an input. */
  start<Input, Output>(
    definition: Dag<Input, Output> | Workflow<Input, Output>,
    options: TestStartOptions<Input>,
  ): Promise<TestRun<Output>>;
  /** The same for a document. */
  start(workflow: LoadedWorkflow, options: TestStartOptions<JsonValue>): Promise<TestRun>;
  async start(
    definition: Dag<never, unknown> | Workflow<never, unknown> | LoadedWorkflow,
    options: { readonly input?: unknown; readonly id?: string | undefined } = {},
  ): Promise<TestRun> {
    const maestro = await this.maestro();
    if ("descriptors" in definition) await this.#mocked.learn(definition);
    else this.#started.add(definition);
    const handle = await maestro.start(kept(definition as LoadedWorkflow), options as StartOptions);
    return this.#lastRun = this.#follow(handle, maestro);
  }

  /**
   * Ends the process as a loss of power would: what it had not written is forgotten, its calls get no answer. `resume` goes on with a
   * run in a new one.
   */
  crash(): void {
    this.#process?.die();
    this.#process = undefined;
    this.#maestro = undefined;
    this.#pacer.letGo();
    this.#pacer.fail(new MaestroError("usage", CRASHED, { hint: "go on with the run by tester.resume(run.id)" }));
  }

  /** Goes on with a run that is in the store, as after a crash. @throws {MaestroError} `run_not_found`. */
  async resume(runId: string): Promise<TestRun> {
    const maestro = await this.maestro();
    const handle = await maestro.resume(runId);
    return this.#lastRun = this.#follow(handle, maestro);
  }

  #follow(handle: RunHandle, maestro: Maestro): TestRun {
    return new TestRun({ handle, maestro, storage: this.#storage, pacer: this.#pacer, fault: this.#mocked });
  }

  /** Lets something happen at a moment: a time, or so long after virtual time began. @throws {MaestroError} `usage` for what is past. */
  at(moment: string | number | Date, happening: Happening): void {
    const isTime = moment instanceof Date || (typeof moment === "string" && /^\d{4}-/.test(moment));
    const time = isTime ? new Date(moment).getTime() : this.#startedAt + toMs(moment);
    if (!(time >= this.now())) throw new MaestroError("usage", `"${moment}" is no time, or it has passed`);
    this.#plan(time - this.now(), happening);
  }

  /** Lets something happen a while from now. */
  after(delay: string | number, happening: Happening): void {
    this.#plan(toMs(delay), happening);
  }

  /** Lets time pass: all that happens until then happens in its order. */
  async advance(duration: string | number): Promise<void> {
    let isOver = false;
    this.#clock.after(toMs(duration), () => isOver = true);
    await this.#pacer.until(() => isOver, () => undefined);
    await this.settle();
    this.#mocked.throwFault();
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    await this.#pacer.until(() => true, () => undefined);
    this.#mocked.throwFault();
  }

  /**
   * Every call so far, attempt by attempt, in the order in which they were made: those that a name means, as names of mocks do.
   */
  calls(name?: string): readonly TestCall[] {
    return this.#log.find(name);
  }

  /** Checks how many calls there were, or one by one what is given of them. @throws {ExpectationError} that lists those that were made. */
  expectCalls(name: string, expected: number | readonly ExpectedCall[]): void {
    checkCalls(name, this.calls(name), expected);
  }

  /** Checks that calls were made in this order, others between them aside. @throws {ExpectationError} */
  expectOrder(...names: readonly string[]): void {
    checkOrder(this.calls(), names);
  }

  /** Checks which steps were undone, in the order in which they were, the one undone first in front. @throws {ExpectationError} */
  expectCompensated(...steps: readonly string[]): void {
    checkCompensated(this.calls(), steps);
  }

  /** Lets go of every run. */
  async close(): Promise<void> {
    const maestro = await this.#maestro;
    if (maestro === undefined) return;
    let isClosed = false;
    const closing = maestro.close().then(() => {
      isClosed = true;
      this.#pacer.touch();
    });
    this.#pacer.letGo();
    await this.#pacer.until(() => isClosed, () => new Error("The engine does not close"));
    await closing;
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<Maestro> {
    const { seed = "maestro", middleware = [], functions, onEvent, faults } = this.#options;
    const place = `${seed} ${++this.#processes}`;
    const process = this.#process = new Process({
      clock: this.#clock,
      storage: this.#storage,
      onWrite: (request) => faults?.onWrite(request, ++this.#writes),
      onDeath: () => {
        this.crash();
        faults?.onDeath();
      },
    });
    const runtime = await this.#runtime();
    const maestro = createMaestro({
      runtime,
      functions,
      clock: process.clock,
      storage: process.storage,
      middleware: [...middleware, (call, next) => process.isDead ? NEVER : this.#mocked.answer(call, next, process)],
      env: this.#mocked.env,
      secrets: this.#mocked.secrets,
      random: seededRandom(place),
      createId: createIdGenerator(() => this.#clock.now(), this.#randomBytes(place)),
      // A sign of life would have to be given a million times in a year that passes in a moment.
      leaseMs: Infinity,
      onEvent: (event) => {
        if (process.isDead) return;
        this.#pacer.touch();
        onEvent?.(event);
      },
    });
    maestro.register(...this.#started);
    return maestro;
  }

  #randomBytes(place: string): (count: number) => Uint8Array {
    const chance = seededRandom(`${place} ids`);
    return (count) => Uint8Array.from({ length: count }, () => chance() * 256);
  }

  async #runtime(): Promise<Runtime> {
    const runtime = this.#options.runtime ?? await createRuntime();
    // Deno lets input and output into a turn, so that awaiting something foreign may go unnoticed there.
    return runtime.name === "deno" ? { ...runtime, drain: drainMicrotasks } : runtime;
  }

  #plan(delayMs: number, happening: Happening): void {
    this.#clock.after(delayMs, () => {
      const release = this.#pacer.hold("what was planned for this time");
      const happen = async (): Promise<void> => {
        if (this.#lastRun === undefined) throw new MaestroError("usage", "No run had been started at that time");
        await happening(this.#lastRun);
      };
      happen().catch((thrown) => this.#pacer.fail(thrown)).finally(release);
    });
  }
}

/** A run that need not be kept is kept all the same, so that a test can look at it. */
function kept(workflow: LoadedWorkflow): LoadedWorkflow {
  if (!("descriptors" in workflow) || workflow.plan.durability !== "none") return workflow;
  return { ...workflow, plan: { ...workflow.plan, durability: "sync" } };
}
