import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readFile } from "node:fs/promises";
import type { CallContext, CallRequest, ServiceConfig } from "../../src/engine/service.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { createHttpAdapter } from "../../src/services/http/adapter.ts";
import { callContext } from "../servers/call_context.ts";
import { callRequest, httpConfig } from "../servers/http_call.ts";
import { answer, type RawHttpServer, type RawRequest, startRawHttpServer } from "../servers/raw_http_server.ts";

const adapter = createHttpAdapter({ fetch: createFetch, readFile });
let server: RawHttpServer;

before(async () => {
  server = await startRawHttpServer({ onRequest: (socket) => socket.write(answer('{"ok":true}')) });
});
after(() => server.close());

/** Makes a call and gives the request that arrived. */
async function arrival(
  request: CallRequest,
  config: Partial<ServiceConfig> = {},
  context: Partial<CallContext> = {},
  base = "",
): Promise<RawRequest> {
  const client = adapter.open(httpConfig(server.url + base, config));
  const result = await client.call(request, callContext(context));
  await client.close();
  assert.deepEqual(result, { ok: true, output: { ok: true } });
  return server.requests.at(-1)!;
}

/** Makes a call that must fail as bad input, and gives the message. */
async function complaint(request: CallRequest, config: Partial<ServiceConfig> = {}): Promise<string> {
  const seen = server.requests.length;
  const client = adapter.open(httpConfig(server.url, config));
  const result = await client.call(request, callContext());
  await client.close();
  assert(!result.ok);
  assert.equal(result.failure.code, "bad_input");
  assert.equal(result.class, "permanent");
  assert.equal(result.mayHaveActed, false);
  assert.equal(server.requests.length, seen);
  return result.failure.message;
}

