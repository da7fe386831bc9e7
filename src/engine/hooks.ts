import type { Entry } from "./journal.ts";

/** One entry of a run's journal, told once: outcomes when they are durable, attempts as they happen. */
export interface RunEvent {
  readonly runId: string;
  readonly workflow: string;
  /** The W3C trace id that the run's calls carry. */
  readonly traceId?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly entry: Entry;
}

/** Hears the events of every run; the only way for telemetry and tests to watch the engine. Must not throw. */
export type RunListener = (event: RunEvent) => void;
