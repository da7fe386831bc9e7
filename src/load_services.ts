import type { Issue } from "./base/diagnostics.ts";
import { MaestroError, toError } from "./base/errors.ts";
import { fileReason } from "./base/file_reason.ts";
import { isJsonObject, type JsonValue } from "./base/json.ts";
import { joinPath } from "./base/paths.ts";
import type { ServiceTypes } from "./engine/message_type.ts";
import type { Plan } from "./plan/plan.ts";
import type { CompiledWorkflow, FileReference } from "./yaml/compile.ts";

/** What reading files and asking services needs. */
export interface ServiceSources {
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** Asks a live gRPC service for its types; `file` is the one that the service stands in. Absent: only files are read. */
  readonly reflect?: ((plan: Plan, service: string, file: string) => Promise<ServiceTypes>) | undefined;
}

/** Reads or compiles the descriptors of services: descriptor sets in base64 by service name. Files that cannot be used are issues. */
export async function readDescriptors(
  files: CompiledWorkflow["files"],
  folder: string,
  readFile: ServiceSources["readFile"],
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
export async function checkTlsFiles(
  plan: Plan,
  folder: string,
  readFile: ServiceSources["readFile"],
): Promise<readonly Issue[]> {
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
async function compileProto(paths: readonly string[], readFile: ServiceSources["readFile"]): Promise<Uint8Array> {
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

/** Collects what is known of the methods of a plan's gRPC services, from descriptors or, where it is given, by `reflect`. */
export async function collectTypes(
  plan: Plan,
  descriptors: Readonly<Record<string, string>>,
  file: string,
  options: ServiceSources,
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
        known === undefined ? await options.reflect!(plan, service.name, file) : serviceTypes(base64Decode(known)),
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
