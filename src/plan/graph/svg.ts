import { type FlowEdge, type FlowNode, flowOf } from "./flow.ts";
import type { WorkflowGraph } from "./graph.ts";
import { type Box, type Layout, layOut, LINE_HEIGHT, type Point } from "./svg_layout.ts";

/** Draws a workflow as an SVG picture that fits light and dark pages and needs nothing beside it. */
export function drawSvg(graph: WorkflowGraph): string {
  const picture = layOut(flowOf(graph));
  const { width, height } = picture;
  const title = escapeXml(graph.title);
  return [
    `<svg class="maestro" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">' +
    '<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
    ...drawParts(picture),
    "</svg>",
    "",
  ].join("\n");
}

/** Every rule is bound to the picture, so that nothing else on a page that contains it changes. */
const STYLE = [
  ".maestro{--ink:#1f2328;--soft:#59636e;--line:#818b98;--box:#ffffff;--call:#ddf4ff;--undo:#fff1e5;--frame:#818b9822}",
  "@media (prefers-color-scheme:dark)" +
  "{.maestro{--ink:#f0f6fc;--soft:#9198a1;--line:#7d8590;--box:#21262d;--call:#0c2d6b;--undo:#4a2c12;--frame:#9198a11f}}",
  ".maestro text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--soft);text-anchor:middle}",
  ".maestro .title{fill:var(--ink);font-weight:600}.maestro .box{fill:var(--box);stroke:var(--line)}",
  ".maestro .call{fill:var(--call)}.maestro .undo{fill:var(--undo);stroke-dasharray:4 3}",
  ".maestro .frame{fill:var(--frame);stroke:var(--line);stroke-dasharray:2 3}.maestro .frame-title{text-anchor:start}",
  ".maestro .edge{fill:none;stroke:var(--line)}.maestro .dashed{stroke-dasharray:4 3}.maestro .tip{fill:var(--line)}",
  ".maestro .label{paint-order:stroke;stroke:var(--box);stroke-width:4px}",
].join("");

function drawParts({ groups, edges, nodes }: Layout): readonly string[] {
  return [
    ...groups.map(({ group, box }) =>
      `${rectangle(box, "frame", 8)}<text class="frame-title" x="${round(box.x - box.width / 2 + 8)}" y="${
        round(box.y - box.height / 2 + 14)
      }">${escapeXml(group.title)}</text>`
    ),
    ...edges.map(({ edge, points }) => drawEdge(edge, points)),
    ...nodes.map(({ node, box }) => drawNode(node, box)),
    ...edges.flatMap(({ edge: { label }, label: place }) =>
      label === undefined || place === undefined
        ? []
        : [`<text class="label" x="${round(place.x)}" y="${round(place.y + 4)}">${escapeXml(label)}</text>`]
    ),
  ];
}

const RADIUS: Readonly<Record<FlowNode["shape"], number>> = { end: 16, call: 6, block: 2, action: 10, undo: 6 };

function drawNode({ shape, lines }: FlowNode, box: Box): string {
  const top = box.y - (lines.length * LINE_HEIGHT) / 2 + 12;
  const text = lines.map((line, place) =>
    `<text${place === 0 ? ' class="title"' : ""} x="${round(box.x)}" y="${round(top + place * LINE_HEIGHT)}">${
      escapeXml(line)
    }</text>`
  );
  return rectangle(box, `box ${shape}`, RADIUS[shape]) + text.join("");
}

function rectangle({ x, y, width, height }: Box, className: string, radius: number): string {
  return `<rect class="${className}" x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${
    round(width)
  }" height="${round(height)}" rx="${radius}"/>`;
}

function drawEdge({ kind }: FlowEdge, points: readonly Point[]): string {
  const dashed = kind === "flow" ? "" : " dashed";
  return `<path class="edge${dashed}" d="${smooth(points)}" marker-end="url(#tip)"/>`;
}

/** A line through the middles of the stretches between points, bent at each point. */
function smooth(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let path = `M${round(first.x)} ${round(first.y)}`;
  rest.forEach((point, place) => {
    const next = rest[place + 1];
    path += next === undefined
      ? `L${round(point.x)} ${round(point.y)}`
      : `Q${round(point.x)} ${round(point.y)} ${round((point.x + next.x) / 2)} ${round((point.y + next.y) / 2)}`;
  });
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  // deno-lint-ignore no-control-regex
  const printable = text.replace(/[\u0000-\u001f\u007f]/g, " ");
  return printable.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
