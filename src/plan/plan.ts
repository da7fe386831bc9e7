import type { DocumentPath } from "../base/diagnostics.ts";
import type { JsonObject } from "../base/json.ts";
import type { RetryPolicy } from "../engine/retry.ts";
import type { Durability } from "../engine/run.ts";
import type { BreakerConfig } from "../engine/service.ts";
import type { Condition, PartsTemplate, Template } from "../expr/mod.ts";

/** A workflow in the form that all front-ends compile to and that the interpreter walks. Immutable; holds no state of a run. */
export interface Plan {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly inputSchema: JsonObject | boolean | undefined;
  readonly services: ReadonlyMap<string, PlanService>;
  readonly steps: readonly PlanStep[];
  readonly output: Template | undefined;
  readonly finally: readonly PlanStep[];
  readonly compensationOrder: "reverse" | "parallel";
  /** How safely what its runs commit is kept. */
  readonly durability: Durability;
  /** The document that every `origin` leads into: what checks of literal values read. Absent in plans that programs build. */
  readonly document?: JsonObject | undefined;
}

/** A service as the document describes it. Templates in `endpoint` and `tls` see only `env` and `secrets`. */
export interface PlanService {
  readonly name: string;
  readonly type: "grpc" | "http" | "function";
  readonly endpoint: Template;
  /** Limit of each attempt; absent: 30 s where the step gives none either. */
  readonly timeoutMs: number | undefined;
  readonly retry: Partial<RetryPolicy>;
  readonly circuitBreaker: BreakerConfig | false;
  readonly poolSize: number | undefined;
  readonly maxInFlight: number | undefined;
  readonly rateLimit: { readonly perSecond: number; readonly burst: number } | undefined;
  /** A template of `{ ca?, cert?, key?, server_name? }`, file names relative to the workflow. */
  readonly tls: Template | undefined;
  /** `headers` or `metadata`. */
  readonly headers: Template | undefined;
  readonly auth: Template | undefined;
  /** File names relative to the workflow. */
  readonly proto: readonly string[];
  readonly descriptorSet: string | undefined;
  readonly grpcService: string | undefined;
  readonly idempotencyHeader: string | false;
  readonly noEffectOn: readonly string[];
  readonly maxResponse: number;
  readonly origin: DocumentPath;
}

/** What every step has. */
export interface PlanStepBase {
  readonly id: string;
  /** Whether the document gave the id, so that expressions may read it. */
  readonly isIdGiven: boolean;
  readonly description: string | undefined;
  readonly when: Condition | undefined;
  readonly output: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly onError: "continue" | readonly PlanStep[] | undefined;
  /** Where the step stands in the document. */
  readonly origin: DocumentPath;
}

/** One step; `kind` says which. */
export type PlanStep =
  | CallStep
  | ParallelStep
  | DagStep
  | GroupStep
  | ForeachStep
  | SwitchStep
  | RepeatStep
  | RaceStep
  | SetStep
  | SleepStep
  | WaitForStep
  | WorkflowStep
  | ReturnStep
  | FailStep
  | LogStep;

/** A step that is no call: the interpreter performs it. */
export type BlockStep = Exclude<PlanStep, CallStep>;

/** A call's parts that step and compensation share. */
export interface PlanCall {
  readonly service: string;
  readonly method: PartsTemplate;
  /** The method as written: what replay compares and people read. */
  readonly methodText: string;
  /** A template of those members that the document gives: `{ input?, query?, body?, headers?, expect?, … }`. */
  readonly request: Template;
  /** Constant settings of the call. */
  readonly encoding: "json" | "form" | "multipart" | "text" | "binary" | undefined;
  readonly expect: readonly (string | number)[] | undefined;
  readonly response: "full" | undefined;
  readonly stream: { readonly max: number | undefined; readonly until: Condition | undefined } | undefined;
  readonly attemptTimeoutMs: number | undefined;
  /** How long a call of the program's own code may give no sign of life. @default no limit */
  readonly heartbeatTimeoutMs?: number | undefined;
  /** With every default and the service's policy below it. */
  readonly retry: RetryPolicy;
  readonly when: Condition | undefined;
  readonly origin: DocumentPath;
}

/** Calls a service. */
export interface CallStep extends PlanStepBase {
  readonly kind: "call";
  readonly call: PlanCall;
  readonly compensate: PlanCompensation | undefined;
  /** How to ask whether an attempt of unknown outcome took effect; written beside `compensate` or in it. */
  readonly reconcile: PlanReconcile | undefined;
  /** From its completion on nothing is undone. */
  readonly isPivot: boolean;
  /** Never called again where it may have taken effect. */
  readonly atMostOnce: boolean;
}

/** How a completed call is undone. */
export interface PlanCompensation {
  readonly call: PlanCall;
  /** Whether it also runs when nobody knows if the step took effect. */
  readonly onUnknown: boolean;
}

/** How a service is asked whether a call took effect. */
export interface PlanReconcile {
  readonly call: PlanCall;
  /** Whether the answer says so. */
  readonly done: Condition;
  /** What the step's output is then; absent: the answer. */
  readonly output: Template | undefined;
}

