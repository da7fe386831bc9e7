import { parse } from "yaml";
import type { DocumentPath } from "./base/diagnostics.ts";
import type { LoadedWorkflow } from "./load_workflow.ts";
import { buildGraph } from "./plan/graph/build_graph.ts";

/** The forms in which a workflow can be drawn. */
export type PictureFormat = "mermaid" | "dot" | "svg" | "ascii";

/** Draws a workflow, loaded from `document`, as text of the given form; it ends with a line break. */
export async function drawWorkflow(
  { plan }: LoadedWorkflow,
  document: string,
  format: PictureFormat,
): Promise<string> {
  const graph = buildGraph(plan, documentReader(document));
  switch (format) {
    case "mermaid":
      return (await import("./plan/graph/mermaid.ts")).drawMermaid(graph);
    case "dot":
      return (await import("./plan/graph/dot.ts")).drawDot(graph);
    case "svg":
      return (await import("./plan/graph/svg.ts")).drawSvg(graph);
    case "ascii":
      return (await import("./plan/graph/ascii.ts")).drawAscii(graph);
  }
}

/** Reads expressions as they are written: a plan holds them compiled. */
function documentReader(text: string): (path: DocumentPath) => string | undefined {
  const document: unknown = parse(text, { merge: true, logLevel: "silent" });
  return (path) => {
    let value: unknown = document;
    for (const key of path) value = (value as Readonly<Record<string | number, unknown>> | null | undefined)?.[key];
    if (value === undefined || value === null) return undefined;
    return typeof value === "string" ? value : JSON.stringify(value);
  };
}
