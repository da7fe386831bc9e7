import type { JsonValue } from "../base/json.ts";
import type { WorkflowContext as Kernel } from "../engine/context.ts";
import type { ChildDefinition } from "./surroundings.ts";
import type { ChildOptions } from "./workflow_context.ts";

/** A child run that was started, without its types. */
export interface StartedChild {
  readonly runId: string;
  readonly result: Promise<JsonValue>;
  readonly cancel: () => void;
}

/** Starts a child in a scope of its own. @throws {MaestroError} `invalid_input`. */
export function startChild(
  kernel: Kernel,
  { name, version, hash, bundle, accept }: ChildDefinition,
  given: unknown,
  { step, runId, queue }: Pick<ChildOptions, "runId" | "queue"> & { readonly step: string },
): StartedChild {
  const id = runId ?? kernel.childId(step);
  const input = accept(given);
  const spec = { step, workflow: name, version, definition: hash, bundle, input, runId: id, queue };
  let cancel = (): void => undefined;
  const result = kernel.withScope({}, (inner) => {
    cancel = () => inner.scope.cancel("cancelled");
    return inner.child(spec).then(({ output }) => output);
  });
  return { runId: id, result, cancel: () => cancel() };
}
