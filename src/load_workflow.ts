import type { Diagnostic, Issue } from "./base/diagnostics.ts";
import { MaestroError } from "./base/errors.ts";
import { canonicalJson, type JsonValue } from "./base/json.ts";
import { folderOf, joinPath } from "./base/paths.ts";
import type { Program } from "./code/perform_work.ts";
import type { StepSpec, WorkflowDefinition } from "./engine/context.ts";
import type { CallContext } from "./engine/service.ts";
import { preparePatterns } from "./expr/mod.ts";
import { childFiles, isFileName, readChildren, type WorkflowSource } from "./load_children.ts";
import { checkTlsFiles, collectTypes, readDescriptors, type ServiceSources } from "./load_services.ts";
import { checkChildren } from "./plan/check_children.ts";
import { checkTypes } from "./plan/check_types.ts";
import { type Environment, joinEnvironments, readsEnvironment } from "./plan/environment.ts";
import { interpretPlan } from "./plan/interpret.ts";
import type { DefinitionBundle, Plan, ProgramBundle, WorkflowStep } from "./plan/plan.ts";
import { sha256 } from "./runtime/digest.ts";
import type { Startable } from "./plan/startable.ts";
import { compileWorkflow } from "./yaml/compile.ts";
import { sortDiagnostics } from "./yaml/diagnostics.ts";

export type { WorkflowSource };

/** Does what a step asks for whose work is code of the program. May throw, or give a promise. */
export type ProgramWork = (
  step: Pick<StepSpec, "request" | "local">,
  facts: CallContext,
  program: Program,
) => unknown;

/** A workflow that is ready to run. Immutable; may be started any number of times, at the same time too. */
export interface LoadedWorkflow {
  /**
   * The form that is walked.
   * @internal
   */
  readonly plan: Plan;
  /**
   * Descriptor sets by service.
   * @internal
   */
  readonly descriptors: DefinitionBundle["descriptors"];
  /** Never there: a document says nothing of the types of its input and output. */
  readonly types?: Startable<JsonValue, JsonValue>["types"];
  /** The serialised definition bundle. */
  readonly bundle: string;
  /** Hash of the bundle: what a run pins. */
  readonly hash: string;
  /** The file it came from; relative file names in it start at its folder. */
  readonly file: string;
  /**
   * What it reads from outside, the workflows that it starts included.
   * @internal
   */
  readonly environment: Environment;
  /**
   * The plan as the kernel runs it.
   * @internal
   */
  readonly definition: WorkflowDefinition;
  /**
   * The workflows that it starts, by the names that its steps give them.
   * @internal
   */
  readonly children: ReadonlyMap<string, LoadedWorkflow>;
  /**
   * What its calls do, where they are code of the program.
   * @internal
   */
  readonly perform?: ProgramWork | undefined;
  /**
   * The document whose services its code calls.
   * @internal
   */
  readonly services?: LoadedWorkflow | undefined;
  /**
   * Whether it is code, which takes any input and nobody but itself can tell what it waits for.
   * @internal
   */
  readonly isCode?: boolean | undefined;
}

/** What came of loading. */
export interface LoadResult {
  /** `undefined` where there is any error. */
  readonly workflow: LoadedWorkflow | undefined;
  /** Everything that was found, by file and place: of the workflows that it starts only what is an error. */
  readonly diagnostics: readonly Diagnostic[];
  /** The documents that were read: its own first, then those of the workflows that it starts. */
  readonly sources: readonly WorkflowSource[];
}

/** What loading needs from around it. */
export type LoadOptions = ServiceSources;

/** Reads, checks and compiles a workflow, the files that it names and the workflows that it starts. Never throws for a bad document: diagnostics say everything. */
export async function loadWorkflow(source: WorkflowSource, options: LoadOptions): Promise<LoadResult> {
  const loader: Loader = { options, loaded: new Map() };
  const file = joinPath("", source.file);
  const result = await loadDocument(source, [file], loader);
  const sources = [source, ...[...loader.loaded.values()].map((child) => child.source)];
  return { workflow: result.workflow, diagnostics: sortDiagnostics(result.diagnostics), sources };
}

/**
 * Rebuilds a workflow from its serialised bundle, with the same hash and without reading any file.
 *
 * `file` is where it came from: relative names of certificates and keys start at its folder.
 *
 * @throws {MaestroError} `invalid_workflow` where this version of Maestro cannot run it.
 */
export async function loadBundle(bundle: string, { file }: Pick<LoadedWorkflow, "file">): Promise<LoadedWorkflow> {
  const parsed = JSON.parse(bundle) as DefinitionBundle | ProgramBundle;
  if ("program" in parsed) throw notRegistered(parsed);
  const { format, document, descriptors, workflows = {} } = parsed;
  if (format !== FORMAT) {
    throw new MaestroError(
      "invalid_workflow",
      `The definition is of format ${format}, and this version knows ${FORMAT}`,
      {
        hint: "use the version of Maestro that started the run, or a newer one",
      },
    );
  }
  await preparePatterns(document);
  const { plan, diagnostics } = compileWorkflow(file, document);
  if (plan === undefined) {
    const problem = diagnostics.find(({ severity }) => severity === "error")?.message ?? "";
    throw new MaestroError("invalid_workflow", `The definition that the run was started with has an error: ${problem}`);
  }
  const children = new Map<string, LoadedWorkflow>();
  for (const [name, child] of Object.entries(workflows)) {
    const [place = ""] = childFiles(folderOf(file), name);
    children.set(name, await loadBundle(canonicalJson(child), { file: place }));
  }
  return assemble({ plan, descriptors, file, children }, bundle);
}

