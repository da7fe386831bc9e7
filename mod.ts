/**
 * Maestro glues existing services into workflows that survive failure.
 *
 * `createMaestro` loads workflows and runs them inside a program; `evaluateExpression` is their expression language alone.
 *
 * ```ts
 * import { createMaestro, createRuntime } from "maestro";
 *
 * const text = `
 * name: order
 * services: { shop: { type: function, endpoint: local } }
 * steps: [{ id: price, service: shop, method: Price, input: "{{ .input.item }}", output: price }]
 * output: { price: "{{ .price }}" }
 * `;
 * const maestro = createMaestro({
 *   runtime: await createRuntime(),
 *   functions: { shop: { Price: (item) => String(item).length } },
 * });
 * const { workflow, diagnostics } = await maestro.load({ file: "order.yaml", text });
 * if (workflow === undefined) throw new Error(diagnostics[0]?.message);
 * const run = await maestro.start(workflow, { input: { item: "tea" } });
 * console.log((await run.result()).output); // { price: 3 }
 * await maestro.close();
 * ```
 *
 * @module
 */
export type { Diagnostic, DocumentPath, Issue, Severity } from "./src/base/diagnostics.ts";
export { formatDuration, parseDuration } from "./src/base/duration.ts";
export { type ErrorCode, MaestroError, type MaestroErrorOptions } from "./src/base/errors.ts";
export type { JsonObject, JsonValue } from "./src/base/json.ts";
export { Redactor } from "./src/base/redact.ts";
export {
  type Activity,
  activity,
  type ActivityCall,
  type ActivityOptions,
  type StepOptions,
  type Undoing,
  type UndoOptions,
} from "./src/code/activity.ts";
export { ChildRunFailedError, TimeoutError, UpdateFailedError } from "./src/code/errors.ts";
export {
  type Payload,
  query,
  type QueryDefinition,
  signal,
  type SignalDefinition,
  update,
  type UpdateDefinition,
} from "./src/code/message.ts";
export type { ServiceCallOptions, ServiceRequest, ServiceUndo } from "./src/code/service_call.ts";
export {
  type AnyWorkflow,
  Workflow,
  workflow,
  type WorkflowFunction,
  type WorkflowOptions,
} from "./src/code/workflow.ts";
export type {
  CancellationScope,
  ChildOptions,
  ChildRun,
  ReceiveOptions,
  RunOptions,
  WorkflowContext,
} from "./src/code/workflow_context.ts";
export { CancelledError, StepFailedError } from "./src/engine/failure.ts";
export type { Startable } from "./src/plan/startable.ts";
export type { DagIssue } from "./src/dag/check_nodes.ts";
export { dag } from "./src/dag/create_dag.ts";
export { Dag } from "./src/dag/dag.ts";
export type {
  ActedNode,
  DagBuilder,
  FinishedDag,
  FreeName,
  Given,
  GivenOutputs,
  NodeBuilder,
  Nothing,
} from "./src/dag/dag_builder.ts";
export type {
  CompensationCall,
  NodeAction,
  NodeCall,
  NodeCondition,
  NodeMiddleware,
  NodeMiddlewareCall,
} from "./src/dag/node_action.ts";
export type { CompensationOptions, DagOptions, NodeDefinition } from "./src/dag/node_definition.ts";
export type { Duration, RetryOptions } from "./src/plan/retry_options.ts";
export type { NodeState } from "./src/dag/node_state.ts";
export type { Stored } from "./src/base/stored.ts";
export type { ReadonlyWorkflowData, WorkflowData } from "./src/dag/workflow_data.ts";
export { AttemptError } from "./src/engine/attempt_error.ts";
export type { Attributes, AttributeValue } from "./src/engine/attributes.ts";
export {
  RetryableError,
  type RetryableErrorOptions,
  TerminalError,
  type TerminalErrorOptions,
} from "./src/engine/author_errors.ts";
export type { Clock } from "./src/engine/clock.ts";
export type { CancelCause, Failure } from "./src/engine/failure.ts";
export type { RollbackOutcome } from "./src/engine/context.ts";
export type { RunEvent, RunListener } from "./src/engine/hooks.ts";
export type {
  CarriedMessage,
  ChildScheduled,
  Entry,
  JournalTurn,
  Note,
  Reopening,
  RunFinished,
  RunStarted,
  SkipReason,
  StepOutcome,
  StepScheduled,
  UpdateCompleted,
} from "./src/engine/journal.ts";
export type { Middleware, Next, NextOptions, StepCall } from "./src/engine/middleware.ts";
export type {
  ChildEnd,
  Difference,
  Durability,
  Pause,
  PauseReason,
  RunCause,
  RunParent,
  RunRecord,
  RunStatus,
  StepStatus,
} from "./src/engine/run.ts";
export type {
  Claim,
  ClaimedRun,
  ClaimedRuns,
  ClaimRunsRequest,
  CommitTurnRequest,
  CreateRunRequest,
  DeleteRunsRequest,
  DeliverRequest,
  Delivery,
  FirstTurn,
  JournalPage,
  ListRunsRequest,
  Message,
  MessageBody,
  PendingTurn,
  ReadJournalRequest,
  RunChange,
  RunPage,
  Storage,
  StoredRun,
  StoreStats,
  WorkerRef,
} from "./src/engine/storage.ts";
export type { FailureClass } from "./src/engine/service.ts";
export {
  ABSENT,
  compileExpression,
  type CompileOptions,
  evaluateExpression,
  type Expression,
  ExpressionError,
  type ExpressionIssue,
  type ExpressionIssueCode,
  KIND,
  type Kinds,
  objectScope,
  preparePatterns,
  type Reference,
  type Scope,
  type ScopeValue,
  type Span,
} from "./src/expr/mod.ts";
export {
  type Client,
  type ClientOptions,
  createClient,
  createMaestro,
  createWorker,
  type LoadedWorkflow,
  type LoadResult,
  type LoadSettings,
  type Maestro,
  type Migration,
  type Registrable,
  type RunControl,
  type RunFiles,
  type SignalReceipt,
  type SignalRequest,
  type Starter,
  type Values,
  type Worker,
  type WorkerOptions,
  type WorkflowSource,
} from "./src/maestro.ts";
export { logging, type LogSink } from "./src/middleware/logging.ts";
export { type MetricLabels, Metrics, metrics, type MetricSeries, type MetricsSink } from "./src/middleware/metrics.ts";
export { retrying, type RetryingOptions } from "./src/middleware/retrying.ts";
export type { TimedOptions } from "./src/middleware/stopwatch.ts";
export { timeLimit } from "./src/middleware/time_limit.ts";
export { validating, type ValidatingOptions, type ValueCheck } from "./src/middleware/validating.ts";
export type { ContextPropagator } from "./src/context_propagator.ts";
export type { MaestroOptions } from "./src/maestro_options.ts";
export type { RunReader } from "./src/run_control.ts";
export type { RunHandle, RunResult } from "./src/run_handle.ts";
export type { RunFilter } from "./src/run_requests.ts";
export type { SignalWithStartOptions, StartOptions, TypedStartOptions } from "./src/start_options.ts";
export { openStorage, type OpenStorageOptions } from "./src/storage/open_storage.ts";
export { parseKey } from "./src/storage/parse_key.ts";
export type { CompensationView, RollbackView, StepView } from "./src/plan/run_view.ts";
export { createRuntime } from "./src/runtime/create_runtime.ts";
export type { Runtime, RuntimeName } from "./src/runtime/runtime.ts";
export type { FunctionCall, FunctionServices, ServiceFunction } from "./src/services/function/adapter.ts";
