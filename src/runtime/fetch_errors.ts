import { FetchError } from "./fetch.ts";
import { isTlsErrorCode } from "./tls_error_code.ts";

/** What the wire was doing when an error came up. */
export interface WireState {
  readonly secure: boolean;
  /** Whether the request may have left the machine. */
  readonly sent: boolean;
  /** Whether the connection had served an earlier request and nothing of this answer has arrived. */
  readonly stale: boolean;
}

/** Finds what OpenSSL has to say among its numbers, file names and places. */
const OPENSSL_REASON = /SSL routines:[^:]*:([^:)\n]+)/;

/** Sorts an error of `node:http`, as any of the runtimes gives it. Before anything was sent, whatever is no TLS error is a refused connection. */
export function toFetchError(error: unknown, state: WireState): FetchError {
  if (error instanceof FetchError) return error;
  const { code, message } = describe(error);
  const refusal = permissionRefusal(error, message);
  if (refusal !== undefined) return new FetchError("bad_input", refusal, false);
  if (isTlsErrorCode(code)) {
    return new FetchError(
      "tls_error",
      OPENSSL_REASON.exec(message)?.[1]?.replaceAll("_", " ").toLowerCase() ?? message,
      false,
    );
  }
  if (!state.sent) {
    const closed = state.secure && (code === "ECONNRESET" || code === "EPIPE");
    return new FetchError("connection_refused", closed ? "connection closed during the TLS handshake" : message, false);
  }
  if (code.startsWith("HPE_")) return new FetchError("bad_response", message.replace(/^Parse Error: /, ""), true);
  return new FetchError("connection_lost", lostMessage(code, message), true, state.stale);
}

/** What Deno says where it was not allowed to use the network; then nothing was sent, and nothing will be. */
function permissionRefusal(error: unknown, message: string): string | undefined {
  const { name, code, syscall } = error as { name?: unknown; code?: unknown; syscall?: unknown };
  if (name === "NotCapable") return `Deno does not allow it: ${message}`;
  return code === "EPERM" && syscall === "getaddrinfo"
    ? "Deno does not allow it: the name cannot be looked up without the --allow-net flag"
    : undefined;
}

function lostMessage(code: string, message: string): string {
  if (code === "ECONNRESET" || message === "aborted") return "the service closed the connection";
  return message;
}

/** An error for several addresses of one host may have no message of its own. */
function describe(error: unknown): { code: string; message: string } {
  const { code, message, errors } = error as { code?: unknown; message?: string; errors?: readonly unknown[] };
  if (errors?.[0] !== undefined && !message) return describe(errors[0]);
  return { code: typeof code === "string" ? code : "", message: message || String(code ?? error) };
}
