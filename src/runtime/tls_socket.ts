import { isIP, type Socket } from "node:net";
import { connect, createSecureContext, type SecureContext } from "node:tls";
import { isTlsErrorCode } from "./tls_error_code.ts";

/** PEM texts of a TLS client. Without `ca` the runtime's own authorities count. */
export interface TlsMaterial {
  readonly ca?: Uint8Array | undefined;
  readonly cert?: Uint8Array | undefined;
  readonly key?: Uint8Array | undefined;
}

/** Certificates and key, read and checked. */
export type TlsContext = SecureContext;

/** Thrown when a handshake fails for a reason that another try will not mend. */
class TlsHandshakeError extends Error {
  override readonly name = "TlsHandshakeError";
}

/** Reads certificates and a key. Throws an `Error` for those that are none or do not belong together. */
export function createTlsContext({ ca, cert, key }: TlsMaterial): TlsContext {
  return createSecureContext({
    ...ca === undefined ? {} : { ca: toPem(ca) },
    ...cert === undefined ? {} : { cert: toPem(cert) },
    ...key === undefined ? {} : { key: toPem(key) },
  });
}

/**
 * Turns a connected socket into a TLS one that speaks HTTP/2. The server has to prove that it is `host`.
 *
 * Rejects with `TlsHandshakeError`, or with the socket's error when the connection broke.
 */
export function connectTls(socket: Socket, secureContext: TlsContext, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Servers are not to be named by an address (RFC 6066), and Bun and Deno refuse to.
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const secure = connect({ socket, secureContext, host, ALPNProtocols: ["h2"], ...servername });
    const onError = (error: Error): void => reject(handshakeError(error));
    const onClose = (): void => reject(new Error("Connection closed during the TLS handshake"));
    // A server's alert may come when the handshake is done and whoever gets the socket does not listen yet.
    secure.on("error", ignore);
    secure.once("error", onError);
    secure.once("close", onClose);
    secure.once("secureConnect", () => {
      secure.off("error", onError);
      secure.off("close", onClose);
      if (secure.authorized) resolve(secure);
      else reject(handshakeError(secure.authorizationError));
    });
  });
}

function handshakeError(error: Error | string): Error {
  const { message = String(error), code = "", reason } = error as { message?: string; code?: string; reason?: string };
  if (/wrong.version.number/i.test(message)) return new TlsHandshakeError("the server does not speak TLS");
  const isTls = typeof error === "string" || isTlsErrorCode(code);
  return isTls ? new TlsHandshakeError(reason ?? message) : error as Error;
}

function ignore(): void {}

function toPem(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
