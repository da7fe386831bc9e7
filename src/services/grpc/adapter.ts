import type { ServiceAdapter } from "../../engine/service.ts";
import { GrpcClient } from "./client.ts";
import type { ReadFile } from "./credentials.ts";

/** What gRPC calls need from their surroundings. */
export interface GrpcAdapterOptions {
  /** Reads certificates and keys. */
  readonly readFile: ReadFile;
  /**
   * The wall clock that deadlines are compared with.
   *
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

/** Makes the adapter for services of `type: grpc`. */
export function createGrpcAdapter(options: GrpcAdapterOptions): ServiceAdapter {
  const { readFile, now = Date.now } = options;
  return { open: (config) => new GrpcClient(config, { readFile, now }) };
}
