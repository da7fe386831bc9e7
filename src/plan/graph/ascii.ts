import type { GraphBranch, GraphStep, WorkflowGraph } from "./graph.ts";

/** Draws a workflow as a tree for the terminal. */
export function drawAscii(graph: WorkflowGraph): string {
  const out = [graph.title];
  const items = graph.steps.map((step): Item => ({ kind: "step", step }));
  if (graph.finally.length > 0) items.push({ kind: "list", title: "finally", steps: graph.finally });
  drawItems(out, items, "");
  return `${out.join("\n")}\n`;
}

/** What stands under a node of the tree. */
type Item =
  | { readonly kind: "step"; readonly step: GraphStep; readonly after?: readonly string[] }
  | { readonly kind: "list"; readonly title: string; readonly steps: readonly GraphStep[] };

function drawItems(out: string[], items: readonly Item[], indent: string): void {
  items.forEach((item, place) => {
    const isLast = place === items.length - 1;
    const head = `${indent}${isLast ? "└─ " : "├─ "}`;
    const below = `${indent}${isLast ? "   " : "│  "}`;
    if (item.kind === "step") return drawStep(out, item, head, below);
    out.push(`${head}${item.title}`);
    drawItems(out, item.steps.map((step) => ({ kind: "step", step })), below);
  });
}

function drawStep(out: string[], { step, after = [] }: Item & { kind: "step" }, head: string, below: string): void {
  out.push(`${head}${step.id}  ${step.text}`);
  const inner = itemsOf(step);
  const bar = inner.length > 0 ? "│  " : "   ";
  const notes = after.length > 0 ? [...step.notes, `after ${after.join(", ")}`] : step.notes;
  for (const note of notes) out.push(`${below}${bar}${note}`);
  if (step.undo !== undefined) out.push(`${below}${bar}undo: ${step.undo}`);
  drawItems(out, inner, below);
}

function itemsOf({ branches, onError }: GraphStep): readonly Item[] {
  const items = branches.flatMap((branch) => branchItems(branch, branches));
  return onError.length === 0 ? items : [...items, { kind: "list", title: "on error", steps: onError }];
}

function branchItems({ label, steps, after }: GraphBranch, all: readonly GraphBranch[]): readonly Item[] {
  if (label !== undefined) return [{ kind: "list", title: label === "otherwise" ? label : `if ${label}`, steps }];
  const earlier = after.map((place) => all[place]?.steps[0]?.id ?? "");
  return steps.map((step) => ({ kind: "step", step, after: earlier }));
}
