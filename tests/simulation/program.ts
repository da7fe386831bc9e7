import type { JsonObject } from "../../src/base/json.ts";
import type { LoadedWorkflow } from "../../src/load_workflow.ts";

/** What a service does with the calls of one step. */
export type Script =
  /** Does it. */
  | { readonly kind: "ok" }
  /** Refuses for good, having done nothing. */
  | { readonly kind: "refuse" }
  /** Has no time at first, then does it. */
  | { readonly kind: "busy"; readonly calls: number }
  /** Answers at first, or always, in a way that says nothing; it may have done it all the same. */
  | { readonly kind: "vague"; readonly calls: number; readonly acts: boolean }
  /** Answers so once, and then refuses. */
  | { readonly kind: "vague, then refuse"; readonly acts: boolean }
  /** Does not answer at first, until the attempt's limit. */
  | { readonly kind: "mute"; readonly calls: number; readonly acts: boolean }
  /** Refuses until a person has seen to it. */
  | { readonly kind: "refuse until healed" };

/** Signals that a workflow waits for. */
export interface SignalPlan {
  readonly workflow: string;
  readonly name: string;
  /** When each is sent, in milliseconds. */
  readonly times: readonly number[];
  /** Whether one comes before that no step takes. */
  readonly hasMisfit: boolean;
}

/** What makes the end of a program depend on more than its scripts. */
export type Looseness =
  /** Who is first depends on how long calls take. */
  | "race"
  /** Time that a crash or a slow store takes counts. */
  | "timeout"
  /** What a failure finds completed beside it depends on how long calls take. */
  | "siblings"
  /** A crash during a call ends the step as unknown. */
  | "at most once"
  /** A crash during a call that is refused afterwards leaves it unknown. */
  | "unknown sticks"
  /** A question whether a step took effect is not answered; it is only asked after a crash, or where an answer was vague. */
  | "unanswered"
  /** A person cancels the run at some time. */
  | "cancel";

/** One random program: workflows, what the services do, and what people do. */
export interface Program {
  readonly main: LoadedWorkflow;
  /** All workflows, the main one included, by the hash of their definition. */
  readonly workflows: ReadonlyMap<string, LoadedWorkflow>;
  /** The documents, for people. */
  readonly documents: Readonly<Record<string, JsonObject>>;
  /** What the service does, by the last part of a step's path, indexes left out. Missing: ok. */
  readonly scripts: ReadonlyMap<string, Script>;
  readonly signals: readonly SignalPlan[];
  /** Ids of the steps that have a compensation. */
  readonly compensated: ReadonlySet<string>;
  readonly looseness: ReadonlySet<Looseness>;
  /** When a person cancels the run, in milliseconds. */
  readonly cancelAt: number | undefined;
  /** What a person does about a run that failed past its pivot. */
  readonly pastPivot: "resume" | "cancel";
  /** Whether a person sees to what could not be undone, and has it tried again. */
  readonly compensates: boolean;
}
