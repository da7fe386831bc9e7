import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { systemClock } from "../../src/engine/clock.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { createHttpAdapter } from "../../src/services/http/adapter.ts";
import { createServiceRegistry } from "../../src/services/open_services.ts";
import { callContext } from "../servers/call_context.ts";
import { callRequest, httpConfig } from "../servers/http_call.ts";
import { answer, startRawHttpServer } from "../servers/raw_http_server.ts";

function openRegistry(): ReturnType<typeof createServiceRegistry> {
  const adapters = { http: createHttpAdapter({ fetch: createFetch, readFile }) };
  return createServiceRegistry({ adapters, clock: systemClock });
}

describe("a service behind its protections", () => {
  it("that hangs costs an attempt its time limit, and its connection is closed", async () => {
    const server = await startRawHttpServer({
      onRequest: (socket, { target }) => void (target === "/well" && socket.write(answer("1"))),
    });
    const registry = openRegistry();
    const client = registry.client(httpConfig(server.url));
    assert.equal((await client.call(callRequest("POST /well"), callContext())).ok, true);
    const result = await client.call(callRequest("POST /hang"), callContext({ attemptTimeoutMs: 40 }));
    assert(!result.ok);
    assert.deepEqual([result.failure.code, result.class, result.mayHaveActed], ["timeout", "unknown", true]);
    await server.closedAtLeast(1);
    await registry.close();
    await server.close();
  });

  it("gets at most as many connections as its pool, and serves fifty calls over them", async () => {
    const server = await startRawHttpServer({
      onRequest: (socket: Socket) => void setTimeout(() => socket.write(answer("1")), 1),
    });
    const registry = openRegistry();
    const client = registry.client(httpConfig(server.url, { poolSize: 3 }));
    const results = await Promise.all(
      Array.from({ length: 50 }, () => client.call(callRequest("POST /x"), callContext())),
    );
    for (const result of results) assert.deepEqual(result, { ok: true, output: 1 });
    assert.equal(server.requests.length, 50);
    assert(server.connections <= 3, `${server.connections} connections`);
    await registry.close();
    await server.closedAtLeast(server.connections);
    await server.close();
  });

  it("that is down is given up until its breaker lets a probe through", async () => {
    const server = await startRawHttpServer({ onRequest: (socket) => void socket.write(answer("", {}, "503 Busy")) });
    const registry = openRegistry();
    const circuitBreaker = { failureRatio: 0.6, minCalls: 5, windowMs: 10_000, openForMs: 30_000 };
    const client = registry.client(httpConfig(server.url, { circuitBreaker }));
    const codes: string[] = [];
    for (let n = 0; n < 7; n++) {
      const result = await client.call(callRequest("POST /x"), callContext());
      codes.push(result.ok ? "ok" : result.failure.code);
    }
    assert.deepEqual(codes, [...Array<string>(5).fill("http_503"), "circuit_open", "circuit_open"]);
    assert.equal(server.requests.length, 5);
    await registry.close();
    await server.close();
  });
});
