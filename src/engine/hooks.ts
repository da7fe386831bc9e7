import type { Entry } from "./journal.ts";

/** One entry of a run's journal, told once: outcomes when they are durable, attempts as they happen. */
export interface RunEvent {
  /** The run's id. */
  readonly runId: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** The W3C trace id that the run's calls carry. */
  readonly traceId?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** What became true. */
  readonly entry: Entry;
  /** Set when the entry is from before this process took the run over. */
  readonly isPast?: boolean | undefined;
}

/** Hears the events of every run; the only way for telemetry and tests to watch the engine. Must not throw. */
export type RunListener = (event: RunEvent) => void;
