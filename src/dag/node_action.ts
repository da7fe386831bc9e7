import type { JsonValue } from "../base/json.ts";
import type { Next, StepCall } from "../engine/middleware.ts";
import type { ReadonlyWorkflowData, WorkflowData } from "./workflow_data.ts";

/**
 * What an action hears of its call beside what it is given.
 *
 * An action runs at least once for each node: after a crash in the middle it is called again, with the same `idempotencyKey`.
 */
export interface NodeCall<Data extends object = Record<string, unknown>> {
  /** The node's name. */
  readonly node: string;
  /** The node's path in the journal. */
  readonly step: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborted when nobody waits for the answer any more: the node was cancelled, or its time is up. */
  readonly signal: AbortSignal;
  /** The same at every attempt of a node, also after a restart, and of no other node or run. */
  readonly idempotencyKey: string;
  /** The run's id. */
  readonly runId: string;
  /** Whether the node is being undone. */
  readonly isCompensation: boolean;
  /** The workflow data: what it holds after the nodes that this one waits for, and what this one sets. */
  readonly data: WorkflowData<Data>;
  /** The details of the last heartbeat of the attempt before, also where its process has ended; undefined where there was none. */
  readonly lastHeartbeat: JsonValue | undefined;
  /**
   * Gives a sign of life, which `heartbeatTimeout` waits for, and tells how far the action is: the next attempt finds it as
   * `lastHeartbeat`. What is told in quick succession is not all written down: when the process ends, up to a second of it may be lost,
   * of an action that takes long up to a hundredth of its time.
   */
  heartbeat(details?: JsonValue): void;
  /** Tells a line to those who listen to the events of the run; it is not kept in the journal. */
  log(text: string): void;
}

/** What a compensation hears of its call: the same, but it cannot change the data. */
export interface CompensationCall<Data extends object = Record<string, unknown>> extends Omit<NodeCall<Data>, "data"> {
  /** The workflow data as the node left it. */
  readonly data: ReadonlyWorkflowData<Data>;
}

/**
 * A function around an action: of every attempt, and of its compensation too.
 *
 * `next` calls what is inside, as often as one likes, and gives its output as JSON; what the function gives or throws counts instead. It
 * is a `Middleware` that knows of the graph too: any other `Middleware` can stand in its place.
 *
 * @example
 * ```ts
 * import type { NodeMiddleware } from "maestro";
 *
 * const timed: NodeMiddleware = async (call, next) => {
 *   const start = performance.now();
 *   const output = await next();
 *   call.log(`${call.node} took ${performance.now() - start} ms`);
 *   return output;
 * };
 * ```
 */
export type NodeMiddleware = (call: NodeMiddlewareCall, next: Next) => unknown;

/** What a middleware sees of a call. Its `method` is the node's name, or that and `.compensate`; its `input` is what the action is given. */
export interface NodeMiddlewareCall extends NodeCall, StepCall {
  /** What the action is given: `input`, and the outputs of the nodes that it waits for. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** An action without its types, as `nodes()` takes it. */
export type NodeAction = (given: Readonly<Record<string, unknown>>, call: NodeCall) => unknown;

/** A condition without its types: holds where it gives `true`. */
export type NodeCondition = (
  given: Readonly<Record<string, unknown>>,
  data: ReadonlyWorkflowData<Record<string, unknown>>,
) => boolean;
