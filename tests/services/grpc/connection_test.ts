import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { ServiceClient } from "../../../src/engine/service.ts";
import { startGrpcServer } from "../../servers/grpc_server.ts";
import { call, compileFixtures, failureOf, openClient, output, unary } from "./fixtures.ts";

/** A TCP server that treats each connection in the same way. */
async function tcpServer(onConnection: (socket: Socket) => void): Promise<{ endpoint: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  return { endpoint: await listen(server), close: () => stop(server, sockets) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server, sockets: Iterable<Socket>): void {
  for (const socket of sockets) socket.destroy();
  server.close();
}

/** Passes everything on to another port, until either side closes. */
function forward(socket: Socket, port: number): void {
  const target = connect(port, "127.0.0.1");
  target.on("error", () => {});
  target.on("close", () => socket.destroy());
  socket.on("close", () => target.destroy());
  socket.pipe(target).pipe(socket);
}

/** A method that takes its time, and a way to wait for calls to have arrived at it. */
function slowHandlers() {
  let count = 0;
  const handlers = {
    "shop.v1.Shop/CreateOrder": unary(async () => {
      count++;
      await sleep(50);
      return { id: "slow" };
    }),
  };
  const entered = async (wanted: number): Promise<void> => {
    while (count < wanted) await sleep(1);
  };
  return { handlers, entered };
}

/** One run in six ended with SIGSEGV, an assertion of nghttp2 or not at all on Deno 2.9, when a GOAWAY met streams that were just closing. */
const CRASHES = process.versions["deno"] === undefined
  ? false
  : "Deno crashes now and then when a GOAWAY meets streams that are just closing";

// Node runs these, so only here is there somebody to ask why they are missing.
if (CRASHES !== false) console.log(`skipped: ${CRASHES}`);

describe("connections that fail", () => {
  let set: Uint8Array;
  let descriptors: string;
  const handlers = { "shop.v1.Shop/CreateOrder": unary(() => ({ id: "o-1" })) };

  before(async () => {
    set = await compileFixtures("shop/v1/shop.proto");
    descriptors = base64Encode(set);
  });

  const clients: ServiceClient[] = [];
  after(() => Promise.all(clients.map((client) => client.close())));

  function open(endpoint: string): ServiceClient {
    const client = openClient(endpoint, { descriptors });
    clients.push(client);
    return client;
  }

  const create = (client: ServiceClient, timeoutMs = 5_000) =>
    call(client, "CreateOrder", {}, {}, { attemptTimeoutMs: timeoutMs });

  async function freeEndpoint(): Promise<string> {
    const server = createServer();
    const endpoint = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    return endpoint;
  }

  it("call() says that nothing listens: UNAVAILABLE, nothing sent", async () => {
    const endpoint = await freeEndpoint();
    const result = await failureOf(create(open(endpoint)));
    assert.equal(result.failure.code, "UNAVAILABLE");
    assert.equal(result.failure.message, `Cannot connect to ${endpoint}: connect ECONNREFUSED ${endpoint}`);
    assert.equal(result.class, "transient");
    assert.equal(result.mayHaveActed, false);
  });

  it("call() says that the name is not known", async () => {
    const result = await failureOf(create(open("no-such-host.invalid:50051")));
    assert.equal(result.failure.message, "Cannot connect to no-such-host.invalid:50051: the name is not known");
    assert.equal(result.class, "transient");
  });

  it("call() refuses an endpoint with a path", async () => {
    const result = await failureOf(create(open("http://host:1/path")));
    assert.equal(result.failure.code, "bad_input");
    assert.equal(result.class, "permanent");
  });

  it("call() times out at a server that accepts and says nothing, having sent nothing", async () => {
    const server = await tcpServer(() => {});
    const result = await failureOf(create(open(server.endpoint), 100));
    server.close();
    assert.equal(result.failure.code, "timeout");
    assert.equal(result.failure.message, "No connection within the time limit");
    assert.equal(result.class, "transient");
    assert.equal(result.mayHaveActed, false);
  });

  for (
    const [what, onConnection] of [
      ["resets", (socket: Socket) => socket.resetAndDestroy()],
      ["closes", (socket: Socket) => socket.end()],
      ["sends garbage", (socket: Socket) => socket.write("hello there, this is not HTTP/2\r\n\r\n")],
    ] as const
  ) {
    it(`call() has sent nothing when the server ${what} at once`, async () => {
      const server = await tcpServer(onConnection);
      const result = await failureOf(create(open(server.endpoint)));
      server.close();
      assert.equal(result.failure.code, "UNAVAILABLE");
      assert.equal(result.class, "transient");
      assert.equal(result.mayHaveActed, false);
    });
  }

  it("call() tells an HTTP/1 server", async () => {
    const server = createHttpServer((_, response) => response.end("hello"));
    const result = await failureOf(create(open(await listen(server))));
    server.close();
    assert.match(result.failure.message, /the port does not speak HTTP\/2; if the service uses TLS, give "tls:"$/);
    assert.equal(result.class, "transient");
  });

  it("call() does not know what happened when the connection breaks after sending", async () => {
    const upstream = await startGrpcServer({ descriptors: set, handlers: { "shop.v1.Shop/CreateOrder": () => {} } });
    const proxy = await tcpServer((socket) => {
      forward(socket, upstream.port);
      setTimeout(() => socket.destroy(), 60);
    });
    const result = await failureOf(create(open(proxy.endpoint)));
    proxy.close();
    upstream.stop();
    assert.equal(result.failure.code, "UNAVAILABLE");
    assert.equal(result.class, "unknown");
    assert.equal(result.mayHaveActed, true);
  });

  it("call() does not know what happened when the server is stopped during the call", { skip: CRASHES }, async () => {
    const server = await startGrpcServer({
      descriptors: set,
      handlers: { "shop.v1.Shop/CreateOrder": () => setTimeout(() => server.stop(), 10) },
    });
    const result = await failureOf(create(open(server.endpoint)));
    assert.match(result.failure.code, /^(UNAVAILABLE|CANCELLED)$/);
    assert.equal(result.class, "unknown");
    assert.equal(result.mayHaveActed, true);
  });

  it("call() tries to connect at each attempt, and finds a server that starts late", async () => {
    const endpoint = await freeEndpoint();
    const client = open(endpoint);
    for (let attempt = 1; attempt <= 8; attempt++) {
      assert.equal((await failureOf(create(client))).failure.code, "UNAVAILABLE");
    }
    const server = await startGrpcServer({ descriptors: set, handlers, port: Number(endpoint.split(":")[1]) });
    for (let attempt = 1; attempt <= 8; attempt++) await output(create(client));
    server.stop();
  });

  it("call() finds a server again that was restarted", { skip: CRASHES }, async () => {
    const first = await startGrpcServer({ descriptors: set, handlers });
    const client = open(first.endpoint);
    for (let count = 0; count < 6; count++) await output(create(client));
    first.stop();
    await failureOf(create(client));
    const second = await startGrpcServer({ descriptors: set, handlers, port: first.port });
    for (let count = 0; count < 6; count++) await output(create(client));
    second.stop();
  });

  it(
    "call() loses nothing when the server shuts down gracefully and another takes over",
    { skip: CRASHES },
    async () => {
      const { handlers: slow, entered } = slowHandlers();
      const first = await startGrpcServer({ descriptors: set, handlers: slow });
      const client = open(first.endpoint);
      const inFlight = [create(client), create(client), create(client)];
      await entered(3);
      const closed = new Promise((resolve) => first.server.tryShutdown(resolve));
      for (const result of inFlight) assert.equal((await output(result) as { id: string }).id, "slow");
      await closed;
      const second = await startGrpcServer({ descriptors: set, handlers, port: first.port });
      assert.equal((await output(create(client)) as { id: string }).id, "o-1");
      second.stop();
    },
  );

  it("close() lets calls in flight go on to their end", async () => {
    const { handlers: slow, entered } = slowHandlers();
    const server = await startGrpcServer({ descriptors: set, handlers: slow });
    const client = open(server.endpoint);
    const inFlight = create(client);
    await entered(1);
    await client.close();
    assert.equal((await output(inFlight) as { id: string }).id, "slow");
    server.stop();
  });

  it("call() uses as many connections as the pool is large, in turn", async () => {
    const server = await startGrpcServer({ descriptors: set, handlers });
    let connections = 0;
    const proxy = await tcpServer((socket) => {
      connections++;
      forward(socket, server.port);
    });
    const client = openClient(proxy.endpoint, { descriptors, poolSize: 3 });
    await output(create(client));
    assert.equal(connections, 1);
    for (let count = 0; count < 8; count++) await output(create(client));
    assert.equal(connections, 3);
    await client.close();
    proxy.close();
    server.stop();
  });
});
