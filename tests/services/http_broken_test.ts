import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import type { AttemptResult, CallContext, ServiceClient } from "../../src/engine/service.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { createHttpAdapter } from "../../src/services/http/adapter.ts";
import { callContext } from "../servers/call_context.ts";
import { callRequest, httpConfig } from "../servers/http_call.ts";
import { answer, type RawHttpOptions, type RawHttpServer, startRawHttpServer } from "../servers/raw_http_server.ts";

const adapter = createHttpAdapter({ fetch: createFetch, readFile });

/** Runs a test against a server and a client of it, and closes both. */
async function withServer(
  options: RawHttpOptions,
  test: (client: ServiceClient, server: RawHttpServer) => Promise<void>,
): Promise<void> {
  const server = await startRawHttpServer(options);
  const client = adapter.open(httpConfig(server.url));
  try {
    await test(client, server);
  } finally {
    await client.close();
    await server.close();
  }
}

async function call(
  client: ServiceClient,
  method = "POST /charge",
  context: Partial<CallContext> = {},
): Promise<AttemptResult> {
  return await client.call(
    callRequest(method, method.startsWith("POST") ? { input: { amount: 1 } } : {}),
    callContext(context),
  );
}

/** The code, class and effect of a failed attempt. */
function outcome(result: AttemptResult): readonly unknown[] {
  assert(!result.ok);
  return [result.failure.code, result.class, result.mayHaveActed, result.retryable];
}

const LOST = ["connection_lost", "unknown", true, undefined];
const UNREADABLE = ["bad_response", "unknown", true, false];

/** Sends the beginning of an answer and then breaks it off. */
function breakOff(text: string, how: "end" | "resetAndDestroy"): (socket: Socket) => void {
  return (socket) => socket.write(text, () => setTimeout(() => socket[how](), 20));
}

describe("a connection that breaks", () => {
  const cases: Readonly<Record<string, readonly [(socket: Socket) => void, readonly unknown[]]>> = {
    "reset before the answer": [(socket) => socket.resetAndDestroy(), LOST],
    "closed before the answer": [(socket) => socket.end(), LOST],
    "closed within the head": [breakOff("HTTP/1.1 200 O", "end"), LOST],
    "reset within the body": [breakOff("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc", "resetAndDestroy"), LOST],
    "closed within the body": [breakOff("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc", "end"), LOST],
    "reset within a body of unknown length": [breakOff("HTTP/1.1 200 OK\r\n\r\n{}", "resetAndDestroy"), LOST],
    "closed within a chunk": [breakOff("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", "end"), LOST],
  };
  for (const [name, [onRequest, expected]] of Object.entries(cases)) {
    it(`call() gives connection_lost when it is ${name}`, async () => {
      await withServer({ onRequest }, async (client, server) => {
        assert.deepEqual(outcome(await call(client)), expected);
        assert.equal(server.requests.length, 1);
      });
    });
  }

  it("call() never sends a POST again that a reused connection lost", async () => {
    for (const how of ["end", "resetAndDestroy"] as const) {
      const onRequest: RawHttpOptions["onRequest"] = (socket, { turn }) =>
        turn === 0 ? socket.write(answer("{}")) : socket[how]();
      await withServer({ onRequest }, async (client, server) => {
        assert.equal((await call(client)).ok, true);
        assert.deepEqual(outcome(await call(client)), LOST);
        assert.deepEqual(server.requests.map(({ connection, turn }) => [connection, turn]), [[0, 0], [0, 1]]);
      });
    }
  });

  it("call() sends a GET once more that a reused connection lost", async () => {
    const onRequest: RawHttpOptions["onRequest"] = (socket, { turn }) =>
      turn === 0 ? socket.write(answer("{}")) : socket.end();
    await withServer({ onRequest }, async (client, server) => {
      assert.equal((await call(client, "GET /a")).ok, true);
      assert.equal((await call(client, "GET /b")).ok, true);
      assert.deepEqual(server.requests.map(({ target, connection }) => [target, connection]), [["/a", 0], ["/b", 0], [
        "/b",
        1,
      ]]);
    });
  });

  it("call() says that a GET changed nothing", async () => {
    await withServer({ onRequest: (socket) => socket.end() }, async (client) => {
      assert.deepEqual(outcome(await call(client, "GET /x")), ["connection_lost", "unknown", false, undefined]);
    });
  });

  it("call() opens a new connection after the service closed an idle one", async () => {
    const onRequest = (socket: Socket): void => void socket.end(answer("{}"));
    await withServer({ onRequest }, async (client, server) => {
      assert.equal((await call(client)).ok, true);
      await server.closedAtLeast(1);
      assert.equal((await call(client)).ok, true);
      assert.equal(server.connections, 2);
    });
  });
});

