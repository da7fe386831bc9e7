import type { JsonObject } from "../../src/base/json.ts";

/** What a call is like, as far as it matters to what may become of it. */
export interface CallTraits {
  /** How it can be undone: by a call that works in the end, or by one that never does. */
  readonly undo: "works" | "never" | undefined;
  readonly onUnknown: boolean;
  readonly isReconciled: boolean;
  readonly atMostOnce: boolean;
  /** Whether it stands in a race, whose losers are undone in runs that complete, too. */
  readonly isRacing: boolean;
}

/** How a run has to end if nobody cancels it. */
export type Fate = "completes" | "fails" | "either";

/** A workflow with what is known beforehand of its runs. */
export interface TortureWorkflow {
  readonly document: JsonObject;
  /** Child workflows by file name. */
  readonly children: ReadonlyMap<string, JsonObject>;
  /** By step id: unique over the workflow and its children. */
  readonly calls: ReadonlyMap<string, CallTraits>;
  /** Names of the signals that it waits for, each once; a member of its output each. */
  readonly signals: readonly string[];
  readonly fate: Fate;
  /** Members of its output, each the id of the effect of the step at this path, or a list of them. */
  readonly outputs: ReadonlyMap<string, string | readonly string[]>;
}

/** Where a step stands. */
export interface Place {
  /** The path of what it stands in, with a slash at its end; absent where that has an index. */
  readonly path: string | undefined;
  readonly depth: number;
  /** Names of outputs that a step may read here. */
  readonly visible: readonly string[];
  readonly isRacing?: boolean;
}
