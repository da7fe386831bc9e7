import type { JsonObject } from "../base/json.ts";
import type { Dag } from "./dag.ts";
import type { CompensationCall, NodeCall, NodeMiddleware } from "./node_action.ts";
import type { Duration, RetryOptions } from "../plan/retry_options.ts";
import type { CompensationOptions, NodeDefinition } from "./node_definition.ts";
import type { Stored } from "../base/stored.ts";
import type { ReadonlyWorkflowData } from "./workflow_data.ts";

/** A map without members. */
export type Nothing = Record<never, never>;

/** The outputs of some nodes as others are given them: null where a node may have been skipped or its error handled. */
export type GivenOutputs<Outputs, Names extends PropertyKey, Open> = {
  readonly [Name in Names & keyof Outputs]: Name extends Open ? Outputs[Name] | null : Outputs[Name];
};

/** What an action is given: the run's input, and the outputs of the nodes that it waits for, by name. */
export type Given<Input, Needed> = Readonly<{ input: Input } & Needed>;

/** A name that is not taken yet. Where any name may have been taken, `build` finds out. */
export type FreeName<Name extends string, Outputs> = string extends keyof Outputs ? Name
  : Name extends keyof Outputs ? never
  : Name;

/**
 * A DAG while it is being made. Each method gives a new builder and leaves this one as it is.
 *
 * `Outputs` are the outputs of the nodes so far, by name, `Open` the names of those that may give none.
 */
export interface DagBuilder<Input, Data extends object, Outputs, Open> {
  /** Says what runs are started with: a type, and a JSON Schema that inputs are checked against and defaults taken from. */
  input<T extends object>(schema?: JsonObject): DagBuilder<T, Data, Outputs, Open>;
  /** Gives the runs data of their own that nodes share, and what it holds at first. */
  data<T extends object>(initial: T): DagBuilder<Input, T, Outputs, Open>;
  /** Puts functions around the actions of all nodes, outermost first, and inside those that are there already. */
  use(...middleware: readonly NodeMiddleware[]): DagBuilder<Input, Data, Outputs, Open>;
  /** Begins a node. */
  node<Name extends string>(
    name: FreeName<Name, Outputs>,
  ): NodeBuilder<Input, Data, Outputs, Open, Name, Nothing, never>;
  /** Adds nodes that the program makes: their names and outputs are known at run time only. */
  nodes(definitions: Iterable<NodeDefinition>): DagBuilder<Input, Data, Outputs & Record<string, unknown>, string>;
  /** Says what runs give: made of the outputs of all nodes, null where there is none. It must depend on nothing else. */
  output<T>(
    output: (
      outputs: Given<Input, GivenOutputs<Outputs, keyof Outputs, Open>>,
      data: ReadonlyWorkflowData<Data>,
    ) => T,
  ): FinishedDag<Input, Stored<T>>;
  /**
   * Checks everything and makes the DAG, whose runs give a map of the outputs of all nodes.
   *
   * @throws {MaestroError} `invalid_workflow`; the message names every problem, and `details.issues` has them as `DagIssue`s.
   */
  build(): Dag<Input, { readonly [Name in keyof Outputs]: GivenOutputs<Outputs, keyof Outputs, Open>[Name] }>;
}

/** A DAG of which everything has been said. */
export interface FinishedDag<Input, Output> {
  /**
   * Checks everything and makes the DAG.
   *
   * @throws {MaestroError} `invalid_workflow`; the message names every problem, and `details.issues` has them as `DagIssue`s.
   */
  build(): Dag<Input, Output>;
}

/** A node while it is being made: first what it waits for, then its settings, then its action. */
export interface NodeBuilder<Input, Data extends object, Outputs, Open, Name extends string, Needed, Skips> {
  /**
   * Waits for other nodes, and is given their outputs. It runs when each of them has completed, was skipped by its own condition or had
   * its error handled: the output is then null.
   */
  dependsOn<Names extends keyof Outputs & string>(
    ...names: readonly Names[]
  ): NodeBuilder<Input, Data, Outputs, Open, Name, Needed & GivenOutputs<Outputs, Names, Open>, Skips>;
  /** Waits for other nodes, and is skipped unless each of them has completed: their outputs are never null for being absent. */
  requires<Names extends keyof Outputs & string>(
    ...names: readonly Names[]
  ): NodeBuilder<
    Input,
    Data,
    Outputs,
    Open,
    Name,
    Needed & GivenOutputs<Outputs, Names, never>,
    Names & Open extends never ? Skips : Skips | Name
  >;
  /** Runs only where this holds; it must depend on what it is given alone. */
  when(
    condition: (given: Given<Input, Needed>, data: ReadonlyWorkflowData<Data>) => boolean,
  ): NodeBuilder<Input, Data, Outputs, Open, Name, Needed, Skips | Name>;
  /** Tries again after an error; a number is how often it is tried in all. */
  retry(retry: RetryOptions | number): this;
  /** Limits the time of the whole node, attempts and delays. One that takes longer has failed. */
  timeout(timeout: Duration): this;
  /** Limits the time of each attempt. Without it that is the node's timeout, else 30 s unless it has a `heartbeatTimeout`. */
  attemptTimeout(timeout: Duration): this;
  /** Fails an attempt whose action has given no sign of life, by `call.heartbeat()`, for so long; the compensation has no such limit. */
  heartbeatTimeout(timeout: Duration): this;
  /** Puts functions around the action, outermost first, and inside those that are there already and those of the DAG. */
  use(...middleware: readonly NodeMiddleware[]): this;
  /** An error of the node is no error of the run: its output is null, and the nodes that wait for it run. */
  onError(handling: "continue"): NodeBuilder<Input, Data, Outputs, Open, Name, Needed, Skips | Name>;
  /** Never calls the action again where it may have taken effect: after a crash in the middle the node has failed. */
  atMostOnce(): this;
  /** Says what the node does, which completes it. What the action gives, as JSON, is the node's output. */
  action<R>(
    action: (given: Given<Input, Needed>, call: NodeCall<Data>) => R,
  ): ActedNode<Input, Data, Outputs, Open, Name, Needed, Skips, Stored<Awaited<R>>>;
}

/** A DAG whose last node can still be told how to be undone. */
export interface ActedNode<Input, Data extends object, Outputs, Open, Name extends string, Needed, Skips, Output>
  extends DagBuilder<Input, Data, Outputs & { readonly [N in Name]: Output }, Open | Skips> {
  /**
   * Says how the node is undone when the run fails later: the function is given what the action was, the node's output under its own name,
   * and the error.
   */
  compensate(
    compensation: (
      given: Given<Input, Needed & { readonly [N in Name]: Output } & { readonly error: JsonObject | null }>,
      call: CompensationCall<Data>,
    ) => unknown,
    options?: CompensationOptions & { readonly onUnknown?: false | undefined },
  ): DagBuilder<Input, Data, Outputs & { readonly [N in Name]: Output }, Open | Skips>;
  /** The same for a node that is undone, too, when nobody knows whether it took effect: its output may then be null. */
  compensate(
    compensation: (
      given: Given<Input, Needed & { readonly [N in Name]: Output | null } & { readonly error: JsonObject | null }>,
      call: CompensationCall<Data>,
    ) => unknown,
    options: CompensationOptions,
  ): DagBuilder<Input, Data, Outputs & { readonly [N in Name]: Output }, Open | Skips>;
}
