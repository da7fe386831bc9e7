import type { JsonValue } from "./base/json.ts";
import type { SignalDefinition } from "./code/message.ts";
import type { Attributes } from "./engine/attributes.ts";
import type { RunFiles } from "./engine/journal.ts";

/** Options of `Maestro.start`. */
export interface StartOptions {
  /** A JSON object. */
  readonly input: JsonValue;
  /** The run's id. One that exists already, with the same workflow and input, gives that run. @default a new UUID of version 7 */
  readonly id?: string | undefined;
  /** Endpoints that replace the document's, by service name. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
  /** Replaces the workflow's `timeout`. */
  readonly timeoutMs?: number | undefined;
  /** Files that are read again when another process takes the run; absolute paths. */
  readonly files?: RunFiles | undefined;
  /** The queue that the run goes to; where this process does not work on it, some other one does. @default the engine's own */
  readonly queue?: string | undefined;
  /** What the run is found by. @default nothing */
  readonly attributes?: Attributes | undefined;
  /** What is passed on to steps and children beside the input: an identity, a trace. @default what `propagators` give */
  readonly context?: Readonly<Record<string, string>> | undefined;
}

/** What runs of any kind are started with. */
export interface AnyStartOptions extends Omit<StartOptions, "input"> {
  readonly input?: unknown;
}

/** Options of `Maestro.start` for a DAG or a workflow in code. */
export interface TypedStartOptions<Input> extends Omit<StartOptions, "input" | "files"> {
  /** What the run is started with. */
  readonly input: Input;
}

/** Options of `signalWithStart`. */
export interface SignalWithStartOptions<Input, Data> extends TypedStartOptions<Input> {
  /** The run's id. */
  readonly id: string;
  /** The signal that it is sent. */
  readonly signal: SignalDefinition<Data>;
  /** What the signal brings. */
  readonly data: Data;
}