describe("request line", () => {
  it("call() understands every form of method", async () => {
    const cases: readonly [string, string][] = [
      ["POST /enrich", "POST /v2/enrich"],
      ["/enrich", "POST /v2/enrich"],
      ["Enrich", "POST /v2/Enrich"],
      ["get /a/b%2Fc?x=1#part", "GET /v2/a/b%2Fc?x=1"],
      ["GET /grüße", "GET /v2/gr%C3%BC%C3%9Fe"],
      ["OPTIONS /x", "OPTIONS /v2/x"],
      ["PURGE /x", "PURGE /v2/x"],
      [`GET ${server.url}/elsewhere?page=2`, "GET /elsewhere?page=2"],
    ];
    for (const [method, line] of cases) {
      const request = await arrival(callRequest(method), {}, {}, "/v2/");
      assert.equal(`${request.method} ${request.target}`, line);
    }
  });

  it("call() refuses what it must not send", async () => {
    assert.match(await complaint(callRequest("GET http://other.test/x")), /not of the service's own origin/);
    assert.match(await complaint(callRequest(`GET ${server.url.replace("//", "//u:p@")}/x`)), /own origin/);
    assert.match(await complaint(callRequest("GET /a/../b")), /"\.\." segment/);
    assert.match(await complaint(callRequest("GET /a/%2e%2E/b")), /"\.\." segment/);
    assert.match(await complaint(callRequest("GET users")), /must begin with/);
    assert.match(await complaint(callRequest("POST /x"), { endpoint: "ftp://x" }), /is no http/);
    assert.match(await complaint(callRequest("POST /x"), { tls: {} }), /plaintext; write https/);
  });
});

describe("query", () => {
  it("input becomes the query of GET, HEAD and DELETE", async () => {
    const input = { q: "a b&c", n: 1.5, yes: true, none: null, list: ["x", null, "ü"] };
    for (const verb of ["GET", "DELETE"]) {
      const request = await arrival(callRequest(`${verb} /s?a=1`, { input }));
      assert.equal(request.target, "/s?a=1&q=a%20b%26c&n=1.5&yes=true&list=x&list=%C3%BC");
      assert.equal(request.body, "");
      assert.equal(request.headers["content-type"], undefined);
    }
  });

  it("query and body replace what input would give", async () => {
    const posted = await arrival(callRequest("POST /s", { input: { a: 1 }, query: { q: "x" } }));
    assert.equal(posted.target, "/s?q=x");
    assert.equal(posted.body, '{"a":1}');
    const deleted = await arrival(callRequest("DELETE /s", { input: { a: 1 }, body: { b: 2 } }));
    assert.equal(deleted.target, "/s?a=1");
    assert.equal(deleted.body, '{"b":2}');
  });

  it("an explicit null is no query", async () => {
    assert.equal((await arrival(callRequest("GET /s", { input: { a: 1 }, query: null }))).target, "/s");
  });

  it("a map in a query is bad input", async () => {
    assert.match(
      await complaint(callRequest("GET /", { input: { filter: { a: 1 } } })),
      /"filter" must be a plain value, not a map/,
    );
    assert.match(await complaint(callRequest("GET /", { input: [1] })), /must be a map, not a list/);
  });
});

describe("body", () => {
  it("is absent without input", async () => {
    const request = await arrival(callRequest("POST /x"));
    assert.equal(request.body, "");
    assert.equal(request.headers["content-type"], undefined);
    assert.equal(request.headers["transfer-encoding"], undefined);
  });

  it("is written in each encoding", async () => {
    const cases: readonly [Partial<CallRequest>, string, string][] = [
      [{ input: { a: "ü", n: null } }, "application/json", '{"a":"ü","n":null}'],
      [
        { input: { a: "x y", l: [1, 2], n: null }, encoding: "form" },
        "application/x-www-form-urlencoded",
        "a=x%20y&l=1&l=2",
      ],
      [{ body: "grüße", encoding: "text" }, "text/plain; charset=utf-8", "grüße"],
      [{ body: "AAH/", encoding: "binary" }, "application/octet-stream", "\x00\x01\xff"],
    ];
    for (const [more, type, body] of cases) {
      const request = await arrival(callRequest("POST /x", more));
      assert.equal(request.headers["content-type"], type);
      const bytes = Uint8Array.from(request.body, (character) => character.charCodeAt(0));
      assert.equal(more.encoding === "binary" ? request.body : new TextDecoder().decode(bytes), body);
    }
  });

  it("is written as multipart, the same at every attempt", async () => {
    const input = {
      note: "hello",
      none: null,
      tags: ["a", "b"],
      file: { filename: 'a"b.txt', content_type: "text/csv", text: "x,y" },
      raw: { base64: "AAE=" },
    };
    const first = await arrival(callRequest("POST /x", { input, encoding: "multipart" }));
    const second = await arrival(callRequest("POST /x", { input, encoding: "multipart" }));
    assert.equal(first.body, second.body);
    const boundary = /boundary=(\S+)$/.exec(first.headers["content-type"]!)![1]!;
    assert.deepEqual(first.body.split(`--${boundary}`).map((part) => part.replaceAll("\r\n", "|")), [
      "",
      '|content-disposition: form-data; name="note"||hello|',
      '|content-disposition: form-data; name="tags"||a|',
      '|content-disposition: form-data; name="tags"||b|',
      '|content-disposition: form-data; name="file"; filename="a%22b.txt"|content-type: text/csv||x,y|',
      '|content-disposition: form-data; name="raw"||\x00\x01|',
      "--|",
    ]);
  });

  it("is refused where it does not fit its encoding", async () => {
    assert.match(await complaint(callRequest("POST /", { body: {}, encoding: "text" })), /must be text, not a map/);
    assert.match(await complaint(callRequest("POST /", { body: "§", encoding: "binary" })), /not valid base64/);
    assert.match(
      await complaint(callRequest("POST /", { body: { f: { text: "a", name: "x" } }, encoding: "multipart" })),
      /unknown member "name"/,
    );
    assert.match(
      await complaint(callRequest("POST /", { body: { f: { filename: "a" } }, encoding: "multipart" })),
      /either text or base64/,
    );
  });
});

describe("headers", () => {
  it("ours are sent", async () => {
    const { headers } = await arrival(callRequest("POST /x"), {}, { workflow: "bestätigung" });
    assert.equal(headers["idempotency-key"], "key-1");
    assert.equal(headers["traceparent"], callContext().traceparent);
    assert.equal(headers["x-maestro-run-id"], "run-1");
    assert.equal(headers["x-maestro-workflow"], "best%C3%A4tigung");
    assert.equal(headers["x-maestro-step-id"], "pay");
    assert.equal(headers["host"], `127.0.0.1:${server.port}`);
  });

  it("later layers go over earlier ones, whatever the case, and null removes", async () => {
    const layers = [{ "X-Tenant": "a", "X-Gone": "1", ACCEPT: "text/plain" }, {
      "x-tenant": 7,
      "x-gone": null,
      "X-List": ["p", "q"],
    }];
    const { headers } = await arrival(callRequest("POST /x", { headers: layers }), { idempotencyHeader: "X-Key" });
    assert.equal(headers["x-tenant"], "7");
    assert.equal(headers["x-gone"], undefined);
    assert.equal(headers["accept"], "text/plain");
    assert.equal(headers["x-list"], "p, q");
    assert.equal(headers["x-key"], "key-1");
    assert.equal(headers["idempotency-key"], undefined);
  });

  it("the idempotency key can be turned off", async () => {
    const { headers } = await arrival(callRequest("POST /x"), { idempotencyHeader: false });
    assert.equal(headers["idempotency-key"], undefined);
  });

  it("what headers cannot carry is bad input", async () => {
    const message = (headers: CallRequest["headers"][number]): Promise<string> =>
      complaint(callRequest("POST /", { headers: [headers] }));
    assert.match(await message({ "x-a": "1\r\nx-b: 2" }), /"x-a" has a line break/);
    assert.match(await message({ "x-a": "日" }), /cannot carry/);
    assert.match(await message({ "x a": "1" }), /"x a" is no header name/);
    assert.match(await message({ "x-a": { b: 1 } }), /must be text, not a map/);
    assert.match(await message({ "Content-Length": "3" }), /frames the message/);
  });
});