describe("an answer that is no HTTP", () => {
  const cases: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
    "garbage": ["what is this\r\n\r\n", UNREADABLE],
    "a bad content-length": ["HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\n{}", UNREADABLE],
    "two lengths": ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", UNREADABLE],
    "a bad chunk": ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n", UNREADABLE],
    "an endless header": [`HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}\r\n\r\n`, UNREADABLE],
    "another protocol": ["HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", UNREADABLE],
    "a wrong gzip": ["HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 7\r\n\r\nnotgzip", UNREADABLE],
    "an unknown encoding": ["HTTP/1.1 200 OK\r\ncontent-encoding: zip\r\ncontent-length: 7\r\n\r\nnotgzip", UNREADABLE],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    it(`call() gives bad_response for ${name}`, async () => {
      await withServer({ onRequest: (socket) => void socket.write(text) }, async (client) => {
        assert.deepEqual(outcome(await call(client)), expected);
      });
    });
  }

  it("call() passes over informational answers and what follows the body", async () => {
    const onRequest = (socket: Socket): void =>
      void socket.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\n\r\n${answer("{}")}rest`);
    await withServer({ onRequest }, async (client) => {
      assert.deepEqual(await call(client), { ok: true, output: {} });
    });
  });
});

describe("no connection", () => {
  it("call() gives connection_refused for a closed port and an unknown host", async () => {
    const server = await startRawHttpServer({});
    await server.close();
    for (const endpoint of [server.url, "http://localhost:1", "http://no-such-host.invalid"]) {
      const client = adapter.open(httpConfig(endpoint));
      const result = await call(client);
      assert.deepEqual(outcome(result), ["connection_refused", "transient", false, undefined]);
      assert(!result.ok);
      assert.match(result.failure.message, /^Cannot connect to http:\/\/[^ ]+: .*(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)/);
      await client.close();
    }
  });

  it("call() reaches ports that browsers refuse", async () => {
    const client = adapter.open(httpConfig("http://127.0.0.1:6000"));
    const result = await call(client);
    assert(!result.ok);
    assert.match(result.failure.message, /ECONNREFUSED/);
    await client.close();
  });
});

describe("a service that hangs", () => {
  const hanging: Readonly<Record<string, string>> = {
    "without an answer": "",
    "within the head": "HTTP/1.1 200 OK\r\n",
    "within the body": "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
  };
  for (const [name, text] of Object.entries(hanging)) {
    for (const reason of ["timeout", "cancelled"] as const) {
      it(`call() ends with ${reason} and closes the connection of a service that hangs ${name}`, async () => {
        const stop = new AbortController();
        const onRequest = (socket: Socket): void =>
          void socket.write(text, () => setTimeout(() => stop.abort(reason), 10));
        await withServer({ onRequest }, async (client, server) => {
          assert.deepEqual(outcome(await call(client, "POST /x", { signal: stop.signal })), [
            reason,
            "unknown",
            true,
            undefined,
          ]);
          await server.closedAtLeast(1);
        });
      });
    }
  }

  it("call() ends the attempt of a body that drips", async () => {
    const stop = new AbortController();
    const onRequest = (socket: Socket): void => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
      const drip = setInterval(() => socket.write("."), 5);
      socket.on("close", () => clearInterval(drip));
      setTimeout(() => stop.abort("timeout"), 40);
    };
    await withServer({ onRequest }, async (client, server) => {
      assert.deepEqual(outcome(await call(client, "POST /x", { signal: stop.signal })), [
        "timeout",
        "unknown",
        true,
        undefined,
      ]);
      await server.closedAtLeast(1);
    });
  });

  it("call() knows that nothing was sent where no connection came about in time", async () => {
    const server = await startRawHttpServer({});
    const client = adapter.open(httpConfig(server.url.replace("http:", "https:")));
    const stop = new AbortController();
    setTimeout(() => stop.abort("timeout"), 50);
    assert.deepEqual(outcome(await call(client, "POST /x", { signal: stop.signal })), [
      "timeout",
      "transient",
      false,
      undefined,
    ]);
    await client.close();
    await server.close();
  });

  it("call() is not held up by hundreds of calls that hang", async () => {
    const stop = new AbortController();
    const onRequest: RawHttpOptions["onRequest"] = (socket, { target }) => {
      if (target === "/fast") socket.write(answer("{}"));
    };
    await withServer({ onRequest }, async (client, server) => {
      const hung = Array.from({ length: 300 }, () => call(client, "POST /slow", { signal: stop.signal }));
      assert.equal((await call(client, "POST /fast")).ok, true);
      stop.abort("cancelled");
      await Promise.all(hung);
      await server.closedAtLeast(300);
    });
  });
});

async function checkStatus(client: ServiceClient, verb: string, status: number, expected: string): Promise<void> {
  const result = await call(client, `${verb} /charge?key=1`);
  assert(!result.ok);
  assert.deepEqual([result.class, result.mayHaveActed], [expected, expected === "unknown" && verb === "POST"]);
  assert.equal(result.retryAfterMs, 2_000);
  const [body, details] = status === 304 ? ["", null] : [': {"error":"x"}', { error: "x" }];
  const message = `HTTP ${status} from ${verb} /charge${body}`;
  assert.deepEqual(result.failure, { code: `http_${status}`, message, step: null, status, details });
}

describe("a status that is no success", () => {
  const table: Readonly<Record<string, readonly number[]>> = {
    transient: [408, 425, 429, 503],
    unknown: [500, 502, 504],
    permanent: [304, 400, 401, 404, 409, 422, 501, 505, 599, 999],
  };
  for (const [expected, statuses] of Object.entries(table)) {
    it(`call() sorts ${statuses.join(" ")} as ${expected}`, async () => {
      let status = 0;
      const onRequest = (socket: Socket): void => {
        const body = status === 304 ? "" : '{"error":"x"}';
        socket.write(answer(body, { "retry-after": "2" }, `${status} Some`));
      };
      await withServer({ onRequest }, async (client) => {
        for (status of statuses) {
          await checkStatus(client, "POST", status, expected);
          await checkStatus(client, "GET", status, expected);
        }
      });
    });
  }

  it("call() believes no_effect_on", async () => {
    const server = await startRawHttpServer({ onRequest: (socket) => void socket.write(answer("", {}, "500 Oops")) });
    const client = adapter.open(httpConfig(server.url, { noEffectOn: ["http_500"] }));
    assert.deepEqual(outcome(await call(client)), ["http_500", "permanent", false, undefined]);
    await client.close();
    await server.close();
  });

  it("call() gives the status of an answer whose body breaks off", async () => {
    const onRequest = breakOff("HTTP/1.1 503 Busy\r\ncontent-length: 100\r\n\r\nabc", "end");
    await withServer({ onRequest }, async (client) => {
      assert.deepEqual(outcome(await call(client)), ["http_503", "transient", false, undefined]);
    });
  });
});
