import { fileReason } from "../../base/file_reason.ts";
import type { TlsConfig } from "../../engine/service.ts";
import type { FetchTls } from "../../runtime/fetch.ts";

/** Thrown when a file of the TLS settings cannot be read. */
export class TlsFileError extends Error {
  override readonly name = "TlsFileError";
}

/** Reads the files that TLS settings name. Throws `TlsFileError`. */
export async function readTls(tls: TlsConfig, readFile: (path: string) => Promise<Uint8Array>): Promise<FetchTls> {
  const read = async (member: string, path: string | undefined): Promise<string | undefined> => {
    if (path === undefined) return undefined;
    try {
      return new TextDecoder().decode(await readFile(path));
    } catch (error) {
      throw new TlsFileError(`cannot read "${path}" (tls.${member}): ${fileReason(error)}`);
    }
  };
  const [ca, cert, key] = await Promise.all([read("ca", tls.ca), read("cert", tls.cert), read("key", tls.key)]);
  return { ca, cert, key, serverName: tls.serverName };
}
