import type { Redactor } from "./base/redact.ts";
import type { ContextPropagator } from "./context_propagator.ts";
import type { Clock } from "./engine/clock.ts";
import type { RunListener } from "./engine/hooks.ts";
import type { RunFiles } from "./engine/journal.ts";
import type { Middleware } from "./engine/middleware.ts";
import type { Storage } from "./engine/storage.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { Values } from "./service_connections.ts";
import type { FunctionServices } from "./services/function/adapter.ts";

/** Options of `createMaestro`. */
export interface MaestroOptions {
  /** What differs between runtimes: `fetch`, files, the microtask drain. */
  readonly runtime: Runtime;
  /** The program's own functions behind `type: function` services. */
  readonly functions?: FunctionServices | undefined;
  /** Reads `env.NAME`. @default nothing is set */
  readonly env?: ((name: string) => string | undefined) | undefined;
  /** Reads `secrets.NAME`. @default nothing is set */
  readonly secrets?: ((name: string) => string | undefined) | undefined;
  /** Learns every secret that is read; share it with whatever writes logs. @default its own */
  readonly redactor?: Redactor | undefined;
  /** Hears every event of every run. Must not throw. */
  readonly onEvent?: RunListener | undefined;
  /** Functions around every attempt of every step, of compensations too; the first is the outermost. @default none */
  readonly middleware?: readonly Middleware[] | undefined;
  /**
   * Most attempts at a time, of all runs of this engine; the others wait, first come first served, before their time limits begin. An
   * attempt that waits for a run of the same engine keeps its place. @default no limit
   */
  readonly maxConcurrentSteps?: number | undefined;
  /** Where runs live (see `openStorage`); closed with the engine. @default this process's memory */
  readonly storage?: Storage | undefined;
  /** Reads the values of a run that another process has started, by the files that it recorded. @default `env` and `secrets` */
  readonly readValues?: ((files: RunFiles) => Promise<Values>) | undefined;
  /** Carry what surrounds the program from the start of a run to its steps. @default none */
  readonly propagators?: readonly ContextPropagator[] | undefined;
  /** The queue that new runs go to, and that `listen` takes runs from. @default "local", which nobody takes runs from by itself */
  readonly queue?: string | undefined;
  /** More queues that `listen` takes runs from. @default none */
  readonly queues?: readonly string[] | undefined;
  /** Most runs taken from queues that do anything but wait. @default no limit */
  readonly maxRuns?: number | undefined;
  /** Most waiting runs that are kept in memory; the rest wait in the store until they are due. @default 10000 */
  readonly maxWaiting?: number | undefined;
  /** How long this process counts as alive in the store without a sign of life, in milliseconds. @default 30000 */
  readonly leaseMs?: number | undefined;
  /** Makes the ids of runs and messages; must never repeat one. @default UUIDs of version 7 */
  readonly createId?: (() => string) | undefined;
  /** Decides every wait and time limit. @default the machine's clock */
  readonly clock?: Clock | undefined;
  /** Numbers from 0 to 1, for jitter and trace ids. @default `Math.random` */
  readonly random?: (() => number) | undefined;
}
