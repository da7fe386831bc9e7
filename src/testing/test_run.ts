import { asJson } from "../base/as_json.ts";
import type { JsonValue } from "../base/json.ts";
import type { Payload, QueryDefinition, SignalDefinition, UpdateDefinition } from "../code/message.ts";
import type { Storage } from "../engine/storage.ts";
import type { Maestro, RunHandle, RunResult } from "../maestro.ts";
import type { MockedCalls } from "./mocked_calls.ts";
import type { Pacer } from "./pacer.ts";
import { describeStandstill } from "./standstill.ts";

/** What a run of a test is made of. */
export interface TestRunOptions {
  readonly handle: RunHandle;
  readonly maestro: Maestro;
  readonly storage: Storage;
  readonly pacer: Pacer;
  readonly fault: Pick<MockedCalls, "throwFault">;
}

/**
 * A run in virtual time.
 *
 * @example
 * ```ts
 * import { dag } from "maestro";
 * import { createTester } from "maestro/testing";
 *
 * const order = dag("order", { version: "1" }).node("price").action(() => 3).build();
 * const tester = createTester({ allow: ["*"] });
 * const run = await tester.start(order, { input: {} });
 * console.log((await run.result()).status); // completed
 * await tester.close();
 * ```
 */
export class TestRun<Output = JsonValue> {
  /** The run's id. */
  readonly id: string;
  readonly #options: TestRunOptions;
  #result: RunResult | undefined;
  #error: unknown;
  #isOver = false;

  /** @internal */
  constructor(options: TestRunOptions) {
    const { handle, pacer } = options;
    this.id = handle.id;
    this.#options = options;
    void this.#follow(handle).then(() => pacer.touch());
  }

  /**
   * Lets time pass until the run has ended, or is paused, and tells how.
   *
   * Rejects where it can never go on: it waits for a signal that nobody sends, or calls something for which there is no mock.
   */
  async result(): Promise<RunResult<Output>> {
    const { pacer, storage, fault } = this.#options;
    let isStuck = false;
    await pacer.until(() => this.#isOver, () => {
      isStuck = true;
      return undefined;
    }).catch((thrown: unknown) => {
      if (!isStuck) throw thrown;
    });
    fault.throwFault();
    if (isStuck) throw await describeStandstill(this.id, storage);
    if (this.#result === undefined) throw this.#error;
    return this.#result as RunResult<Output>;
  }

  async #follow(handle: RunHandle): Promise<void> {
    try {
      this.#result = await handle.result();
    } catch (thrown) {
      this.#error = thrown;
    }
    this.#isOver = true;
  }

  /** Sends a signal. @throws {MaestroError} where no step takes it, or the run has ended. */
  signal<Data>(signal: SignalDefinition<Data>, ...data: Payload<Data>): Promise<void>;
  /** The same by the signal's name. */
  signal(name: string, data?: JsonValue): Promise<void>;
  async signal(signal: string | { readonly name: string }, data: unknown = null): Promise<void> {
    const name = typeof signal === "string" ? signal : signal.name;
    await this.#options.maestro.signal(this.id, { name, data: asJson(data) });
  }

  /** Asks a question about the run's state, as it is now. @throws {MaestroError} `usage` where the workflow does not answer it. */
  async query<Result, Data>(query: QueryDefinition<Result, Data>, ...data: Payload<Data>): Promise<Result> {
    await this.#options.pacer.until(() => true, () => undefined);
    return await this.#options.maestro.query(this.id, query, ...data);
  }

  /** Sends an update, lets time pass until it is answered, and gives the answer. @throws {UpdateFailedError} where it is refused. */
  async update<Result, Data>(update: UpdateDefinition<Result, Data>, ...data: Payload<Data>): Promise<Result> {
    const { pacer, maestro } = this.#options;
    let isOver = false;
    const answer = maestro.update(this.id, update, data[0] as Data).finally(() => {
      isOver = true;
      pacer.touch();
    });
    const [given] = await Promise.all([
      answer,
      pacer.until(() => isOver, () => new Error("Nobody answers the update")),
    ]);
    return given;
  }

  /** Cancels the run and rolls it back; `result` says how that went. */
  async cancel(): Promise<void> {
    await this.#options.maestro.cancel(this.id);
  }

  /** Ends the run as it stands: nothing is undone. */
  async terminate(): Promise<void> {
    await this.#options.maestro.terminate(this.id);
  }
}
