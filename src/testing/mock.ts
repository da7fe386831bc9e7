import { parseDuration } from "../base/duration.ts";
import { MaestroError } from "../base/errors.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import type { StepCall } from "../engine/middleware.ts";
import type { FailureClass } from "../engine/service.ts";

/** Answers a call: gives a value, or a promise of one, or throws as the program's own functions would. */
export type MockFunction = (input: JsonValue, call: StepCall) => unknown;

/** How a mock fails. */
export interface FailsOptions {
  /** `http_503`, a gRPC code, one of Maestro's own, or any other. */
  readonly code: string;
  /** What went wrong, for people. @default the code */
  readonly message?: string | undefined;
  /** What expressions read as `.error.details`. @default null */
  readonly details?: JsonValue | undefined;
  /** What it says about the effect. @default what the code says of a service; `permanent` where it says nothing */
  readonly class?: FailureClass | undefined;
  /** The delay that the service asks for, in milliseconds or as a duration. @default the step's own */
  readonly retryAfter?: number | string | undefined;
}

/** What a mock does beside giving a value: made by `fails`, `sequence`, `never`, `delayed` and `sample`. */
export type MockBehaviour =
  | ({ readonly kind: "fails" } & FailsOptions)
  | { readonly kind: "sequence"; readonly mocks: readonly Mock[] }
  | { readonly kind: "never" }
  | { readonly kind: "delayed"; readonly delayMs: number; readonly mock: Mock }
  | { readonly kind: "sample"; readonly schema: JsonObject | boolean | undefined };

/**
 * What `fails`, `sequence`, `never`, `delayed` and `sample` make: no value of JSON can be taken for it.
 *
 * @example
 * ```ts
 * import { type Behaviour, fails, type Mock } from "maestro/testing";
 *
 * const flaky = (mock: Mock): mock is Behaviour => mock === outage;
 * const outage = fails({ code: "http_503" });
 * console.log(flaky(outage)); // true
 * ```
 */
export class Behaviour {
  /** @internal */
  readonly what: MockBehaviour;

  /** @internal */
  constructor(what: MockBehaviour) {
    this.what = what;
  }
}

/** What answers in place of a service: a value, a function, an error, or what `fails`, `sequence`, `never`, `delayed` or `sample` make. */
export type Mock = JsonValue | MockFunction | Error | Behaviour;

/**
 * Mocks by name, the most exact first: `steps.ID` (a step's id or path), `service.method`, `method` (a method, a node or an activity),
 * `service`. A `*` in a method stands for anything.
 */
export type Mocks = Readonly<Record<string, Mock>>;

/** What a mock does; `undefined` for a value, a function or an error. */
export function behaviourOf(mock: Mock): MockBehaviour | undefined {
  return mock instanceof Behaviour ? mock.what : undefined;
}

/**
 * A mock that fails as a service would that answers with this code.
 *
 * @example
 * ```ts
 * import { createTester, fails, sequence } from "maestro/testing";
 *
 * const tester = createTester({ mocks: { "shop.Price": sequence([fails({ code: "http_503" }), { price: 3 }]) } });
 * await tester.close();
 * ```
 */
export function fails(options: FailsOptions): Mock {
  return new Behaviour({ kind: "fails", ...options });
}

/**
 * A mock that does one thing after the other, call by call; the last one answers all that follow.
 *
 * @example
 * ```ts
 * import { dag } from "maestro";
 * import { createTester, fails, sequence } from "maestro/testing";
 *
 * const order = dag("order", { version: "1" })
 *   .node("price").retry({ attempts: 3, initial: "1m" }).action(() => 0)
 *   .output(({ price }) => price)
 *   .build();
 * const tester = createTester({ mocks: { price: sequence([fails({ code: "http_503" }), 3]) } });
 * console.log((await (await tester.start(order, { input: {} })).result()).output); // 3
 * await tester.close();
 * ```
 */
export function sequence(mocks: readonly Mock[]): Mock {
  if (mocks.length === 0) throw new MaestroError("usage", "A sequence of mocks is empty");
  return new Behaviour({ kind: "sequence", mocks });
}

/**
 * A mock that does not answer: the call ends when its time is up, or it is cancelled.
 *
 * @example
 * ```ts
 * import { dag } from "maestro";
 * import { createTester, never } from "maestro/testing";
 *
 * const order = dag("order", { version: "1" }).node("price").timeout("1h").action(() => 0).build();
 * const tester = createTester({ mocks: { price: never() } });
 * console.log((await (await tester.start(order, { input: {} })).result()).error?.code); // timeout
 * await tester.close();
 * ```
 */
export function never(): Mock {
  return new Behaviour({ kind: "never" });
}

/**
 * A mock that answers after a while of virtual time.
 *
 * @example
 * ```ts
 * import { dag } from "maestro";
 * import { createTester, delayed } from "maestro/testing";
 *
 * const order = dag("order", { version: "1" }).node("price").timeout("1h").action(() => 0).build();
 * const tester = createTester({ mocks: { price: delayed("50m", 3) } });
 * const started = tester.now();
 * await (await tester.start(order, { input: {} })).result();
 * console.log(tester.now() - started); // 3000000
 * await tester.close();
 * ```
 */
export function delayed(delay: number | string, mock: Mock): Mock {
  return new Behaviour({ kind: "delayed", delayMs: toMs(delay), mock });
}

/**
 * A mock that gives a sample value of a JSON Schema; without one, of what the gRPC method answers by its descriptors.
 *
 * @example
 * ```ts
 * import { dag } from "maestro";
 * import { createTester, sample } from "maestro/testing";
 *
 * const order = dag("order", { version: "1" })
 *   .node("price").action(() => 0)
 *   .output(({ price }) => price)
 *   .build();
 * const tester = createTester({ mocks: { price: sample({ type: "integer", minimum: 1 }) } });
 * console.log(typeof (await (await tester.start(order, { input: {} })).result()).output); // number
 * await tester.close();
 * ```
 */
export function sample(schema?: JsonObject | boolean): Mock {
  return new Behaviour({ kind: "sample", schema });
}

/** Milliseconds, of a number of them or of a duration such as `1h30m`. @throws {MaestroError} `usage`. */
export function toMs(duration: number | string): number {
  const ms = typeof duration === "number" ? duration : parseDuration(duration);
  if (ms !== undefined && ms >= 0) return ms;
  throw new MaestroError("usage", `"${duration}" is no duration`, { hint: "write one such as 30s or 1h30m" });
}
