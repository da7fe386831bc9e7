import { type Flow, type FlowEdge, type FlowNode, flowOf } from "./flow.ts";
import type { WorkflowGraph } from "./graph.ts";

/** Draws a workflow in Graphviz's language. */
export function drawDot(graph: WorkflowGraph): string {
  const flow = flowOf(graph);
  const out = [
    `digraph ${quote(graph.name)} {`,
    '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...drawGroup(flow, undefined, 1),
    ...flow.edges.map((edge) => `  ${edge.from} -> ${edge.to}${edgeAttributes(edge)};`),
    "}",
  ];
  return `${out.join("\n")}\n`;
}

function drawGroup(flow: Flow, group: string | undefined, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const out = flow.nodes.filter((node) => node.group === group).map((node) => `${indent}${drawNode(node)};`);
  for (const { id, title } of flow.groups.filter((inner) => inner.group === group)) {
    out.push(
      `${indent}subgraph cluster_${id} {`,
      `${indent}  label=${quote(title)}; style="rounded,dashed"; fontname="sans-serif"; fontsize=10;`,
      ...drawGroup(flow, id, depth + 1),
      `${indent}}`,
    );
  }
  return out;
}

const SHAPES: Readonly<Record<FlowNode["shape"], string>> = {
  end: ", shape=oval",
  call: "",
  block: ", shape=hexagon, style=solid",
  action: ", style=solid",
  undo: ', style="rounded,dashed"',
};

function drawNode({ id, shape, lines }: FlowNode): string {
  return `${id} [label=${quote(lines.join("\n"))}${SHAPES[shape]}]`;
}

function edgeAttributes({ kind, label }: FlowEdge): string {
  const attributes = label === undefined ? [] : [`label=${quote(label)}`];
  if (kind !== "flow") attributes.push("style=dashed");
  if (kind === "undo") attributes.push("arrowhead=open");
  return attributes.length === 0 ? "" : ` [${attributes.join(", ")}]`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
