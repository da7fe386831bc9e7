import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import type { AttemptResult, ServiceConfig, TlsConfig } from "../../src/engine/service.ts";
import type { FetchFactory } from "../../src/runtime/fetch.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { createHttpAdapter } from "../../src/services/http/adapter.ts";
import { callContext } from "../servers/call_context.ts";
import { callRequest, httpConfig } from "../servers/http_call.ts";
import { type ProxyServer, startProxyServer } from "../servers/proxy_server.ts";
import { answer, type RawHttpOptions, type RawHttpServer, startRawHttpServer } from "../servers/raw_http_server.ts";
import { makeTlsFiles, type TlsFiles } from "../servers/tls_files.ts";

const onRequest: RawHttpOptions["onRequest"] = (socket, { target }) =>
  void socket.write(answer(JSON.stringify(target)));

let files: TlsFiles;
let plain: RawHttpServer;
let secure: RawHttpServer;
let mutual: RawHttpServer;
let proxy: ProxyServer;

before(async () => {
  files = await makeTlsFiles();
  const { cert, key } = files;
  plain = await startRawHttpServer({ onRequest });
  secure = await startRawHttpServer({ onRequest, tls: { cert, key } });
  mutual = await startRawHttpServer({ onRequest, tls: { cert, key, ca: cert } });
  proxy = await startProxyServer();
});
after(() => Promise.all([files.remove(), plain.close(), secure.close(), mutual.close(), proxy.close()]));

async function call(
  endpoint: string,
  config: Partial<ServiceConfig> = {},
  fetch: FetchFactory = createFetch,
): Promise<AttemptResult> {
  const client = createHttpAdapter({ fetch, readFile }).open(httpConfig(endpoint, config));
  try {
    await client.call(callRequest("POST /first"), callContext());
    return await client.call(callRequest("POST /x"), callContext());
  } finally {
    await client.close();
  }
}

/** The message of a call that must fail with `tls_error`, for certain without an effect. */
async function complaint(endpoint: string, tls?: TlsConfig): Promise<string> {
  const result = await call(endpoint, tls === undefined ? {} : { tls });
  assert(!result.ok);
  assert.deepEqual(
    [result.failure.code, result.class, result.mayHaveActed],
    ["tls_error", "permanent", false],
    result.failure.message,
  );
  assert.doesNotMatch(result.failure.message, /routines|\.c:\d/);
  return result.failure.message;
}

const DONE = { ok: true, output: "/x" };

describe("TLS", () => {
  it("trusts the given authority, for the host's name and for another one", async () => {
    const ca = files.certPath;
    assert.deepEqual(await call(secure.url, { tls: { ca } }), DONE);
    assert.deepEqual(await call(`https://127.0.0.1:${secure.port}`, { tls: { ca } }), DONE);
    assert.deepEqual(await call(`https://127.0.0.1:${secure.port}`, { tls: { ca, serverName: "service.test" } }), DONE);
  });

  it("refuses unknown authorities and wrong names", async () => {
    assert.match(await complaint(secure.url), /^No TLS connection to https:\/\/localhost:\d+: .*self.signed/i);
    assert.match(await complaint(secure.url, { ca: files.certPath, serverName: "other.test" }), /other\.test/);
  });

  it("shows a certificate of its own where the service asks for one", async () => {
    const { certPath: ca, certPath: cert, keyPath: key } = files;
    assert.deepEqual(await call(mutual.url, { tls: { ca, cert, key } }), DONE);
    assert.match(await complaint(mutual.url, { ca }), /certificate/i);
  });

  it("names a file that cannot be read", async () => {
    assert.match(
      await complaint(secure.url, { ca: "/nowhere/ca.pem" }),
      /cannot read "\/nowhere\/ca\.pem" \(tls\.ca\)/,
    );
  });

  it("on a plain port is a TLS error, and plain HTTP on a TLS port no answer", async () => {
    const teapot = await startRawHttpServer({ onConnection: (socket) => void socket.end("HTTP/1.1 400 Bad\r\n\r\n") });
    await complaint(teapot.url.replace("http:", "https:"));
    await teapot.close();
    const result = await call(`http://localhost:${secure.port}`);
    assert(!result.ok);
    assert.equal(result.class, "unknown");
    assert.match(result.failure.code, /^(connection_lost|bad_response)$/);
  });

  it("a connection closed during the handshake was not sent", async () => {
    const rude = await startRawHttpServer({ onConnection: (socket) => socket.destroy() });
    const result = await call(rude.url.replace("http:", "https:"));
    assert(!result.ok);
    assert.deepEqual([result.failure.code, result.class], ["connection_refused", "transient"], result.failure.message);
    await rude.close();
  });
});

describe("proxies of the environment", () => {
  const through = (variables: Readonly<Record<string, string>>): FetchFactory => (settings) =>
    createFetch({ ...settings, proxyEnv: variables });

  it("carry plain requests by their whole URL", async () => {
    const seen = proxy.log.length;
    const url = proxy.url.replace("//", "//user:p%40ss@");
    assert.deepEqual(await call(plain.url, {}, through({ HTTP_PROXY: url })), DONE);
    assert.deepEqual(
      proxy.log.slice(seen),
      ["first", "x"].map((path) => `POST ${plain.url}/${path} Basic ${btoa("user:p@ss")}`),
    );
  });

  it("carry TLS through a tunnel, in either case of the name, one for several calls", async () => {
    const seen = proxy.log.length;
    assert.deepEqual(
      await call(secure.url, { tls: { ca: files.certPath } }, through({ https_proxy: proxy.url })),
      DONE,
    );
    assert.deepEqual(proxy.log.slice(seen), [`CONNECT localhost:${secure.port} undefined`]);
  });

  it("are passed by for hosts in NO_PROXY and for the other scheme", async () => {
    const seen = proxy.log.length;
    assert.deepEqual(
      await call(plain.url, {}, through({ http_proxy: proxy.url, no_proxy: "other.test,127.0.0.1" })),
      DONE,
    );
    assert.deepEqual(await call(plain.url, {}, through({ HTTPS_PROXY: proxy.url })), DONE);
    assert.equal(proxy.log.length, seen);
  });

  it("that are no URL are bad input, and their password is not shown", async () => {
    for (const url of ["proxy:3128", "socks5://user:secret@proxy:1080"]) {
      const result = await call(plain.url, {}, through({ HTTP_PROXY: url }));
      assert(!result.ok);
      assert.equal(result.failure.code, "bad_input");
      assert.match(result.failure.message, /variable HTTP_PROXY is no http:/);
    }
  });

  it("that are down are a refused connection", async () => {
    const result = await call(plain.url, {}, through({ HTTP_PROXY: "http://127.0.0.1:1" }));
    assert(!result.ok);
    assert.deepEqual([result.failure.code, result.class], ["connection_refused", "transient"]);
    const tunnelled = await call(
      secure.url,
      { tls: { ca: files.certPath } },
      through({ HTTPS_PROXY: "http://127.0.0.1:1" }),
    );
    assert(!tunnelled.ok);
    assert.deepEqual(
      [tunnelled.failure.code, tunnelled.class],
      ["connection_refused", "transient"],
      tunnelled.failure.message,
    );
  });
});
