import type { DocumentPath } from "../../base/diagnostics.ts";
import { createMaestro } from "../../maestro.ts";
import { buildGraph } from "../../plan/graph/build_graph.ts";
import type { WorkflowGraph } from "../../plan/graph/graph.ts";
import type { Cli } from "../cli.ts";
import { loadValid, readSource, readValues } from "../load.ts";

/** Flags of `graph`. */
export type GraphFlags = {
  readonly format: "mermaid" | "dot" | "svg" | "ascii" | undefined;
};

/** Draws a workflow. */
export async function graph(cli: Cli, { format = "ascii" }: GraphFlags, file: string): Promise<number> {
  const maestro = createMaestro({ runtime: await cli.host.runtime(), ...await readValues(cli, {}) });
  try {
    const source = await readSource(cli, file);
    const { plan } = await loadValid(cli, maestro, source, true);
    cli.host.stdout.write(await draw(buildGraph(plan, await documentReader(source.text)), format));
    return 0;
  } finally {
    await maestro.close();
  }
}

async function draw(picture: WorkflowGraph, format: NonNullable<GraphFlags["format"]>): Promise<string> {
  switch (format) {
    case "mermaid":
      return (await import("../../plan/graph/mermaid.ts")).drawMermaid(picture);
    case "dot":
      return (await import("../../plan/graph/dot.ts")).drawDot(picture);
    case "svg":
      return (await import("../../plan/graph/svg.ts")).drawSvg(picture);
    case "ascii":
      return (await import("../../plan/graph/ascii.ts")).drawAscii(picture);
  }
}

/** Reads conditions as they are written: a plan holds them compiled. */
async function documentReader(text: string): Promise<(path: DocumentPath) => string | undefined> {
  const { parse } = await import("yaml");
  const document: unknown = parse(text, { merge: true, logLevel: "silent" });
  return (path) => {
    let value: unknown = document;
    for (const key of path) value = (value as Record<string | number, unknown> | null | undefined)?.[key];
    return value === undefined || value === null
      ? undefined
      : typeof value === "string"
      ? value
      : JSON.stringify(value);
  };
}
