/** Where a gRPC service is. */
export interface Target {
  /** The address as grpc-js wants it. */
  readonly address: string;
  /** Whether the endpoint itself asks for TLS (`https:`). */
  readonly isTls: boolean;
}

const WEB_ADDRESS = /^(https?):\/\/([^/?#]+)\/?$/i;
const HAS_PORT = /:\d+$/;

/**
 * Reads an endpoint: `host:port`, `[::1]:port`, `dns:///host:port`, `unix:/path`, or `http://` and `https://` with host and port.
 *
 * Throws an `Error` for a web address with a path, which gRPC has no use for.
 */
export function parseEndpoint(endpoint: string): Target {
  const trimmed = endpoint.trim();
  if (trimmed === "") throw new Error("the endpoint is empty");
  if (!/^https?:/i.test(trimmed)) return { address: trimmed, isTls: false };
  const [, scheme, authority] = WEB_ADDRESS.exec(trimmed) ?? [];
  if (scheme === undefined || authority === undefined) {
    throw new Error(`a gRPC endpoint is a host and a port, got "${trimmed}"`);
  }
  const isTls = scheme.toLowerCase() === "https";
  return { address: HAS_PORT.test(authority) ? authority : `${authority}:${isTls ? 443 : 80}`, isTls };
}
