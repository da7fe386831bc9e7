import { type Flow, type FlowEdge, type FlowNode, flowOf } from "./flow.ts";
import type { WorkflowGraph } from "./graph.ts";

/** Draws a workflow as a Mermaid flowchart, as README files and wikis show it. */
export function drawMermaid(graph: WorkflowGraph): string {
  const flow = flowOf(graph);
  const out = ["flowchart TD", ...drawGroup(flow, undefined, 1)];
  for (const edge of flow.edges) out.push(`  ${edge.from} ${arrow(edge)} ${edge.to}`);
  out.push("  classDef undo stroke-dasharray: 4 3", "  classDef block font-style: italic");
  for (const shape of ["undo", "block"] as const) {
    const ids = flow.nodes.filter((node) => node.shape === shape).map(({ id }) => id);
    if (ids.length > 0) out.push(`  class ${ids.join(",")} ${shape}`);
  }
  return `${out.join("\n")}\n`;
}

function drawGroup(flow: Flow, group: string | undefined, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const out = flow.nodes.filter((node) => node.group === group).map((node) => `${indent}${drawNode(node)}`);
  for (const { id, title } of flow.groups.filter((inner) => inner.group === group)) {
    out.push(`${indent}subgraph ${id}[${quote(title)}]`, ...drawGroup(flow, id, depth + 1), `${indent}end`);
  }
  return out;
}

function drawNode({ id, shape, lines }: FlowNode): string {
  const label = quote(lines.join("\n"));
  switch (shape) {
    case "end":
      return `${id}([${label}])`;
    case "block":
      return `${id}{{${label}}}`;
    case "action":
      return `${id}(${label})`;
    default:
      return `${id}[${label}]`;
  }
}

function arrow({ kind, label }: FlowEdge): string {
  const line = kind === "flow" ? "-->" : "-.->";
  return label === undefined ? line : `${line}|${quote(label)}|`;
}

/** Everything that could end the label or mean something inside it is written as a character code. */
function quote(text: string): string {
  const escaped = text.replace(/["#&<>`%\\|]/g, (character) => `#${character.charCodeAt(0)};`);
  return `"${escaped.replaceAll("\n", "<br/>")}"`;
}
