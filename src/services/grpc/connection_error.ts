/** What OpenSSL says when the server has refused our certificate, after the handshake was over for us. */
const REFUSED_CERTIFICATE = /SSL routines|\balert\b/;

/** A connection that the other side closed while it was being made: where our write is faster than its alert, all that is left. */
const BROKEN = /^(?:read|write) (?:EPIPE|ECONNRESET)$/;

const TLS_HINT = '; if the service uses TLS, give "tls:"';
const REFUSED_HINT = '; it may want another client certificate ("cert" and "key" of "tls:")';

/** Why there is no connection. */
export interface ConnectionError {
  readonly message: string;
  /** `UNAVAILABLE`, or what says that another try is of no use: TLS is the reason, or Deno may not connect. */
  readonly code: "UNAVAILABLE" | "tls_error" | "bad_input";
}

/** Says in one line why there is no connection, out of grpc-js's longer account of it. */
export function explainConnectionError(details: string, address: string, usesTls: boolean): ConnectionError {
  const account = /Last error: (.*?)\.? Resolution note:/s.exec(details)?.[1] ?? details;
  const isTls = account.startsWith("TlsHandshakeError: ") || usesTls && REFUSED_CERTIFICATE.test(account);
  let reason = account.replace(/^(?:\w*Error(?: \[\w+\])?: )+/, "").replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/, "").trim();
  if (reason.startsWith("Name resolution failed")) reason = "the name is not known";
  else if (reason === "Protocol error") reason = `the port does not speak HTTP/2${usesTls ? "" : TLS_HINT}`;
  else if (reason === "Failed to connect" || BROKEN.test(reason)) {
    reason = `the connection was closed${usesTls ? REFUSED_HINT : TLS_HINT}`;
  } else if (isTls && REFUSED_CERTIFICATE.test(reason)) {
    reason = `the server broke off the TLS handshake${REFUSED_HINT}`;
  }
  const isForbidden = account.startsWith("NotCapable: ");
  if (isForbidden) reason = `Deno does not allow it: ${reason.replace(/^NotCapable: /, "")}`;
  const code = isTls ? "tls_error" : isForbidden ? "bad_input" : "UNAVAILABLE";
  return { message: `Cannot connect to ${address}: ${reason}`, code };
}