/** Runs its steps side by side. */
export interface ParallelStep extends PlanStepBase {
  readonly kind: "parallel";
  readonly steps: readonly PlanStep[];
  readonly maxConcurrency: number;
  readonly failFast: boolean;
}

/** Runs each step as soon as its dependencies are done. */
export interface DagStep extends PlanStepBase {
  readonly kind: "dag";
  readonly steps: readonly PlanStep[];
  /** For each step, by position, the positions of the steps that it waits for: those declared and those that its expressions read. */
  readonly dependencies: readonly (readonly number[])[];
  readonly maxConcurrency: number;
  readonly failFast: boolean;
}

/** Runs its steps one after the other. */
export interface GroupStep extends PlanStepBase {
  readonly kind: "group";
  readonly steps: readonly PlanStep[];
}

/** Runs its steps once for each item of a list. */
export interface ForeachStep extends PlanStepBase {
  readonly kind: "foreach";
  readonly items: Template;
  /** The name of the item: `item` unless `as` renames it. */
  readonly as: string;
  readonly steps: readonly PlanStep[];
  readonly collect: Template | undefined;
  readonly maxConcurrency: number;
  readonly failFast: boolean;
}

/** Takes the first branch whose condition holds. */
export interface SwitchStep extends PlanStepBase {
  readonly kind: "switch";
  readonly branches: readonly { readonly when: Condition | undefined; readonly steps: readonly PlanStep[] }[];
}

/** Runs its steps round after round until a condition holds. */
export interface RepeatStep extends PlanStepBase {
  readonly kind: "repeat";
  readonly steps: readonly PlanStep[];
  readonly until: Condition;
  /** The wait between rounds; its `attempts` do not count here. */
  readonly every: RetryPolicy;
  readonly max: number;
  readonly collect: Template | undefined;
}

/** Runs its steps side by side; the first to complete wins. */
export interface RaceStep extends PlanStepBase {
  readonly kind: "race";
  readonly steps: readonly PlanStep[];
}

/** Sets names. */
export interface SetStep extends PlanStepBase {
  readonly kind: "set";
  /** A template of the map of names. */
  readonly values: Template;
  readonly names: readonly string[];
}

/** Waits for a time. */
export interface SleepStep extends PlanStepBase {
  readonly kind: "sleep";
  /** How long, as a duration, or until when, as a time in RFC 3339. */
  readonly time: Template;
  /** Whether `time` is a point in time. */
  readonly isUntil: boolean;
}

/** Waits for a signal. */
export interface WaitForStep extends PlanStepBase {
  readonly kind: "wait_for";
  readonly signal: Template;
  /** What a payload must fit. */
  readonly schema: JsonObject | boolean | undefined;
}

/** Runs another workflow as a run of its own. */
export interface WorkflowStep extends PlanStepBase {
  readonly kind: "workflow";
  /** The child as the document names it: a workflow's name, or a file. */
  readonly workflow: string;
  readonly input: Template;
  /** Each attempt is a new child run. */
  readonly retry: RetryPolicy;
}

/** Ends the run completed. */
export interface ReturnStep extends PlanStepBase {
  readonly kind: "return";
  readonly value: Template;
}

/** Fails. */
export interface FailStep extends PlanStepBase {
  readonly kind: "fail";
  readonly error: Template;
}

/** Writes a log line. */
export interface LogStep extends PlanStepBase {
  readonly kind: "log";
  readonly text: Template;
}

/** Everything a definition consists of: what a run pins by its hash. */
export interface DefinitionBundle {
  /** Version of the plan's semantics. */
  readonly format: 1;
  /** The document's text. */
  readonly document: string;
  /** Descriptor sets in base64 by service name, compiled from `proto` or read from `descriptor_set`. */
  readonly descriptors: Readonly<Record<string, string>>;
  /** The bundles of the workflows that it starts, by the names that its steps give them; absent where it starts none. */
  readonly workflows?: Readonly<Record<string, DefinitionBundle>> | undefined;
}

/** What a run pins of a workflow that is code of the program: the same code serialises differently on each runtime. */
export interface ProgramBundle {
  /** Version of the plan's semantics. */
  readonly format: 1;
  /** What the program registers it by. */
  readonly program: { readonly name: string; readonly version: string };
}

/** A workflow that another one starts. */
export interface ChildWorkflow {
  readonly plan: Plan;
  /** The serialised definition bundle. */
  readonly bundle: string;
  /** Hash of the bundle. */
  readonly hash: string;
}

/** The workflows that a plan starts, by the names that its steps give them. */
export type ChildWorkflows = ReadonlyMap<string, ChildWorkflow>;

/** Steps directly inside a step, in document order, handlers of errors left out. */
export function childSteps(step: PlanStep): readonly PlanStep[] {
  if (step.kind === "switch") return step.branches.flatMap((branch) => branch.steps);
  return "steps" in step ? step.steps : [];
}
