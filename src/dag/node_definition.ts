import type { Duration, RetryOptions } from "../plan/retry_options.ts";
import type { NodeAction, NodeCondition, NodeMiddleware } from "./node_action.ts";

/** How a node is undone, beside the function that does it. */
export interface CompensationOptions {
  /** Whether it also runs when nobody knows if the node took effect. @default false */
  readonly onUnknown?: boolean | undefined;
  /** When it is tried again. @default 5 attempts */
  readonly retry?: RetryOptions | number | undefined;
}

/** One node, as `nodes()` takes it: for graphs that a program makes. */
export interface NodeDefinition {
  /** Unique in the DAG: letters, digits and `_ . -`. */
  readonly name: string;
  /** What it does. */
  readonly action: NodeAction;
  /** The nodes that it waits for. @default none */
  readonly dependsOn?: readonly string[] | undefined;
  /** Nodes that it waits for, and without whose output it is skipped. @default none */
  readonly requires?: readonly string[] | undefined;
  /** Whether it runs. @default always */
  readonly when?: NodeCondition | undefined;
  /** When it is tried again; a number is how often it is tried. @default one try */
  readonly retry?: RetryOptions | number | undefined;
  /** Limit of the whole node, attempts and delays. @default none */
  readonly timeout?: Duration | undefined;
  /** Limit of each attempt. @default the node's timeout, else none where it has a `heartbeatTimeout`, else "30s" */
  readonly attemptTimeout?: Duration | undefined;
  /** How long its action may give no sign of life (`call.heartbeat()`) before an attempt has failed. @default no limit */
  readonly heartbeatTimeout?: Duration | undefined;
  /** Functions around its action, outermost first, inside those of the DAG. @default none */
  readonly middleware?: readonly NodeMiddleware[] | undefined;
  /** `continue`: an error of the node is no error of the run, and its output is null. @default the run fails */
  readonly onError?: "continue" | undefined;
  /** Whether it is never called again where it may have taken effect. @default false */
  readonly atMostOnce?: boolean | undefined;
  /** Undoes it when the run fails later: it is given what the action was, its output under its own name, and `error`. */
  readonly compensate?: NodeAction | undefined;
  /** How it is undone. */
  readonly compensation?: CompensationOptions | undefined;
}

/** Settings of a DAG. */
export interface DagOptions {
  /** Runs go on only with a DAG of the same name and version: change it whenever nodes or what they depend on change. */
  readonly version: string;
  /** What it is for. */
  readonly description?: string | undefined;
  /** Limit of a run, rollback not counted. @default none */
  readonly timeout?: Duration | undefined;
  /** Most nodes that run at a time. @default 100 */
  readonly maxConcurrency?: number | undefined;
  /** Whether the first error cancels the other nodes; otherwise those that do not depend on it finish first. @default true */
  readonly failFast?: boolean | undefined;
  /** How safely runs are kept: against loss of power, against a crash, or not at all. @default "sync" */
  readonly durability?: "sync" | "async" | "none" | undefined;
  /** Whether a rollback undoes one node after the other, newest first, or all at once. @default "reverse" */
  readonly compensationOrder?: "reverse" | "parallel" | undefined;
}
