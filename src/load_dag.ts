import { canonicalJson, type JsonObject } from "./base/json.ts";
import type { Dag } from "./dag/dag.ts";
import { interpretPlan } from "./plan/interpret.ts";
import type { LoadedWorkflow } from "./load_workflow.ts";
import type { LocalCall, RecordedCall } from "./plan/call_step.ts";
import type { ProgramBundle } from "./plan/plan.ts";
import { sha256 } from "./runtime/digest.ts";

/** Makes of a DAG what can be run. A run of it pins name and version, not code: that is the program's. */
export function loadDag<Input, Output>(dag: Dag<Input, Output>): LoadedWorkflow {
  const bundle = canonicalJson(
    { format: 1, program: { name: dag.name, version: dag.version } } satisfies ProgramBundle,
  );
  return {
    plan: dag.plan,
    descriptors: {},
    bundle,
    hash: sha256(bundle),
    file: "",
    environment: { env: [], secrets: [] },
    definition: interpretPlan(dag.plan, undefined, dag.names),
    children: new Map(),
    perform: ({ request, local }, facts, { context, log }) => {
      const { method, request: { input } } = request as unknown as RecordedCall;
      const { scope } = local as LocalCall;
      return dag.perform({ method, given: input as JsonObject, scope, facts, context, log });
    },
  };
}
