import type { MethodType } from "./engine/message_type.ts";
import type { LoadedWorkflow } from "./load_workflow.ts";

/** What is known of a method of a workflow's gRPC service by its descriptors; `undefined` where nothing is. */
export async function methodTypeOf(
  { plan, descriptors }: LoadedWorkflow,
  service: string,
  method: string,
): Promise<MethodType | undefined> {
  const known = descriptors[service];
  if (known === undefined) return undefined;
  const { serviceTypes } = await import("./services/grpc/service_types.ts");
  const { base64Decode } = await import("@bufbuild/protobuf/wire");
  const found = serviceTypes(base64Decode(known)).findMethod(method, plan.services.get(service)?.grpcService);
  return "problem" in found ? undefined : found;
}

/** Loads what calls of a workflow and of those that it starts need, so that nothing has to be waited for later. */
export async function loadAdapters({ plan, children }: LoadedWorkflow): Promise<void> {
  for (const { type } of plan.services.values()) {
    if (type === "http") await import("./services/http/adapter.ts");
    else if (type === "grpc") await import("./services/grpc/adapter.ts");
    else await import("./services/function/adapter.ts");
  }
  await import("./services/auth.ts");
  for (const child of children.values()) await loadAdapters(child);
}
