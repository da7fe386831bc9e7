import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonValue } from "../../src/base/json.ts";
import { createMaestro, type Maestro } from "../../src/maestro.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { loadText } from "./rival.ts";

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

/** Opens a store that runs trees, so many at a time. The workflows are documents in a folder of their own. */
export async function openTree(
  runtime: Runtime,
  url: string,
  { shape, folder }: { readonly shape: TreeShape; readonly folder: string },
): Promise<{ readonly run: (runs: number) => Promise<void>; readonly close: () => Promise<void> }> {
  const answer = (input: JsonValue): string => "x".repeat((input as { readonly size: number }).size);
  const maestro = createMaestro({ runtime, storage: await openStorage(url), functions: { local: { answer } } });
  const runTree = await load(maestro, shape, folder);
  return {
    async run(runs) {
      await Promise.all(Array.from({ length: runs }, runTree));
    },
    close: () => maestro.close(),
  };
}

async function load(maestro: Maestro, shape: TreeShape, folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const file = (level: number): string => join(folder, `${nameOf(level, shape)}.yaml`);
  for (let level = 0; level <= shape.depth + 1; level++) await writeFile(file(level), document(level, shape));
  const root = await loadText(maestro, document(0, shape), file(0));
  return async () => {
    const { status, error } = await (await maestro.start(root, { input: {} })).result();
    if (status !== "completed") throw new Error(`A tree ended ${status}: ${error?.message}`);
  };
}

function nameOf(level: number, { depth }: TreeShape): string {
  return level > depth ? "leaf" : `branch_${level}`;
}

/** The workflow of a level, counted from the root: what is below it side by side. */
function document(level: number, shape: TreeShape): string {
  const { fanOut, depth, leafFanOut, activities, resultSize } = shape;
  const steps = level > depth
    ? repeated(activities, `{ service: local, method: answer, input: { size: ${resultSize} } }`)
    : repeated(level === depth ? leafFanOut : fanOut, `workflow: ${nameOf(level + 1, shape)}`);
  const services = level > depth ? "services:\n  local: { type: function, endpoint: here }\n" : "";
  return `name: ${nameOf(level, shape)}
version: "1"
${services}steps:
  - parallel:
${steps.map((step) => `      - ${step}`).join("\n")}
`;
}

function repeated(count: number, step: string): readonly string[] {
  return Array.from({ length: count }, () => step);
}
