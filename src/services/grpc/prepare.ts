import { didYouMean, truncate } from "../../base/text.ts";
import type { MethodLookupProblem } from "../../engine/message_type.ts";
import type { CallRequest, FailedAttempt, ServiceConfig } from "../../engine/service.ts";
import { expected, locate } from "./bad_value.ts";
import type { Method } from "./methods.ts";
import { refused } from "./outcome.ts";
import type { Schema } from "./schema.ts";

/** Largest message that is sent, in bytes. */
const MAX_REQUEST = 10 * 1024 * 1024;

/** A method with its messages encoded. */
export interface PreparedCall {
  readonly method: Method;
  readonly messages: readonly Uint8Array[];
}

/** Finds the method of a request and encodes its input; what does not fit is an attempt that failed with nothing sent. */
export function prepareCall(schema: Schema, request: CallRequest, config: ServiceConfig): PreparedCall | FailedAttempt {
  const method = schema.methods.prepare(request.method, config.grpcService);
  if ("problem" in method) return refused("no_such_method", describeProblem(method, request.method, config.name));
  try {
    const messages = encode(method, request);
    if (!messages.some((message) => message.length > MAX_REQUEST)) return { method, messages };
    return refused("bad_input", "input: the message is larger than 10 MiB");
  } catch (thrown) {
    return refused("bad_input", locate(thrown).describe("input"));
  }
}

function encode(method: Method, { input }: CallRequest): readonly Uint8Array[] {
  if (!method.clientStreaming) return [method.encode(input ?? null)];
  if (!Array.isArray(input)) throw expected("a list, whose items feed the client stream", input);
  return input.map((item, index) => {
    try {
      return method.encode(item);
    } catch (thrown) {
      throw locate(thrown, index);
    }
  });
}

function describeProblem({ problem, candidates }: MethodLookupProblem, method: string, service: string): string {
  if (problem === "ambiguous") {
    return `Method "${method}" is ambiguous in service "${service}": ${candidates.join(", ")}; ` +
      'give its full name or "grpc_service:"';
  }
  const bare = method.slice(method.lastIndexOf("/") + 1);
  const isFull = method.includes("/");
  const names = isFull ? candidates : [...new Set(candidates.map((name) => name.slice(name.lastIndexOf("/") + 1)))];
  const moved = candidates.find((name) => name.endsWith(`/${bare}`));
  const hint = isFull && moved !== undefined ? `did you mean "${moved}"?` : didYouMean(method, names);
  const known = hint ?? (candidates.length === 0 ? "it has no methods" : `it has ${truncate(names.join(", "), 200)}`);
  return `Service "${service}" has no method "${method}"; ${known}`;
}
