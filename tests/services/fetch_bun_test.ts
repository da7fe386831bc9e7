import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import type { FetchError, FetchRequest } from "../../src/runtime/fetch.ts";
import { createBunFetch } from "../../src/runtime/fetch_bun.ts";

const skip = process.versions["bun"] === undefined ? "the global fetch of other runtimes is not used" : false;

const WARM_UP = "/warm-up";

/** Runs a test against a server whose service is known to be well, so that the global `fetch` is used. */
async function withWarmService(
  listener: RequestListener,
  test: (
    send: (request: Partial<FetchRequest>) => ReturnType<ReturnType<typeof createBunFetch>["send"]>,
  ) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    if (request.url === WARM_UP) response.end("well");
    else listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const fetch = createBunFetch({ origin: `http://127.0.0.1:${port}`, proxyEnv: {} });
  const send = (request: Partial<FetchRequest>): ReturnType<typeof fetch.send> =>
    fetch.send({ method: "POST", path: "/", headers: {}, body: "x", signal: new AbortController().signal, ...request });
  try {
    await (await send({ method: "GET", path: WARM_UP, body: undefined })).bytes(100);
    await test(send);
  } finally {
    fetch.close();
    server.closeAllConnections();
    server.close();
  }
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("createBunFetch()", () => {
  it("gives status, headers and body, repeated headers and cookies kept", { skip }, async () => {
    await withWarmService((request, response) => {
      response.writeHead(201, { "x-echo": request.headers["x-list"], "set-cookie": ["a=1", "b=2"] });
      response.end("made");
    }, async (send) => {
      const response = await send({ headers: { "x-list": ["p", "q"] } });
      assert.equal(response.status, 201);
      assert.equal(response.headers["x-echo"], "p, q");
      assert.deepEqual(response.headers["set-cookie"], ["a=1", "b=2"]);
      assert.equal(text(await response.bytes(100)), "made");
    });
  });

  it("sends the first request that matters another way", { skip }, async () => {
    const server = createServer((_request, response) => void response.end("well"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const used: string[] = [];
    const native = globalThis.fetch;
    globalThis.fetch = ((...given: Parameters<typeof native>) => {
      used.push(String(given[0]));
      return native(...given);
    }) as typeof native;
    try {
      for (const isCareful of [true, false]) {
        const fetch = createBunFetch({ origin: `http://127.0.0.1:${port}`, proxyEnv: {} });
        const path = `/${isCareful ? "careful" : "plain"}`;
        const { signal } = new AbortController();
        const response = await fetch.send({ method: "POST", path, headers: {}, body: "x", signal, isCareful });
        await response.bytes(100);
        fetch.close();
      }
    } finally {
      globalThis.fetch = native;
      server.close();
    }
    assert.deepEqual(used.map((url) => new URL(url).pathname), ["/plain"]);
  });

  it("never sends a POST again whose connection broke", { skip }, async () => {
    const seen: IncomingMessage[] = [];
    await withWarmService((request) => {
      seen.push(request);
      request.socket.destroy();
    }, async (send) => {
      const error = await send({}).then(() => undefined, (thrown: FetchError) => thrown);
      assert.deepEqual([error?.code, error?.sent], ["connection_lost", true]);
      assert.equal(seen.length, 1);
    });
  });

  it("drops the connection when the answer is larger than the limit, with and without a length", { skip }, async () => {
    for (const length of [{ "content-length": "4000000" }, {}] as const) {
      let closed: (() => void) | undefined;
      const wasClosed = new Promise<void>((resolve) => closed = resolve);
      await withWarmService((_request, response) => {
        response.on("close", () => closed?.());
        response.writeHead(200, length);
        response.write("x".repeat(1_000_000));
      }, async (send) => {
        const response = await send({});
        const error = await response.bytes(1_000).then(() => undefined, (thrown: FetchError) => thrown);
        assert.equal(error?.code, "too_large");
        await wasClosed;
      });
    }
  });

  it("cuts the connection when the signal is aborted, before the head and within the body", { skip }, async () => {
    for (const sendsHead of [false, true]) {
      const controller = new AbortController();
      let closed: (() => void) | undefined;
      const wasClosed = new Promise<void>((resolve) => closed = resolve);
      await withWarmService((_request, response) => {
        response.on("close", () => closed?.());
        if (sendsHead) response.writeHead(200, { "content-length": "10" }).write("half");
        setTimeout(() => controller.abort("timeout"), 20);
      }, async (send) => {
        const reading = send({ signal: controller.signal }).then((response) => response.bytes(100));
        const error = await reading.then(() => undefined, (thrown: FetchError) => thrown);
        assert.equal(error?.code, "aborted");
        await wasClosed;
      });
    }
  });

  it("does not let a service that hangs starve the others", { skip }, async () => {
    const controller = new AbortController();
    await withWarmService(() => undefined, async (hang) => {
      const hanging = Array.from({ length: 300 }, () => hang({ signal: controller.signal }).catch(() => undefined));
      await withWarmService((_request, response) => void response.end("quick"), async (send) => {
        assert.equal(text(await (await send({})).bytes(100)), "quick");
      });
      controller.abort("cancelled");
      await Promise.all(hanging);
    });
  });
});
