import type { Issue } from "./base/diagnostics.ts";
import { toError } from "./base/errors.ts";
import { fileReason } from "./base/file_reason.ts";
import { folderOf, joinPath } from "./base/paths.ts";
import { decodeUtf8 } from "./base/decode_utf8.ts";
import { findChildSteps } from "./plan/check_children.ts";
import type { Plan, WorkflowStep } from "./plan/plan.ts";

/** A workflow's text, and the path that it was read from. */
export interface WorkflowSource {
  /** The path; relative file names in the workflow start at its folder. */
  readonly file: string;
  /** The YAML. */
  readonly text: string;
}

/** What a workflow's children were found as. */
export interface ReadChildren {
  /** Those that could be read, by the name that steps give them, with the first of these steps. */
  readonly sources: ReadonlyMap<string, { readonly source: WorkflowSource; readonly step: WorkflowStep }>;
  readonly issues: readonly Issue[];
}

/**
 * Reads the workflows that the steps of a plan name.
 *
 * A name with a slash, or that ends as YAML files do, is a file; any other is that of a workflow, which stands in a file of the same
 * name in the same folder. `trail` are the files on the way here, this workflow's last: a child among them is a cycle.
 */
export async function readChildren(
  plan: Plan,
  trail: readonly string[],
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<ReadChildren> {
  const sources = new Map<string, { source: WorkflowSource; step: WorkflowStep }>();
  const issues: Issue[] = [];
  const folder = folderOf(trail.at(-1) ?? "");
  for (const [name, [first]] of Map.groupBy(findChildSteps(plan), ({ workflow }) => workflow)) {
    // An empty name has been reported by the check of the structure.
    if (name === "" || name.includes("{{")) continue;
    const found = await readFirst(childFiles(folder, name), readFile);
    if ("text" in found) {
      const start = trail.indexOf(found.file);
      if (start < 0) sources.set(name, { source: found, step: first! });
      else issues.push(cycle(first!, [...trail.slice(start), found.file]));
    } else issues.push(notFound(first!, found.tried));
  }
  return { sources, issues };
}

/** The files in which a child may stand, the likeliest first. They are all in one folder. */
export function childFiles(folder: string, name: string): readonly string[] {
  const files = isFileName(name) ? [name] : [`${name}.yaml`, `${name}.yml`];
  return files.map((file) => joinPath(folder, file));
}

/** Whether a step names a file rather than a workflow. */
export function isFileName(name: string): boolean {
  return name.includes("/") || /\.ya?ml$/.test(name);
}

interface Tried {
  readonly tried: readonly { readonly file: string; readonly reason: string }[];
}

async function readFirst(
  files: readonly string[],
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<WorkflowSource | Tried> {
  const tried: { file: string; reason: string }[] = [];
  for (const file of files) {
    try {
      return { file, text: decodeUtf8(await readFile(file)) };
    } catch (thrown) {
      tried.push({ file, reason: fileReason(toError(thrown)) });
    }
  }
  return { tried };
}

function notFound(step: WorkflowStep, tried: Tried["tried"]): Issue {
  const path = [...step.origin, "workflow"];
  const { workflow } = step;
  if (isFileName(workflow)) {
    const message = `Cannot read "${workflow}": ${tried[0]?.reason}`;
    const hint = "file names are relative to the workflow";
    return { severity: "error", code: "file_not_readable", message, hint, path };
  }
  const places = tried.map(({ file, reason }) => `"${file}" (${reason})`).join(" and ");
  return {
    severity: "error",
    code: "unknown_workflow",
    message: `There is no workflow "${workflow}": tried ${places}`,
    hint: `a file of another name is written with its ending, such as ${workflow}_v2.yaml`,
    path,
  };
}

function cycle(step: WorkflowStep, files: readonly string[]): Issue {
  return {
    severity: "error",
    code: "workflow_cycle",
    message: `Workflows start each other without end: ${files.join(" → ")}`,
    hint: "to do something again and again, use repeat or foreach",
    path: [...step.origin, "workflow"],
  };
}
