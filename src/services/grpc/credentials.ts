import { CallCredentials, ChannelCredentials } from "@grpc/grpc-js";
import { fileReason } from "../../base/file_reason.ts";
import type { TlsConfig } from "../../engine/service.ts";
import { connectTls, createTlsContext, type TlsContext } from "../../runtime/tls_socket.ts";

/** Reads a whole file. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

type SecureConnector = ReturnType<ChannelCredentials["_createSecureConnector"]>;

/**
 * Makes the credentials of a service at a host: plaintext without TLS settings, the system's authorities without a `ca`.
 *
 * Rejects when a file cannot be read or is no certificate or key.
 */
export async function loadCredentials(
  tls: TlsConfig | undefined,
  host: string,
  readFile: ReadFile,
): Promise<ChannelCredentials> {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new Error('"tls" needs "cert" and "key" together');
  }
  const read = async (path: string | undefined, what: string): Promise<Uint8Array | undefined> => {
    if (path === undefined) return undefined;
    const bytes = await readFile(path).catch((error) => {
      throw new Error(`cannot read "${path}": ${fileReason(error)}`);
    });
    if (!new TextDecoder().decode(bytes).includes(`${what}-----`)) throw new Error(`"${path}" holds no PEM ${what}`);
    return bytes;
  };
  const [ca, cert, key] = await Promise.all([
    read(tls.ca, "CERTIFICATE"),
    read(tls.cert, "CERTIFICATE"),
    read(tls.key, "PRIVATE KEY"),
  ]);
  return new TlsCredentials(createTlsContext({ ca, cert, key }), tls.serverName ?? host);
}

/**
 * TLS as grpc-js wants it, with two things done otherwise: a server that is called by its address gets no server name,
 * and a handshake that failed can be told from a broken connection.
 */
class TlsCredentials extends ChannelCredentials {
  readonly #context: TlsContext;
  readonly #host: string;

  constructor(context: TlsContext, host: string) {
    super();
    this.#context = context;
    this.#host = host;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(): SecureConnector {
    const credentials = CallCredentials.createEmpty();
    return {
      connect: async (socket) => ({ socket: await connectTls(socket, this.#context, this.#host), secure: true }),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => credentials,
      destroy() {},
    };
  }
}
