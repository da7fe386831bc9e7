import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** A request as it came over the wire. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** By lower-case name; repeated ones are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** One character per byte. */
  readonly body: string;
  /** Counts the connections from 0. */
  readonly connection: number;
  /** Counts the requests of its connection from 0. */
  readonly turn: number;
}

/** A server that answers with exactly the bytes that a test wants. */
export interface RawHttpServer {
  readonly url: string;
  readonly port: number;
  /** Every request received so far. */
  readonly requests: readonly RawRequest[];
  readonly connections: number;
  /** Connections that have been closed, by either side. */
  readonly closed: number;
  /** Settles when at least so many connections have been closed. */
  closedAtLeast(count: number): Promise<void>;
  close(): Promise<void>;
}

/** What a test decides about its server. */
export interface RawHttpOptions {
  /** Called for each whole request; writes to the socket what it likes. */
  readonly onRequest?: (socket: Socket, request: RawRequest) => void;
  /** Called for each connection, before anything is read. */
  readonly onConnection?: (socket: Socket) => void;
  /** PEM texts; makes it a TLS server. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
}

/** Starts a server on a free port of the loopback interface. */
export async function startRawHttpServer(options: RawHttpOptions): Promise<RawHttpServer> {
  const sockets = new Set<Socket>();
  const requests: RawRequest[] = [];
  const waiting = new Set<() => void>();
  let connections = 0;
  let closed = 0;
  const accept = (socket: Socket): void => {
    const connection = connections++;
    let turn = 0;
    let received = "";
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      closed += 1;
      for (const check of waiting) check();
    });
    socket.on("data", (chunk: Uint8Array) => {
      for (const byte of chunk) received += String.fromCharCode(byte);
      for (let parsed = takeRequest(received); parsed !== undefined; parsed = takeRequest(received)) {
        received = parsed.rest;
        const request = { ...parsed.request, connection, turn: turn++ };
        requests.push(request);
        options.onRequest?.(socket, request);
      }
    });
    options.onConnection?.(socket);
  };
  const server: Server = options.tls === undefined
    ? createServer(accept)
    : createTlsServer({ ...options.tls, requestCert: options.tls.ca !== undefined }, accept);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: options.tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    get closed() {
      return closed;
    },
    closedAtLeast: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (closed < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A whole answer with `content-length`; JSON unless the headers say otherwise. */
export function answer(body: string, headers: Readonly<Record<string, string>> = {}, status = "200 OK"): string {
  const all = {
    "content-type": "application/json",
    "content-length": String(new TextEncoder().encode(body).length),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${body}`;
}

/** Cuts one whole request (head, and body by `content-length`) off the front of what was received. */
function takeRequest(text: string): { request: Omit<RawRequest, "connection" | "turn">; rest: string } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line, ...lines] = text.slice(0, end).split("\r\n");
  const headers: Record<string, string> = {};
  for (const each of lines) {
    const colon = each.indexOf(":");
    const name = each.slice(0, colon).toLowerCase();
    const value = each.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const length = Number(headers["content-length"] ?? 0);
  const bodyAt = end + 4;
  if (text.length < bodyAt + length) return undefined;
  const [method = "", target = ""] = line!.split(" ");
  return {
    request: { method, target, headers, body: text.slice(bodyAt, bodyAt + length) },
    rest: text.slice(bodyAt + length),
  };
}
