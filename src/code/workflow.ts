import { MaestroError } from "../base/errors.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import type { Stored } from "../base/stored.ts";
import { type Duration, milliseconds } from "../plan/retry_options.ts";
import type { Startable } from "../plan/startable.ts";
import type { WorkflowContext } from "./workflow_context.ts";

/** Settings of a workflow in code. */
export interface WorkflowOptions {
  /**
   * Runs go on only with code of the same name and version. Keep it for changes that old runs can live with, by `ctx.patched` or because
   * they ask for the same as before; give another one where the order of steps has changed for good, and register both.
   */
  readonly version: string;
  /** Limit of a run, rollback not counted. @default none */
  readonly timeout?: Duration | undefined;
  /** How safely runs are kept: against loss of power, against a crash, or not at all. @default "sync" */
  readonly durability?: "sync" | "async" | "none" | undefined;
  /** Whether a rollback undoes one step after the other, newest first, or all at once. @default "reverse" */
  readonly compensationOrder?: "reverse" | "parallel" | undefined;
  /** A JSON Schema that inputs are checked against and defaults taken from. @default any input */
  readonly input?: JsonObject | undefined;
  /** A loaded document whose services `ctx.call` calls, with their settings, `env` and secrets. @default none */
  readonly services?: Startable<JsonValue, JsonValue> | undefined;
  /** The workflows that it starts, of any kind; a function where they name each other. @default none but itself */
  readonly children?: readonly AnyWorkflow[] | (() => readonly AnyWorkflow[]) | undefined;
}

/** A workflow whose types do not matter. */
export type AnyWorkflow = Startable<never, unknown>;

/** The function of a workflow. */
export type WorkflowFunction<Input, Result> = (
  ctx: WorkflowContext<NoInfer<Input>>,
  input: Input,
) => Result | Promise<Result>;

/**
 * A workflow that is code: made by `workflow`, started with `Maestro.start`.
 *
 * The type parameters are those of a run's input and output.
 *
 * @example
 * ```ts
 * import { Workflow, workflow } from "maestro";
 *
 * const greet = workflow("greet", { version: "1" }, (_ctx, name: string) => `Hello ${name}`);
 * console.log(greet instanceof Workflow, greet.name, greet.version); // true greet 1
 * ```
 */
export class Workflow<Input = JsonValue, Output = JsonValue> {
  /** The name that its runs have. */
  readonly name: string;
  /** What its runs are bound to beside the name. */
  readonly version: string;
  /** What was said of it. */
  readonly options: WorkflowOptions;
  /**
   * What it does.
   * @internal
   */
  readonly run: WorkflowFunction<Input, unknown>;
  /** Never there: keeps the types of input and output apart. */
  declare readonly types?: Startable<Input, Output>["types"];

  /** @internal */
  constructor(name: string, options: WorkflowOptions, run: WorkflowFunction<Input, unknown>) {
    this.name = name;
    this.version = options.version;
    this.options = options;
    this.run = run;
  }
}

/**
 * Makes a durable workflow of an async function.
 *
 * The function runs again from its beginning, with what the journal holds, whenever a process takes a run over: it must ask for the same
 * each time. See `WorkflowContext` for what it may await.
 *
 * @throws {MaestroError} `invalid_workflow` where name or version is missing, or the timeout is none.
 *
 * @example
 * ```ts
 * import { activity, createMaestro, createRuntime, workflow } from "maestro";
 *
 * const price = activity("price", (item: string) => item.length * 3);
 * const reserve = activity("reserve", (item: string) => ({ reserved: item }), {
 *   compensate: ({ input }) => console.log("releases", input),
 * });
 *
 * const order = workflow("order", { version: "1" }, async (ctx, input: { item: string }) => {
 *   const [total] = await Promise.all([ctx.run(price, input.item), ctx.run(reserve, input.item)]);
 *   await ctx.sleep("10ms");
 *   return { total };
 * });
 *
 * const maestro = createMaestro({ runtime: await createRuntime() });
 * const run = await maestro.start(order, { input: { item: "tea" } });
 * const { output } = await run.result();
 * console.log(output?.total);
 * await maestro.close();
 * ```
 */
export function workflow<Result, Input = void>(
  name: string,
  options: WorkflowOptions,
  run: WorkflowFunction<Input, Result>,
): Workflow<Input, Stored<Result>> {
  for (const [what, text] of [["name", name], ["version", options.version]] as const) {
    if (typeof text === "string" && text !== "") continue;
    throw new MaestroError("invalid_workflow", `A workflow needs a ${what}`, {
      hint: "runs are bound to name and version",
    });
  }
  const { timeout } = options;
  if (timeout !== undefined && milliseconds(timeout) === undefined) {
    throw new MaestroError("invalid_workflow", `The timeout of workflow "${name}" is no length of time above zero`, {
      hint: 'write milliseconds, or text such as "30s"',
    });
  }
  return new Workflow(name, options, run);
}
