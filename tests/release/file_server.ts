import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of files on loopback. */
export interface FileServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves what `find` gives for the name of a file; 404 where it gives nothing. */
export async function serveFiles(find: (name: string) => string | Uint8Array | undefined): Promise<FileServer> {
  const server = createServer((request, response) => {
    const content = find((request.url ?? "").slice(1));
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
