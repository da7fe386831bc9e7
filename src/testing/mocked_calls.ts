import { MaestroError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import { AttemptError } from "../engine/attempt_error.ts";
import { TerminalError } from "../engine/author_errors.ts";
import { failure } from "../engine/failure.ts";
import type { Next, StepCall } from "../engine/middleware.ts";
import type { LoadedWorkflow, MaestroOptions } from "../maestro.ts";
import { loadAdapters, methodTypeOf } from "../method_types.ts";
import type { CallLog, OpenCall } from "./call_log.ts";
import type { Mocks } from "./mock.ts";
import { MockTable } from "./mock_table.ts";
import type { Pacer } from "./pacer.ts";
import { NEVER, type Process } from "./process.ts";
import { mockFromSchema } from "./sample_schema.ts";
import { sampleAnswer } from "./sample_type.ts";
import type { TesterFaults } from "./tester_options.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/** What the calls of a tester are made of. */
export interface MockedCallsOptions {
  readonly mocks: Mocks;
  readonly allow: readonly string[];
  readonly functions: NonNullable<MaestroOptions["functions"]>;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly clock: VirtualClock;
  readonly pacer: Pacer;
  readonly log: CallLog;
  /** What goes wrong on purpose. */
  readonly faults: TesterFaults | undefined;
}

/** Stands innermost around every call: answers by mocks, keeps a log, and lets through what a test may really call. */
export class MockedCalls {
  readonly #options: MockedCallsOptions;
  readonly #mocks: MockTable;
  /** The workflows that are run, by name. */
  readonly #workflows = new Map<string, LoadedWorkflow>();
  /** Names that expressions read and nothing allows for the absence of. */
  readonly #required = { env: new Set<string>(), secrets: new Set<string>() };
  #fault: MaestroError | undefined;

  constructor(options: MockedCallsOptions) {
    this.#options = options;
    this.#mocks = new MockTable({
      mocks: options.mocks,
      sleep: (delayMs, signal) => this.#sleep(delayMs, signal),
      hold: (call) => options.pacer.hold(`the call ${nameOf(call)} of step "${call.step}"`),
      sampleAnswer: (call) => this.#sampleAnswer(call),
      sampleValue: (schema) => mockFromSchema(schema as Parameters<typeof mockFromSchema>[0]),
    });
  }

  /** Gets to know a workflow, and those that it starts, before it is run. */
  async learn(workflow: LoadedWorkflow): Promise<void> {
    this.#workflows.set(workflow.plan.name, workflow);
    const { env, secrets } = workflow.environment;
    for (const { name, isGuarded } of env) if (!isGuarded) this.#required.env.add(name);
    for (const { name, isGuarded } of secrets) if (!isGuarded) this.#required.secrets.add(name);
    // What is loaded only when it is needed would be waited for while time goes on.
    await loadAdapters(workflow);
    for (const child of workflow.children.values()) await this.learn(child);
  }

  /** Reads `env.NAME`: a placeholder where nothing is given. */
  readonly env = (name: string): string | undefined =>
    own(this.#options.env, name) ?? (this.#required.env.has(name) ? `env-${name}` : undefined);

  /** Reads `secrets.NAME`: a placeholder where nothing is given. */
  readonly secrets = (name: string): string | undefined =>
    own(this.#options.secrets, name) ?? (this.#required.secrets.has(name) ? `secret-${name}` : undefined);

  /** What makes the test itself wrong: a call that nothing answers. @throws {MaestroError} `usage`. */
  throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Answers a call of a process; what has died hears no answer. */
  async answer(call: StepCall, next: Next, process: Pick<Process, "isDead">): Promise<unknown> {
    const { pacer, log, clock, faults } = this.#options;
    const name = this.#mocks.nameFor(call);
    const open = log.add(call, clock.now(), name ?? null);
    const perform = (): unknown => name === undefined ? this.#call(call, next) : this.#mocks.answer(name, call);
    pacer.touch();
    try {
      const output = await (faults === undefined ? perform() : faults.onCall(call, perform)) ?? null;
      if (process.isDead) return await NEVER;
      open.outcome = { status: "completed", output: output as JsonValue };
      return output;
    } catch (thrown) {
      noteFailure(open, thrown);
      throw thrown;
    } finally {
      pacer.touch();
    }
  }

  /** Makes a call for which there is no mock. */
  async #call(call: StepCall, next: Next): Promise<JsonValue> {
    if (!this.#mayCall(call)) {
      this.#fault = unmocked(call);
      this.#options.pacer.fail(this.#fault);
      throw new TerminalError(this.#fault.message, { code: "not_mocked" });
    }
    const release = this.#options.pacer.hold(`the call ${nameOf(call)} of step "${call.step}"`);
    call.signal.addEventListener("abort", release);
    try {
      return await next();
    } finally {
      call.signal.removeEventListener("abort", release);
      release();
    }
  }

  #mayCall({ workflow, service, method }: StepCall): boolean {
    const known = this.#workflows.get(workflow);
    const type = known?.perform === undefined ? known?.plan.services.get(service)?.type : undefined;
    if (type === undefined || this.#options.allow.includes(service)) return true;
    return type === "function" && own(own(this.#options.functions, service) ?? {}, method) !== undefined;
  }

  async #sampleAnswer({ workflow, service, method }: StepCall): Promise<JsonValue> {
    const known = this.#workflows.get(workflow);
    const type = known && await methodTypeOf(known, service, method);
    if (type !== undefined) return sampleAnswer(type);
    const fault = this.#fault = new MaestroError("usage", `Nothing is known of what ${service}.${method} answers`, {
      hint: "a sample is made of a gRPC service's `proto` or `descriptor_set`; elsewhere give it a JSON Schema",
    });
    this.#options.pacer.fail(fault);
    throw new TerminalError(fault.message, { code: "not_mocked" });
  }

  #sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        stop();
        const code = signal.reason === "timeout" ? "timeout" : "cancelled";
        const message = code === "timeout" ? "No answer in time" : "Cancelled without an answer";
        reject(new AttemptError({ ok: false, failure: failure(code, message), class: "unknown", mayHaveActed: true }));
      };
      const stop = this.#options.clock.after(delayMs, () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}

function noteFailure(open: OpenCall, thrown: unknown): void {
  const { code = "UNKNOWN", message = String(thrown) } = thrown as {
    readonly code?: unknown;
    readonly message?: string;
  };
  open.outcome = { status: "failed", code: typeof code === "string" ? code : "UNKNOWN", message };
}

function unmocked(call: StepCall): MaestroError {
  const name = nameOf(call);
  return new MaestroError("usage", `Step "${call.step}" calls ${name}, for which there is no mock`, {
    hint: `mock it as "${name}", "${call.service}" or "steps.${call.step}"`,
  });
}

function nameOf({ service, method }: StepCall): string {
  return `${service}.${method}`;
}

function own<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
