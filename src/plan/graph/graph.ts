/**
 * A workflow as people draw it: a tree of steps, free of everything that only a run needs.
 *
 * The tree is what text shows; `flowOf` turns it into boxes and arrows.
 */
export interface WorkflowGraph {
  readonly name: string;
  /** The name, and its version where it has one. */
  readonly title: string;
  readonly steps: readonly GraphStep[];
  readonly finally: readonly GraphStep[];
}

/** One step of the tree. */
export interface GraphStep {
  readonly id: string;
  /** `call`, `parallel`, … as in the plan. */
  readonly kind: string;
  /** What it does in a few words: `auth CreateUser`, `foreach {{ .input.items }}`. */
  readonly text: string;
  /** What is worth knowing besides: condition, retries, limits; one a line. */
  readonly notes: readonly string[];
  /** The call that undoes it. */
  readonly undo: string | undefined;
  /** What is inside; empty for a step that is no block. */
  readonly branches: readonly GraphBranch[];
  /** The steps that handle its error. */
  readonly onError: readonly GraphStep[];
}

/** Steps that run one after the other inside a block. */
export interface GraphBranch {
  /** When this branch is taken. */
  readonly label: string | undefined;
  readonly steps: readonly GraphStep[];
  /** Places, among the block's branches, of those that must be done before this one begins. */
  readonly after: readonly number[];
}
