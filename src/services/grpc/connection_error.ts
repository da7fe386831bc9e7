/** What the TLS libraries of the three runtimes say when a handshake fails. */
const TLS_ERROR =
  /certificate|self.signed|\bssl\b|\btls|EPROTO|altname|wrong version number|handshake|issuer|CERT_|unknown ca/i;

/** Tells whether a connection failed because of TLS, by the text of the error. */
export function isTlsError(details: string): boolean {
  return TLS_ERROR.test(details);
}

/** Says in one line why there is no connection, out of grpc-js's longer account. */
export function describeConnectionError(details: string, address: string): string {
  const reason = /Last error: (.*?)\.? Resolution note:/s.exec(details)?.[1] ?? details;
  const short = reason.replace(/^(?:Error: )+/, "").replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/, "").trim();
  return `Cannot connect to ${address}: ${short}`;
}
