import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { AttemptResult, CallRequest, ServiceConfig } from "../../src/engine/service.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { createHttpAdapter } from "../../src/services/http/adapter.ts";
import { parseRetryAfter } from "../../src/services/http/status.ts";
import { callContext } from "../servers/call_context.ts";
import { callRequest, httpConfig } from "../servers/http_call.ts";
import { answer, type RawHttpServer, type RawRequest, startRawHttpServer } from "../servers/raw_http_server.ts";

const adapter = createHttpAdapter({ fetch: createFetch, readFile });

/** Calls a server that answers like this, and gives the result. */
async function callServer(
  onRequest: (socket: Socket, request: RawRequest) => void,
  request: CallRequest,
  config: Partial<ServiceConfig> = {},
  check: (server: RawHttpServer) => Promise<void> | void = () => undefined,
): Promise<AttemptResult> {
  const server = await startRawHttpServer({ onRequest });
  const client = adapter.open(httpConfig(server.url, config));
  try {
    const result = await client.call(request, callContext());
    await check(server);
    return result;
  } finally {
    await client.close();
    await server.close();
  }
}

/** The output of a call whose answer has this type and these bytes. */
async function output(
  type: string | undefined,
  body: string | Uint8Array,
  more: Partial<CallRequest> = {},
): Promise<unknown> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const head = type === undefined ? "" : `content-type: ${type}\r\n`;
  const result = await callServer((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${head}content-length: ${bytes.length}\r\n\r\n`);
    socket.write(bytes);
  }, callRequest("POST /x", more));
  return result.ok ? result.output : [result.failure.code, result.retryable, result.failure.message];
}

describe("decoding", () => {
  it("goes by content type", async () => {
    assert.deepEqual(await output("application/json", '{"a":[1,"ü"]}'), { a: [1, "ü"] });
    assert.deepEqual(await output("application/problem+json; charset=utf-8", "\uFEFF[1]"), [1]);
    assert.equal(await output("text/plain", "grüße"), "grüße");
    assert.equal(await output("Text/HTML; Charset=ISO-8859-1", Uint8Array.of(0xe4)), "ä");
    assert.equal(await output("application/xml", "<a/>"), "<a/>");
    assert.equal(await output("image/png", Uint8Array.of(0, 255)), "AP8=");
    assert.equal(await output(undefined, "x"), "eA==");
    assert.equal(await output("application/json", ""), null);
    assert.equal(await output("application/json", "  "), null);
  });

  it("refuses broken JSON, wrong bytes and unknown charsets, and does not try again", async () => {
    for (
      const [type, body] of [["application/json", "{"], ["application/json", Uint8Array.of(34, 255, 34)], [
        "text/plain; charset=x",
        "a",
      ]] as const
    ) {
      const [code, retryable, message] = await output(type, body) as readonly unknown[];
      assert.deepEqual([code, retryable], ["bad_response", false]);
      assert.match(String(message), /^Unreadable answer to POST \/x: /);
    }
  });

  it("keeps whole numbers beyond 2^53 as text", async () => {
    const text =
      '{"id":9007199254740993,"list":[-12345678901234567890],"edge":9007199254740991,"f":0.1250000000000000000,"big":1e400,"s":"9007199254740993"}';
    assert.deepEqual(await output("application/json", text), {
      id: "9007199254740993",
      list: ["-12345678901234567890"],
      edge: 9007199254740991,
      f: 0.125,
      big: "1e400",
      s: "9007199254740993",
    });
  });

  it("undoes gzip that nobody asked for, within the limit", async () => {
    const reply = (plain: string) => (socket: Socket): void => {
      const packed = gzipSync(plain);
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`,
      );
      socket.write(packed);
    };
    const config = { maxResponse: 100_000 };
    assert.deepEqual(await callServer(reply("hello"), callRequest("GET /"), config), { ok: true, output: "hello" });
    const bomb = await callServer(reply("0".repeat(5_000_000)), callRequest("GET /"), config);
    assert(!bomb.ok);
    assert.match(bomb.failure.message, /more than 100000 bytes/);
  });
});

describe("the details of a failure", () => {
  it("are the decoded body, or its text where it is not what it says", async () => {
    for (const [body, details] of [['{"a":1}', { a: 1 }], ["<html>", "<html>"], ["", null]] as const) {
      const result = await callServer(
        (socket) => void socket.write(answer(body, {}, "502 Bad")),
        callRequest("POST /x"),
      );
      assert(!result.ok);
      assert.deepEqual(result.failure.details, details);
    }
  });

  it("are null for a body beyond the limit, and the message is cut short", async () => {
    const long = (socket: Socket): void => void socket.write(answer(JSON.stringify("x".repeat(1_000)), {}, "503 Busy"));
    const whole = await callServer(long, callRequest("POST /x"));
    assert(!whole.ok);
    assert.match(whole.failure.message, /^HTTP 503 from POST \/x: x{299}…$/);
    const cut = await callServer(long, callRequest("POST /x"), { maxResponse: 500 });
    assert(!cut.ok);
    assert.deepEqual([cut.failure.code, cut.class, cut.failure.details], ["http_503", "transient", null]);
  });
});

