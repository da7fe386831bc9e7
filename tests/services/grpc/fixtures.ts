import { readFile } from "node:fs/promises";
import type { handleUnaryCall, ServerUnaryCall } from "@grpc/grpc-js";
import type {
  AttemptResult,
  CallRequest,
  FailedAttempt,
  ServiceClient,
  ServiceConfig,
} from "../../../src/engine/service.ts";
import { callContext, type ContextOverrides } from "../../servers/call_context.ts";
import type { JsonValue } from "../../../src/base/json.ts";
import { createGrpcAdapter } from "../../../src/services/grpc/adapter.ts";
import { compileProtoFiles } from "../../../src/services/grpc/proto_files.ts";

/** Where the `.proto` files of the tests lie. */
export const PROTO_FOLDER: string = decodeURIComponent(new URL("../../fixtures/proto", import.meta.url).pathname);

/** Compiles `.proto` files of the fixtures. */
export function compileFixtures(...names: readonly string[]): Promise<Uint8Array> {
  return compileProtoFiles(names.map((name) => `${PROTO_FOLDER}/${name}`), (path) => readFile(path));
}

/** The configuration of a service with nothing but defaults. */
export function serviceConfig(endpoint: string, more: Partial<ServiceConfig> = {}): ServiceConfig {
  return {
    name: "shop",
    type: "grpc",
    endpoint,
    circuitBreaker: false,
    maxResponse: 10 * 1024 * 1024,
    idempotencyHeader: "Idempotency-Key",
    noEffectOn: [],
    ...more,
  };
}

/** Opens a client of the adapter under test. */
export function openClient(endpoint: string, more: Partial<ServiceConfig> = {}): ServiceClient {
  return createGrpcAdapter({ readFile: (path) => readFile(path) }).open(serviceConfig(endpoint, more));
}

/** Makes one call, keeping its limits of time as the engine does. */
export async function call(
  client: ServiceClient,
  method: string,
  input?: JsonValue,
  more: Partial<CallRequest> = {},
  overrides: ContextOverrides = {},
): Promise<AttemptResult> {
  const context = callContext(overrides);
  const limitMs = Math.min(context.attemptTimeoutMs, (context.deadline ?? Infinity) - Date.now());
  const timer = setTimeout(() => context.abort("timeout"), Math.max(0, Math.min(limitMs, 2 ** 31 - 1)));
  try {
    return await client.call({ method, headers: [], ...input === undefined ? {} : { input }, ...more }, context);
  } finally {
    clearTimeout(timer);
  }
}

/** The output of a call that has to go well. */
export async function output(result: Promise<AttemptResult>): Promise<JsonValue> {
  const settled = await result;
  if (!settled.ok) throw new Error(`${settled.failure.code}: ${settled.failure.message}`);
  return settled.output;
}

/** The failure of a call that has to fail. */
export async function failureOf(result: Promise<AttemptResult>): Promise<FailedAttempt> {
  const settled = await result;
  if (settled.ok) throw new Error(`It went well: ${JSON.stringify(settled.output)}`);
  return settled;
}

/** A unary handler that answers with what a function gives, or fails with what it throws. */
export function unary<Request>(
  answer: (request: Request, call: ServerUnaryCall<Request, unknown>) => unknown,
): handleUnaryCall<Request, unknown> {
  return async (call, reply) => {
    try {
      reply(null, await answer(call.request, call));
    } catch (error) {
      reply(error as Error);
    }
  };
}
