import { copyJson, type JsonValue } from "../base/json.ts";
import { classOfCode, statusOfCode } from "../class_of_code.ts";
import { AttemptError } from "../engine/attempt_error.ts";
import { failure } from "../engine/failure.ts";
import type { StepCall } from "../engine/middleware.ts";
import { exactness, type NamedCall } from "./call_name.ts";
import { behaviourOf, type FailsOptions, type Mock, type MockBehaviour, type Mocks, toMs } from "./mock.ts";

/** What mocks need from around them. */
export interface MockTableOptions {
  readonly mocks: Mocks;
  /** Waits in virtual time; rejects with the signal's reason. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** Lets virtual time stand still until the function that it gives is called. */
  readonly hold: (call: StepCall) => () => void;
  /** A sample of what a call answers by its descriptors. */
  readonly sampleAnswer: (call: StepCall) => Promise<JsonValue>;
  /** A sample value of a JSON Schema. */
  readonly sampleValue: (schema: JsonValue) => JsonValue;
}

/** The mocks of a tester, and how far each of their sequences has come. */
export class MockTable {
  readonly #options: MockTableOptions;
  readonly #places = new WeakMap<MockBehaviour, number>();

  constructor(options: MockTableOptions) {
    this.#options = options;
  }

  /** The name of the mock that means a call most exactly. */
  nameFor(call: NamedCall): string | undefined {
    let best: string | undefined;
    let most = 0;
    for (const name of Object.keys(this.#options.mocks)) {
      const grade = exactness(name, call);
      if (grade > most) [best, most] = [name, grade];
    }
    return best;
  }

  /** Answers a call by the mock of this name. */
  answer(name: string, call: StepCall): unknown {
    return this.#perform(this.#options.mocks[name]!, call);
  }

  #perform(mock: Mock, call: StepCall): unknown {
    if (mock instanceof Error) throw mock;
    if (typeof mock === "function") return this.#held(call, () => mock(call.input, call));
    const behaviour = behaviourOf(mock);
    return behaviour === undefined ? copyJson(mock as JsonValue) : this.#behave(behaviour, call);
  }

  #behave(behaviour: MockBehaviour, call: StepCall): unknown {
    switch (behaviour.kind) {
      case "fails":
        throw failed(behaviour, call);
      case "sequence": {
        const place = this.#places.get(behaviour) ?? 0;
        this.#places.set(behaviour, place + 1);
        return this.#perform(behaviour.mocks[Math.min(place, behaviour.mocks.length - 1)]!, call);
      }
      case "never":
        return this.#options.sleep(Infinity, call.signal);
      case "delayed":
        return this.#options.sleep(behaviour.delayMs, call.signal).then(() => this.#perform(behaviour.mock, call));
      case "sample":
        return behaviour.schema === undefined
          ? this.#held(call, () => this.#options.sampleAnswer(call))
          : this.#options.sampleValue(behaviour.schema);
    }
  }

  /** Functions may take real time: virtual time waits for them, until nobody does. */
  async #held(call: StepCall, run: () => unknown): Promise<unknown> {
    const release = this.#options.hold(call);
    call.signal.addEventListener("abort", release);
    try {
      return await run();
    } finally {
      call.signal.removeEventListener("abort", release);
      release();
    }
  }
}

/** The error of a service that answers with a code. */
function failed(options: FailsOptions, { method }: StepCall): AttemptError {
  const { code, message = code, details = null, retryAfter } = options;
  const isReadOnly = /^(GET|HEAD) /.test(method);
  const sorted = options.class ?? classOfCode(code);
  return new AttemptError({
    ok: false,
    failure: failure(code, message, { details, status: statusOfCode(code) }),
    class: sorted,
    mayHaveActed: sorted === "unknown" && !isReadOnly,
    isReadOnly,
    ...(code === "bad_response" ? { retryable: false } : undefined),
    ...(retryAfter === undefined ? undefined : { retryAfterMs: toMs(retryAfter) }),
  });
}
