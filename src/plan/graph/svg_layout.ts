import { Graph, layout } from "@dagrejs/dagre";
import type { Flow, FlowEdge, FlowGroup, FlowNode } from "./flow.ts";

/** A point, in pixels from the upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle by its centre. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** A flow with a place for everything. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly { readonly node: FlowNode; readonly box: Box }[];
  readonly groups: readonly { readonly group: FlowGroup; readonly box: Box }[];
  readonly edges: readonly {
    readonly edge: FlowEdge;
    readonly points: readonly Point[];
    /** Centre of the label. */
    readonly label: Point | undefined;
  }[];
}

/** Width of a character of the fixed-width font, at 12 pixels. */
const CHARACTER = 7.25;

/** Height of a line of text. */
export const LINE_HEIGHT = 16;

const MARGIN = 16;

/** Places a flow from top to bottom. */
export function layOut(flow: Flow): Layout {
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 36, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, title } of flow.groups) graph.setNode(id, { width: textWidth(title), height: LINE_HEIGHT });
  for (const { id, lines } of flow.nodes) graph.setNode(id, sizeOf(lines));
  for (const { id, group } of [...flow.groups, ...flow.nodes]) if (group !== undefined) graph.setParent(id, group);
  flow.edges.forEach(({ from, to, label }, place) => {
    const size = label === undefined ? {} : { width: textWidth(label) + 8, height: LINE_HEIGHT, labelpos: "c" };
    graph.setEdge(from, to, size, String(place));
  });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as Partial<Box>;
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: flow.nodes.map((node) => ({ node, box: graph.node(node.id) as Box })),
    groups: flow.groups.map((group) => ({ group, box: graph.node(group.id) as Box })),
    edges: flow.edges.map((edge, place) => {
      const { points, x, y } = graph.edge(edge.from, edge.to, String(place)) as Partial<Point> & { points: Point[] };
      return { edge, points, label: x === undefined || y === undefined ? undefined : { x, y } };
    }),
  };
}

function sizeOf(lines: readonly string[]): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(60, ...lines.map(textWidth)) + 24,
    height: lines.length * LINE_HEIGHT + 14,
  };
}

function textWidth(text: string): number {
  return text.length * CHARACTER;
}