function notRegistered({ program: { name, version } }: ProgramBundle): MaestroError {
  return new MaestroError(
    "invalid_workflow",
    `Workflow "${name}", version "${version}", is code of a program, and this process has not registered it`,
    { hint: "resume the run in that program, once it has called register()" },
  );
}

/**
 * What a workflow and those that it starts read from outside.
 *
 * What only the endpoints of the services in `replaced` read is left out: something else stands in their place.
 */
export function environmentOf(
  { plan, children }: Pick<LoadedWorkflow, "plan" | "children">,
  replaced: Readonly<Record<string, string>> = {},
): Environment {
  return joinEnvironments([
    readsEnvironment(plan, replaced),
    ...[...children.values()].map((child) => environmentOf(child, replaced)),
  ]);
}

/** Version of the plan's semantics. */
const FORMAT = 1;

/** What all documents of one loading share. */
interface Loader {
  readonly options: LoadOptions;
  /** Children that have been loaded, by file. */
  readonly loaded: Map<string, LoadedDocument>;
}

interface LoadedDocument {
  readonly source: WorkflowSource;
  readonly workflow: LoadedWorkflow | undefined;
  /** The name that the document gives itself. */
  readonly name: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** `trail` are the files on the way here, this one last. */
async function loadDocument(source: WorkflowSource, trail: readonly string[], loader: Loader): Promise<LoadedDocument> {
  const { readFile } = loader.options;
  await preparePatterns(source.text);
  const compiled = compileWorkflow(source.file, source.text);
  const { descriptors, issues } = await readDescriptors(compiled.files, folderOf(source.file), readFile);
  const { plan, draft } = compiled;
  const children = new Map<string, LoadedWorkflow>();
  const ofChildren: Diagnostic[] = [];
  if (draft !== undefined) {
    const types = await collectTypes(draft, descriptors, source.file, loader.options, issues);
    issues.push(...await checkTlsFiles(draft, folderOf(source.file), readFile));
    issues.push(...checkTypes(draft, types));
    ofChildren.push(...await loadChildren({ plan: draft, trail, children, issues }, loader));
    issues.push(...checkChildren(draft, children));
  }
  const diagnostics = [...compiled.diagnostics, ...compiled.diagnose(issues), ...ofChildren];
  const isSound = plan !== undefined && diagnostics.every(({ severity }) => severity !== "error");
  const workflow = isSound ? bundleUp({ plan, descriptors, file: source.file, children }, source.text) : undefined;
  return { source, workflow, name: draft?.name, diagnostics };
}

/** Loads what the steps of a plan start into `children`; gives the errors in those documents. */
async function loadChildren(
  { plan, trail, children, issues }: {
    readonly plan: Plan;
    readonly trail: readonly string[];
    readonly children: Map<string, LoadedWorkflow>;
    readonly issues: Issue[];
  },
  loader: Loader,
): Promise<readonly Diagnostic[]> {
  const errors: Diagnostic[] = [];
  const read = await readChildren(plan, trail, loader.options.readFile);
  issues.push(...read.issues);
  for (const [name, { source, step }] of read.sources) {
    let child = loader.loaded.get(source.file);
    if (child === undefined) {
      child = await loadDocument(source, [...trail, source.file], loader);
      loader.loaded.set(source.file, child);
    }
    errors.push(...child.diagnostics.filter(({ severity }) => severity === "error"));
    if (child.workflow !== undefined) children.set(name, child.workflow);
    if (child.name !== undefined && !isFileName(name) && child.name !== name) {
      issues.push(otherName(step, source.file, child.name));
    }
  }
  return errors;
}

function otherName({ workflow, origin }: WorkflowStep, file: string, name: string): Issue {
  return {
    severity: "error",
    code: "unknown_workflow",
    message: `There is no workflow "${workflow}": "${file}" holds the workflow "${name}"`,
    hint: `write "workflow: ${file.slice(file.lastIndexOf("/") + 1)}" if that is the one`,
    path: [...origin, "workflow"],
  };
}

type Parts = Pick<LoadedWorkflow, "plan" | "descriptors" | "file" | "children">;

function bundleUp(parts: Parts, document: string): LoadedWorkflow {
  const { descriptors, children } = parts;
  const workflows = Object.fromEntries([...children].map(([name, { bundle }]) => [name, JSON.parse(bundle)]));
  const bundle: DefinitionBundle = { format: FORMAT, document, descriptors };
  return assemble(parts, canonicalJson(children.size === 0 ? bundle : { ...bundle, workflows }));
}

function assemble(parts: Parts, bundle: string): LoadedWorkflow {
  const { plan, children } = parts;
  return {
    ...parts,
    bundle,
    hash: sha256(bundle),
    environment: environmentOf(parts),
    definition: interpretPlan(plan, children),
  };
}