describe("an answer that is too long", () => {
  it("is cut at the limit, and the connection is dropped", async () => {
    let written = 0;
    const flood = (socket: Socket): void => {
      const chunk = new Uint8Array(64 * 1024);
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
      const pump = (): void => {
        while (!socket.destroyed) {
          written += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on("drain", pump);
      pump();
    };
    const result = await callServer(
      flood,
      callRequest("POST /x"),
      { maxResponse: 1_000_000 },
      (server) => server.closedAtLeast(1),
    );
    assert(!result.ok);
    assert.deepEqual([result.failure.code, result.class, result.retryable], ["bad_response", "unknown", false]);
    assert(written < 50_000_000, `${written} bytes were sent`);
  });
});

describe("expect and response", () => {
  it("expect replaces 2xx", async () => {
    const missing = (socket: Socket): void => void socket.write(answer('{"gone":true}', {}, "404 Not Found"));
    const found = (socket: Socket): void => void socket.write(answer("{}"));
    assert.deepEqual(await callServer(missing, callRequest("GET /", { expect: ["2xx", 404] })), {
      ok: true,
      output: { gone: true },
    });
    assert.deepEqual(await callServer(missing, callRequest("GET /", { expect: ["404"] })), {
      ok: true,
      output: { gone: true },
    });
    const result = await callServer(found, callRequest("GET /", { expect: [404] }));
    assert(!result.ok);
    assert.equal(result.failure.code, "http_200");
  });

  it("full gives status, headers in lower case and body; set-cookie is a list", async () => {
    const reply = (socket: Socket): void =>
      void socket.write(
        "HTTP/1.1 201 Created\r\nX-A: 1\r\nX-A: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi",
      );
    assert.deepEqual(await callServer(reply, callRequest("POST /", { response: "full" })), {
      ok: true,
      output: {
        status: 201,
        headers: { "x-a": "1, 2", "set-cookie": ["a=1", "b=2"], "content-type": "text/plain", "content-length": "2" },
        body: "hi",
      },
    });
  });

  it("HEAD has no body, whatever its length says", async () => {
    const reply = (socket: Socket): void => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n");
    assert.deepEqual(await callServer(reply, callRequest("HEAD /")), { ok: true, output: null });
  });
});

describe("redirects", () => {
  const chain = (socket: Socket, { target }: RawRequest): void => {
    const hop = Number(target.slice(1));
    socket.write(hop === 0 ? answer('"there"') : answer('"moved"', { location: `/${hop - 1}` }, "302 Found"));
  };

  it("up to five are followed for GET, on one connection", async () => {
    const result = await callServer(chain, callRequest("GET /5"), {}, (server) => assert.equal(server.connections, 1));
    assert.deepEqual(result, { ok: true, output: "there" });
    const sixth = await callServer(chain, callRequest("GET /6"));
    assert(!sixth.ok);
    assert.equal(sixth.failure.code, "http_302");
    assert.match(sixth.failure.message, /more than 5 redirects/);
  });

  it("another origin and another verb are not followed, and the message names the place", async () => {
    const away = (socket: Socket): void =>
      void socket.write(answer("", { location: "http://other.test/x?token=1" }, "307 Away"));
    const read = await callServer(away, callRequest("GET /a"));
    assert(!read.ok);
    assert.deepEqual([read.failure.code, read.class, read.mayHaveActed], ["http_307", "permanent", false]);
    assert.equal(
      read.failure.message,
      "HTTP 307 from GET /a: redirect to http://other.test/x; it leaves the service's origin",
    );
    const written = await callServer(
      chain,
      callRequest("POST /1"),
      {},
      (server) => assert.equal(server.requests.length, 1),
    );
    assert(!written.ok);
    assert.equal(written.failure.message, "HTTP 302 from POST /1: redirect to /0; a redirect of POST is not followed");
  });

  it("an expected one completes the call", async () => {
    assert.deepEqual(await callServer(chain, callRequest("GET /1", { expect: [302] })), { ok: true, output: "moved" });
  });
});

describe("parseRetryAfter()", () => {
  it("reads seconds and dates", () => {
    const now = Date.parse("2030-01-01T00:00:00Z");
    assert.equal(parseRetryAfter("120", now), 120_000);
    assert.equal(parseRetryAfter("Tue, 01 Jan 2030 00:00:07 GMT", now), 7_000);
    assert.equal(parseRetryAfter("Mon, 31 Dec 2029 00:00:07 GMT", now), 0);
    for (const text of ["", "soon", "-1", "1.5", undefined]) assert.equal(parseRetryAfter(text, now), undefined);
  });
});
