import type { Middleware, StepCall } from "../engine/middleware.ts";
import type { RunListener } from "../engine/hooks.ts";
import type { CommitTurnRequest, CreateRunRequest, Storage } from "../engine/storage.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { MaestroOptions, TypedStartOptions } from "../maestro.ts";
import type { Mocks } from "./mock.ts";
import type { Death } from "./process.ts";

/** Options of `createTester`. */
export interface TesterOptions {
  /** What differs between runtimes. @default the one that the program runs on */
  readonly runtime?: Runtime | undefined;
  /** When virtual time begins: RFC 3339, a `Date`, or milliseconds since the Unix epoch. @default 2025-01-01T00:00:00Z */
  readonly startAt?: string | number | Date | undefined;
  /** What all randomness follows from: jitter, ids, `uuid()`. @default "maestro" */
  readonly seed?: string | undefined;
  /** What answers in place of services, activities and nodes, by name. @default nothing */
  readonly mocks?: Mocks | undefined;
  /** The program's own functions behind `type: function` services. @default none */
  readonly functions?: MaestroOptions["functions"];
  /** What `env.NAME` reads. A name that is not given has a placeholder, unless the workflow allows for its absence. @default nothing */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What `secrets.NAME` reads; as with `env`. @default nothing */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** Names of gRPC and HTTP services that are called where no mock answers. Any other such call is an error. @default none */
  readonly allow?: readonly string[] | undefined;
  /** Stands around every attempt, mocks inside. @default none */
  readonly middleware?: readonly Middleware[] | undefined;
  /** Hears every event of every run. @default nobody does */
  readonly onEvent?: RunListener | undefined;
  /** How much real time one wait may take, in milliseconds, before it is an error. @default 30000 */
  readonly realLimitMs?: number | undefined;
  /**
   * Stands around the store. @default nothing
   * @internal
   */
  readonly wrapStorage?: ((storage: Storage) => Storage) | undefined;
  /**
   * What goes wrong on purpose. @default nothing
   * @internal
   */
  readonly faults?: TesterFaults | undefined;
}

/** What goes wrong on purpose. */
export interface TesterFaults {
  /** Says whether the process dies at a write; they count from 1. */
  onWrite(request: CreateRunRequest | CommitTurnRequest, number: number): Death;
  /** Hears that the process has died at a write. */
  onDeath(): void;
  /** Stands around what a mock does. */
  onCall(call: StepCall, answer: () => unknown): Promise<unknown>;
}

/** What a run is started with in a test. */
export type TestStartOptions<Input> =
  & Omit<TypedStartOptions<Input>, "input">
  & (void extends Input ? { readonly input?: undefined } : { readonly input: Input });
