/** Where a gRPC service is. */
export interface Target {
  /** The address as grpc-js wants it. */
  readonly address: string;
  /** The host by itself, which a certificate has to name. */
  readonly host: string;
  /** Whether the endpoint itself asks for TLS (`https:`). */
  readonly isTls: boolean;
}

const WEB_ADDRESS = /^https?:\/\/([^/?#]+)\/?$/i;
const OTHER_SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const SCHEMES: ReadonlySet<string> = new Set(["dns", "unix", "ipv4", "ipv6"]);
const HAS_PORT = /:\d+$/;

/**
 * Reads an endpoint: `host:port`, `[::1]:port`, `dns:///host:port`, `unix:/path`, or `http://` and `https://` with host and port.
 *
 * Throws an `Error` for other schemes, and for a web address with a path, which gRPC has no use for.
 */
export function parseEndpoint(endpoint: string): Target {
  const trimmed = endpoint.trim();
  if (trimmed === "") throw new Error("the endpoint is empty");
  const scheme = OTHER_SCHEME.exec(trimmed)?.[1]?.toLowerCase() ?? "dns";
  if (SCHEMES.has(scheme)) return { address: trimmed, host: hostOf(trimmed), isTls: false };
  const authority = WEB_ADDRESS.exec(trimmed)?.[1];
  if (authority === undefined) throw new Error(`a gRPC endpoint is a host and a port, got "${trimmed}"`);
  const isTls = scheme === "https";
  const address = HAS_PORT.test(authority) ? authority : `${authority}:${isTls ? 443 : 80}`;
  return { address, host: hostOf(address), isTls };
}

function hostOf(address: string): string {
  if (address.startsWith("unix:")) return "localhost";
  const hostAndPort = address.slice(address.lastIndexOf("/") + 1).replace(/^(?:dns|ipv4|ipv6):/, "");
  return hostAndPort.replace(HAS_PORT, "").replace(/^\[(.*)\]$/, "$1");
}
