import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A forward proxy: plain requests by whole URL, everything else through tunnels. */
export interface ProxyServer {
  readonly url: string;
  /** `VERB target`, with the credentials that came along. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

/** Starts a proxy on a free port of the loopback interface. */
export async function startProxyServer(): Promise<ProxyServer> {
  const log: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((incoming, outgoing) => {
    log.push(`${incoming.method} ${incoming.url} ${incoming.headers["proxy-authorization"]}`);
    const { method, headers } = incoming;
    const onward = request(incoming.url!, { method: method!, headers, agent: false }, (reply) => {
      outgoing.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("connect", (incoming, client: Socket) => {
    log.push(`CONNECT ${incoming.url} ${incoming.headers["proxy-authorization"]}`);
    const [host, port] = incoming.url!.split(":");
    const service = connect(Number(port), host!, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      service.pipe(client);
      client.pipe(service);
    });
    service.on("error", () => client.destroy());
    client.on("error", () => service.destroy());
    client.on("close", () => service.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
