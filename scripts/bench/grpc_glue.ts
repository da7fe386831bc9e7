import { create, type DescMethod, type DescService, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { toBuffer } from "../../src/runtime/buffer.ts";
import {
  type Answers,
  type AttemptOptions,
  CallError,
  type Inputs,
  type Method,
  type OrderClient,
} from "./order_glue.ts";

const CHANNELS = 5;

const RETRYABLE = new Set([
  status.UNAVAILABLE,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.UNKNOWN,
]);

/** A method with what grpc-js wants to know of it. */
interface Stub {
  readonly path: string;
  readonly encode: (message: never) => Buffer;
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly prepare: (input: unknown) => unknown;
}

/** Calls the services with grpc-js and protobuf-es over five channels in turn, as one writes it by hand. */
export class GrpcOrderClient implements OrderClient {
  readonly #clients: readonly Client[];
  readonly #stubs: ReadonlyMap<string, Stub>;
  #next = 0;

  constructor(endpoint: string, service: DescService) {
    this.#clients = Array.from({ length: CHANNELS }, () =>
      new Client(endpoint, credentials.createInsecure(), {
        // Without it all channels to one address share a connection.
        "grpc.use_local_subchannel_pool": 1,
        "grpc.service_config_disable_resolution": 1,
        "grpc.enable_channelz": 0,
      }));
    this.#stubs = new Map(service.methods.map((method) => [method.name, stubOf(method)]));
  }

  attempt<M extends Method>(method: M, input: Inputs[M], options: AttemptOptions): Promise<Answers[M]> {
    const { headers, timeoutMs, signal } = options;
    const stub = this.#stubs.get(method)!;
    const client = this.#clients[this.#next]!;
    this.#next = (this.#next + 1) % CHANNELS;
    const metadata = new Metadata();
    for (const name in headers) metadata.set(name, headers[name]!);
    return new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(
        stub.path,
        stub.encode as (message: unknown) => Buffer,
        stub.decode,
        stub.prepare(input),
        metadata,
        { deadline: Date.now() + timeoutMs },
        (error, answer) => {
          signal.removeEventListener("abort", abort);
          if (error === null) resolve(answer as Answers[M]);
          else reject(callError(error));
        },
      );
      const abort = (): void => call.cancel();
      signal.addEventListener("abort", abort);
    });
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

function stubOf({ name, parent, input, output }: DescMethod): Stub {
  return {
    path: `/${parent.typeName}/${name}`,
    prepare: (value) => create(input, value as never),
    encode: (message) => toBuffer(toBinary(input, message)),
    decode: (bytes) => fromBinary(output, bytes),
  };
}

function callError({ code, details }: ServiceError): CallError {
  return new CallError(status[code] ?? "UNKNOWN", details, RETRYABLE.has(code));
}
