import type { StepView } from "../plan/run_view.ts";
import type { Graph } from "./graph.ts";

/** Where a node of a run stands. */
export interface NodeState extends Pick<StepView, "status" | "attempts" | "error" | "startedAt" | "finishedAt"> {
  /** Why it was skipped: its condition did not hold, or a node that it waits for gives nothing. Null where it was not. */
  readonly reason: "condition" | "dependency" | null;
  /** The node that it was skipped for. */
  readonly dependency: string | null;
}

const UNTOUCHED = { attempts: 0, error: null, startedAt: null, finishedAt: null } as const;

const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "compensated", "compensation_failed", "cancelled"]);

/**
 * Tells of every node where it stands. One that the run never came to is `pending`, or, where the run has ended, `skipped` when a node
 * before it failed, and `cancelled` otherwise.
 */
export function nodeStates(
  graph: Graph,
  run: { readonly status: string; readonly steps: readonly StepView[] },
  pathOf: (node: string) => string,
): ReadonlyMap<string, NodeState> {
  const views = new Map(run.steps.map((step) => [step.id, step]));
  const states = new Map<string, NodeState>();
  const blocked = new Set<string>();
  const hasEnded = ENDED.has(run.status);
  for (const position of graph.order) {
    const { name, requires = [] } = graph.nodes[position]!;
    const blocker = graph.names[position]!.find((before) =>
      blocked.has(before) || (isFailed(states.get(before)!) && !graph.isForgiven(before))
    );
    if (blocker !== undefined) blocked.add(name);
    const dependency = blocker ??
      requires.find((before) => states.get(before)!.status === "skipped" || isFailed(states.get(before)!));
    states.set(name, stateOf(views.get(pathOf(name)), dependency, hasEnded));
  }
  return new Map(graph.nodes.map(({ name }) => [name, states.get(name)!]));
}

/** `dependency` is what keeps the node from running. */
function stateOf(view: StepView | undefined, dependency: string | undefined, hasEnded: boolean): NodeState {
  if (view !== undefined && view.status !== "skipped") {
    const { status, attempts, error, startedAt, finishedAt } = view;
    return { status, attempts, error, startedAt, finishedAt, reason: null, dependency: null };
  }
  if (view === undefined && !hasEnded) return { ...UNTOUCHED, status: "pending", reason: null, dependency: null };
  if (dependency !== undefined) return { ...UNTOUCHED, status: "skipped", reason: "dependency", dependency };
  if (view !== undefined) return { ...UNTOUCHED, status: "skipped", reason: "condition", dependency: null };
  return { ...UNTOUCHED, status: "cancelled", reason: null, dependency: null };
}

function isFailed({ status }: NodeState): boolean {
  return status === "failed" || status === "unknown";
}
