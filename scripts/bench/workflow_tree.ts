import { activity } from "../../src/code/activity.ts";
import { type Workflow, workflow } from "../../src/code/workflow.ts";
import { createMaestro } from "../../src/maestro.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { openStorage } from "../../src/storage/open_storage.ts";

/** How large a tree of workflows is. */
export interface TreeShape {
  /** Branches below the root, and below each of them but the last. */
  readonly fanOut: number;
  /** Levels of branches below the root. */
  readonly depth: number;
  /** Leaves below each branch of the last level. */
  readonly leafFanOut: number;
  /** Calls of a leaf. */
  readonly activities: number;
  /** Characters that each call gives. */
  readonly resultSize: number;
}

/** Workflows of a tree, root and leaves included. */
export function workflowsOf({ fanOut, depth, leafFanOut }: TreeShape): number {
  let workflows = 1;
  for (let level = 1; level <= depth; level++) workflows += fanOut ** level;
  return workflows + fanOut ** depth * leafFanOut;
}

/** Gives a text of a size. */
const answer = activity("answer", (size: number) => "x".repeat(size));

/** Runs its activities side by side. */
const leaf = workflow("leaf", { version: "1" }, async (ctx, tree: TreeShape) => {
  await Promise.all(Array.from({ length: tree.activities }, () => ctx.run(answer, tree.resultSize)));
});

/** Runs the workflows below it side by side: branches, and leaves below the last of them. */
const branch: Workflow<TreeShape, null> = workflow(
  "branch",
  { version: "1", children: [leaf] },
  async (ctx, tree: TreeShape) => {
    const isLast = tree.depth === 0;
    const below = { ...tree, depth: tree.depth - 1 };
    const width = isLast ? tree.leafFanOut : tree.fanOut;
    await Promise.all(Array.from({ length: width }, () => ctx.child(isLast ? leaf : branch, below)));
  },
);

/** A store that runs trees. */
export interface TreeStore {
  /** Runs so many trees, all at a time. */
  run(runs: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a store and an engine that runs trees in it. */
export async function openTrees(runtime: Runtime, url: string, shape: TreeShape): Promise<TreeStore> {
  const maestro = createMaestro({ runtime, storage: await openStorage(url) });
  const runTree = async (): Promise<void> => {
    const { status, error } = await (await maestro.start(branch, { input: shape })).result();
    if (status !== "completed") throw new Error(`A tree ended ${status}: ${error?.message}`);
  };
  return {
    async run(runs) {
      await Promise.all(Array.from({ length: runs }, runTree));
    },
    close: () => maestro.close(),
  };
}
