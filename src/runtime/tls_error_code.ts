/** Certificate errors have no common prefix; these are the beginnings of the names that OpenSSL, BoringSSL and the runtimes give them. */
const TLS_ERROR_CODE =
  /^(?:ERR_SSL|ERR_TLS|ERR_BORINGSSL|EPROTO|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|UNKNOWN_ISSUER)/;

/** Tells whether the code of a connection's error says that TLS is the reason. */
export function isTlsErrorCode(code: string): boolean {
  return TLS_ERROR_CODE.test(code);
}
