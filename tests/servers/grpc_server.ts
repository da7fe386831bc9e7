import {
  type DescMessage,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import {
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerOptions,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { toBuffer } from "../../src/runtime/buffer.ts";
import { readDescriptorSet } from "../../src/services/grpc/descriptors.ts";
import { addReflection, type ReflectionVersion } from "./grpc_reflection.ts";

/** A running server of a test. */
export interface GrpcTestServer {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly endpoint: string;
  readonly server: Server;
  /** Ends at once, cutting what is under way. */
  stop(): void;
}

/** What a server offers. */
export interface GrpcTestServerOptions {
  /** A FileDescriptorSet. */
  readonly descriptors: Uint8Array;
  /** grpc-js handlers by `pkg.Service/Method`; messages are JSON, as protobuf-es writes and reads it. */
  readonly handlers: Readonly<Record<string, UntypedHandleCall>>;
  /** @default ["v1"] */
  readonly reflection?: readonly ReflectionVersion[];
  /** Sees every stream of reflection first, and takes it over by giving `true`. */
  readonly interceptReflection?: Parameters<typeof addReflection>[3];
  /** @default plaintext */
  readonly credentials?: ServerCredentials;
  /** @default 0, a free one */
  readonly port?: number;
  readonly serverOptions?: ServerOptions;
  /** @default 127.0.0.1 with the port */
  readonly address?: string;
}

/** Starts a server on a free port of the loopback interface. */
export async function startGrpcServer(options: GrpcTestServerOptions): Promise<GrpcTestServer> {
  const { handlers, reflection = ["v1"], credentials = ServerCredentials.createInsecure(), port = 0 } = options;
  const registry = readDescriptorSet(options.descriptors);
  const server = new Server(options.serverOptions);
  for (const version of reflection) addReflection(server, version, () => registry, options.interceptReflection);
  for (const [name, handler] of Object.entries(handlers)) {
    const method = findMethod(registry, name);
    server.addService({ [name]: definition(method, registry) }, { [name]: handler });
  }
  const address = options.address ?? `127.0.0.1:${port}`;
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, value) => error === null ? resolve(value) : reject(error));
  });
  return { port: bound, endpoint: `127.0.0.1:${bound}`, server, stop: () => server.forceShutdown() };
}

function findMethod(registry: FileRegistry, name: string): DescMethod {
  const [service = "", method = ""] = name.split("/");
  const found = registry.getService(service)?.methods.find((one) => one.name === method);
  if (found === undefined) throw new Error(`The descriptors have no method ${name}`);
  return found;
}

function definition(method: DescMethod, registry: FileRegistry): MethodDefinition<unknown, unknown> {
  const encode = (desc: DescMessage) => (json: unknown) =>
    toBuffer(toBinary(desc, fromJson(desc, json as never, { registry })));
  const decode = (desc: DescMessage) => (bytes: Uint8Array) => toJson(desc, fromBinary(desc, bytes), { registry });
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: encode(method.input),
    requestDeserialize: decode(method.input),
    responseSerialize: encode(method.output),
    responseDeserialize: decode(method.output),
  };
}
