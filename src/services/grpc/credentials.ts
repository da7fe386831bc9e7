import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import type { TlsConfig } from "../../engine/service.ts";
import { toBuffer } from "../../runtime/buffer.ts";

/** Reads a whole file. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/**
 * Makes the credentials of a service: plaintext without TLS settings, the system's authorities without a `ca`.
 *
 * Rejects when a file cannot be read or is no certificate or key.
 */
export async function loadCredentials(tls: TlsConfig | undefined, readFile: ReadFile): Promise<ChannelCredentials> {
  if (tls === undefined) return credentials.createInsecure();
  const read = async (path: string | undefined) => path === undefined ? null : toBuffer(await readFile(path));
  const [ca, key, cert] = await Promise.all([read(tls.ca), read(tls.key), read(tls.cert)]);
  return credentials.createSsl(ca, key, cert);
}
