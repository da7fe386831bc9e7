import type { Diagnostic, Issue } from "./base/diagnostics.ts";
import { MaestroError, toError } from "./base/errors.ts";
import { fileReason } from "./base/file_reason.ts";
import { canonicalJson, isJsonObject, type JsonValue } from "./base/json.ts";
import { folderOf, joinPath } from "./base/paths.ts";
import type { WorkflowDefinition } from "./engine/context.ts";
import type { ServiceTypes } from "./engine/message_type.ts";
import { preparePatterns } from "./expr/mod.ts";
import { checkTypes } from "./plan/check_types.ts";
import { type Environment, readsEnvironment } from "./plan/environment.ts";
import { interpretPlan } from "./plan/interpret.ts";
import type { DefinitionBundle, Plan } from "./plan/plan.ts";
import { sha256 } from "./runtime/digest.ts";
import { type CompiledWorkflow, compileWorkflow, type FileReference } from "./yaml/compile.ts";

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
  /** The serialised definition bundle. */
  readonly bundle: string;
  /** Hash of the bundle: what a run pins. */
  readonly hash: string;
  /** The file it came from; relative file names in it start at its folder. */
  readonly file: string;
  /**
   * What it reads from outside.
   * @internal
   */
  readonly environment: Environment;
  /**
   * The plan as the kernel runs it.
   * @internal
   */
  readonly definition: WorkflowDefinition;
}

/** What came of loading. */
export interface LoadResult {
  /** `undefined` where there is any error. */
  readonly workflow: LoadedWorkflow | undefined;
  /** Everything that was found, by place. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A workflow's text, and the path that it was read from. */
export interface WorkflowSource {
  /** The path; relative file names in the workflow start at its folder. */
  readonly file: string;
  /** The YAML. */
  readonly text: string;
}

/** What loading needs from around it. */
export interface LoadOptions {
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** Asks a live gRPC service for its types. Absent: only files are read. */
  readonly reflect?: ((plan: Plan, service: string) => Promise<ServiceTypes>) | undefined;
}

/** Reads, checks and compiles a workflow and the files that it names. Never throws for a bad document: diagnostics say everything. */
export async function loadWorkflow(source: WorkflowSource, options: LoadOptions): Promise<LoadResult> {
  await preparePatterns(source.text);
  const compiled = compileWorkflow(source.file, source.text);
  const { descriptors, issues } = await readDescriptors(compiled.files, folderOf(source.file), options.readFile);
  const { plan, draft } = compiled;
  if (draft !== undefined) {
    const types = await collectTypes(draft, descriptors, options, issues);
    issues.push(...await checkTlsFiles(draft, folderOf(source.file), options.readFile));
    issues.push(...checkTypes(draft, types));
  }
  const diagnostics = [...compiled.diagnostics, ...compiled.diagnose(issues)];
  const hasErrors = diagnostics.some(({ severity }) => severity === "error");
  if (plan === undefined || hasErrors) return { workflow: undefined, diagnostics };
  const bundle: DefinitionBundle = { format: 1, document: source.text, descriptors };
  const text = canonicalJson(bundle);
  const workflow: LoadedWorkflow = {
    plan,
    descriptors,
    bundle: text,
    hash: sha256(text),
    file: source.file,
    environment: readsEnvironment(plan),
    definition: interpretPlan(plan),
  };
  return { workflow, diagnostics };
}

async function readDescriptors(
  files: CompiledWorkflow["files"],
  folder: string,
  readFile: LoadOptions["readFile"],
): Promise<{ readonly descriptors: Record<string, string>; readonly issues: Issue[] }> {
  const descriptors: Record<string, string> = {};
  const issues: Issue[] = [];
  if (files.length === 0) return { descriptors, issues };
  const { base64Encode } = await import("@bufbuild/protobuf/wire");
  for (const [service, references] of Map.groupBy(files, (file) => file.service)) {
    const pathOf = (file: FileReference): string => joinPath(folder, file.file);
    const [first] = references;
    try {
      const bytes = first!.kind === "descriptor_set"
        ? await readFile(pathOf(first!))
        : await compileProto(references.map(pathOf), readFile);
      descriptors[service] = base64Encode(bytes);
    } catch (thrown) {
      issues.push(fileIssue(thrown, first!));
    }
  }
  return { descriptors, issues };
}

/** Reads the certificates and keys whose names are known: one that is not there must not be found only after other steps took effect. */
async function checkTlsFiles(plan: Plan, folder: string, readFile: LoadOptions["readFile"]): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  for (const service of plan.services.values()) {
    if (service.tls === undefined) continue;
    const path = [...service.origin, "tls"];
    for (const key of ["ca", "cert", "key"]) {
      const file = memberAt(plan.document, [...path, key]);
      if (typeof file !== "string" || file.includes("{{")) continue;
      const thrown = await readFile(joinPath(folder, file)).then(() => undefined, toError);
      if (thrown !== undefined) issues.push(fileIssue(thrown, { file, path: [...path, key] }));
    }
  }
  return issues;
}

function memberAt(value: JsonValue | undefined, path: Issue["path"]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, key) => isJsonObject(inner) ? inner[key] : undefined, value);
}

/** Loads the compiler of `.proto` files only where there are some: it takes milliseconds. */
async function compileProto(paths: readonly string[], readFile: LoadOptions["readFile"]): Promise<Uint8Array> {
  const { compileProtoFiles } = await import("./services/grpc/proto_files.ts");
  return await compileProtoFiles(paths, readFile);
}

function fileIssue(thrown: unknown, file: Pick<FileReference, "file" | "path">): Issue {
  const error = toError(thrown);
  return {
    severity: "error",
    code: MaestroError.is(error) ? error.code : "file_not_readable",
    message: MaestroError.is(error) ? error.message : `Cannot read "${file.file}": ${fileReason(error)}`,
    hint: MaestroError.is(error) ? error.hint : "file names are relative to the workflow",
    path: file.path,
  };
}

async function collectTypes(
  plan: Plan,
  descriptors: Readonly<Record<string, string>>,
  options: LoadOptions,
  issues: Issue[],
): Promise<ReadonlyMap<string, ServiceTypes>> {
  const types = new Map<string, ServiceTypes>();
  for (const service of plan.services.values()) {
    if (service.type !== "grpc") continue;
    const known = descriptors[service.name];
    if (known === undefined && options.reflect === undefined) continue;
    const { serviceTypes } = await import("./services/grpc/service_types.ts");
    const { base64Decode } = await import("@bufbuild/protobuf/wire");
    try {
      types.set(
        service.name,
        known === undefined ? await options.reflect!(plan, service.name) : serviceTypes(base64Decode(known)),
      );
    } catch (thrown) {
      const key = known === undefined ? "endpoint" : service.descriptorSet === undefined ? "proto" : "descriptor_set";
      issues.push({
        severity: "error",
        code: known === undefined ? "service_unreachable" : "bad_descriptors",
        message: `Service "${service.name}": ${toError(thrown).message}`,
        path: [...service.origin, key],
      });
    }
  }
  return types;
}
