import type { ServiceAdapter } from "../../engine/service.ts";
import type { Authorizer } from "../auth.ts";
import { GrpcClient } from "./client.ts";
import type { ReadFile } from "./credentials.ts";

/** What gRPC calls need from their surroundings. */
export interface GrpcAdapterOptions {
  /** Reads certificates and keys, at the first call that needs them. */
  readonly readFile: ReadFile;
  /** Carries out the `auth` of services; without it such a call is refused. */
  readonly authorizer?: Authorizer | undefined;
  /**
   * The wall clock that deadlines are compared with.
   *
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

/**
 * Makes the adapter for services of `type: grpc`.
 *
 * Its clients watch the signal of a call and tell the server the deadline; to abort the signal when the time is over is
 * up to the caller. Nothing is sent twice, except what surely no server has looked at: grpc-js sends again by itself when
 * a connection closed before the request was written, or a server refused the stream.
 */
export function createGrpcAdapter(options: GrpcAdapterOptions): ServiceAdapter {
  const { readFile, authorizer, now = Date.now } = options;
  return { open: (config) => new GrpcClient(config, { readFile, authorizer, now }) };
}
