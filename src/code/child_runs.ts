import type { JsonValue } from "../base/json.ts";
import type { WorkflowContext as Kernel } from "../engine/context.ts";
import type { AnyWorkflow } from "./workflow.ts";
import type { ChildOptions } from "./workflow_context.ts";

/** A workflow as a child of another is started by. */
export interface ChildDefinition {
  readonly name: string;
  readonly version: string;
  /** Hash of the bundle. */
  readonly hash: string;
  readonly bundle: string;
  /** Checks an input and fills defaults in. @throws {MaestroError} `invalid_input`. */
  accept(input: unknown): JsonValue;
}

/** Finds what a workflow is started by. Throws for one that the parent has not named. */
export type ResolveChild = (workflow: AnyWorkflow) => ChildDefinition;

/** Starts the children of a workflow. */
export class ChildRuns {
  readonly resolve: ResolveChild;

  constructor(resolve: ResolveChild) {
    this.resolve = resolve;
  }

  /** Starts a child in a scope of its own. */
  start(
    kernel: Kernel,
    workflow: AnyWorkflow,
    given: unknown,
    { path, runId, queue }: ChildOptions & { readonly path: (name: string) => string },
  ): { readonly runId: string; readonly result: Promise<JsonValue>; readonly cancel: () => void } {
    const { name, version, hash, bundle, accept } = this.resolve(workflow);
    const input = accept(given);
    const step = path(name);
    const id = runId ?? kernel.childId(step);
    const spec = { step, workflow: name, version, definition: hash, bundle, input, runId: id, queue };
    let cancel = (): void => undefined;
    const result = kernel.withScope({}, (inner) => {
      cancel = () => inner.scope.cancel("cancelled");
      return inner.child(spec).then(({ output }) => output);
    });
    return { runId: id, result, cancel: () => cancel() };
  }
}
