import type { ChildSpec, StepSpec } from "./context.ts";
import type { Failure } from "./failure.ts";
import type { Continuation } from "./continuation.ts";
import type { Entry, RunFinished } from "./journal.ts";
import type { Outstanding } from "./outstanding.ts";
import type { Attributes } from "./attributes.ts";
import type { Difference, Pause, PauseReason } from "./run.ts";

/** What one turn came to. The caller commits `entries`, and only then acts on the rest. */
export interface Turn {
  readonly time: number;
  readonly entries: readonly Entry[];
  /** Steps to start, in the order in which they were asked for. */
  readonly starts: readonly StepSpec[];
  /** Paths of steps to cancel, among them such as start in this very turn. */
  readonly cancels: readonly string[];
  readonly timersSet: readonly TimerSet[];
  readonly timersCleared: readonly string[];
  /** Child runs to start, and what to tell those that there are. */
  readonly children: readonly ChildStart[];
  readonly childOrders: readonly ChildOrder[];
  /** What the run is doing from here on. */
  readonly activity: Activity;
  /** Set when the run has ended. */
  readonly finished: RunFinished | undefined;
  /** Set when the run begins anew: the first turn of the next generation follows at once. */
  readonly continued: Continuation | undefined;
  /** What the run is found by from here on; absent where the turn did not change it. */
  readonly attributes: Attributes | undefined;
  /** Set when the run waits for a person; the turn is to be committed. */
  readonly pause: Pause | undefined;
  /** Set when the run cannot go on by itself. The turn is then not to be committed. */
  readonly stuck: PauseReason | undefined;
  /** What the journal holds and the function asked for instead, where they differ. */
  readonly mismatch: string | undefined;
  readonly difference: Difference | undefined;
}

/** A child run to start. */
export interface ChildStart {
  readonly runId: string;
  readonly spec: ChildSpec;
}

/** A timer and when it is due, in wall-clock milliseconds. */
export interface TimerSet {
  readonly timer: string;
  readonly due: number;
}

/** Something that a run tells a child of its. */
export type ChildOrder =
  | { readonly runId: string; readonly action: "cancel"; readonly step: string }
  | { readonly runId: string; readonly action: "undo"; readonly step: string; readonly error: Failure };

/** What a run that has not ended is doing. */
export interface Activity {
  readonly status: "running" | "waiting" | "compensating";
  /** When a run that waits is due next; null where only a message moves it on, and while it runs. */
  readonly wakeAt: number | null;
}

/** A turn in the making. */
export class TurnDraft {
  readonly entries: Entry[] = [];
  readonly starts: StepSpec[] = [];
  readonly cancels: string[] = [];
  readonly timersSet: TimerSet[] = [];
  readonly timersCleared: string[] = [];
  readonly children: ChildStart[] = [];
  readonly childOrders: ChildOrder[] = [];
  attributes: Attributes | undefined;
  /** On replay: the commands that the function has asked for, oldest first. */
  readonly asked: Entry[] = [];
  /** How many of them the journal has confirmed. */
  confirmed = 0;

  /** Leaves out what has been settled within the turn itself. */
  keepOnly(waits: Pick<Outstanding, "step" | "timer" | "child">): void {
    keep(this.starts, ({ step }) => waits.step(step) !== undefined);
    keep(this.timersSet, ({ timer }) => waits.timer(timer) !== undefined);
    keep(this.children, ({ spec }) => waits.child(spec.step) !== undefined);
  }
}

function keep<T>(list: T[], isKept: (value: T) => boolean): void {
  list.splice(0, list.length, ...list.filter(isKept));
}
