import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../src/engine/clock.ts";
import type { AttemptResult, AuthConfig } from "../../src/engine/service.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { createAuthorizer } from "../../src/services/auth.ts";
import { createHttpAdapter } from "../../src/services/http/adapter.ts";
import { callContext } from "../servers/call_context.ts";
import { callRequest, httpConfig } from "../servers/http_call.ts";
import { answer, type RawHttpServer, type RawRequest, startRawHttpServer } from "../servers/raw_http_server.ts";

let service: RawHttpServer;
let issuer: RawHttpServer;
/** What the token server answers, and the tokens that the service accepts. */
let issue: (socket: Socket, request: RawRequest) => void;
let accepted: (token: string) => boolean;
let now: number;

beforeEach(async () => {
  now = 0;
  accepted = () => true;
  issue = (socket) =>
    socket.write(answer(JSON.stringify({ access_token: `t${issuer.requests.length}`, expires_in: 100 })));
  issuer = await startRawHttpServer({ onRequest: (socket, request) => issue(socket, request) });
  service = await startRawHttpServer({
    onRequest: (socket, { headers }) => {
      const granted = accepted((headers["authorization"] ?? "").replace("Bearer ", ""));
      socket.write(
        granted ? answer(JSON.stringify(headers["authorization"])) : answer('{"error":"expired"}', {}, "401 No"),
      );
    },
  });
});
afterEach(() => Promise.all([service.close(), issuer.close()]));

function setUp(): {
  call: (auth: AuthConfig, signal?: AbortSignal) => Promise<AttemptResult>;
  close: () => Promise<void>;
} {
  const clock = { ...systemClock, now: () => now };
  const authorizer = createAuthorizer({ fetch: createFetch, clock });
  const client = createHttpAdapter({ fetch: createFetch, readFile, authorizer }).open(httpConfig(service.url));
  return {
    call: async (auth, signal) =>
      await client.call(callRequest("POST /x", { auth }), callContext(signal === undefined ? {} : { signal })),
    async close() {
      authorizer.close();
      await client.close();
    },
  };
}

function oauth2(more: Partial<Extract<AuthConfig, { oauth2: unknown }>["oauth2"]> = {}): AuthConfig {
  return { oauth2: { token_url: `${issuer.url}/token?tenant=a`, client_id: "me:1", client_secret: "s&cret", ...more } };
}

const DONE = (token: string): AttemptResult => ({ ok: true, output: `Bearer ${token}` });

describe("auth", () => {
  it("basic sends user and password", async () => {
    const { call, close } = setUp();
    assert.deepEqual(await call({ basic: { user: "ann", password: "pä" } }), {
      ok: true,
      output: `Basic ${btoa("ann:p\xc3\xa4")}`,
    });
    await close();
  });

  it("oauth2 asks once for many calls, by the client credentials grant", async () => {
    const { call, close } = setUp();
    const auth = () => oauth2({ scopes: ["read", "write"], audience: "api" });
    const results = await Promise.all([call(auth()), call(auth()), call(auth())]);
    for (const result of [...results, await call(auth())]) assert.deepEqual(result, DONE("t1"));
    assert.equal(issuer.requests.length, 1);
    const { method, target, headers, body } = issuer.requests[0]!;
    assert.deepEqual([method, target], ["POST", "/token?tenant=a"]);
    assert.equal(headers["authorization"], `Basic ${btoa("me%3A1:s%26cret")}`);
    assert.equal(body, "grant_type=client_credentials&scope=read+write&audience=api");
    assert.deepEqual(await call(oauth2({ scopes: ["other"] })), DONE("t2"));
    await close();
  });

  it("oauth2 renews a token shortly before it expires", async () => {
    const { call, close } = setUp();
    assert.deepEqual(await call(oauth2()), DONE("t1"));
    now = 89_000;
    assert.deepEqual(await call(oauth2()), DONE("t1"));
    now = 90_000;
    assert.deepEqual(await call(oauth2()), DONE("t2"));
    await close();
  });

  it("oauth2 renews a token that is refused, once per attempt", async () => {
    const { call, close } = setUp();
    accepted = (token) => token !== "t1";
    assert.deepEqual(await Promise.all([call(oauth2()), call(oauth2())]), [DONE("t2"), DONE("t2")]);
    assert.equal(issuer.requests.length, 2);
    accepted = () => false;
    const before = service.requests.length;
    const result = await call(oauth2());
    assert(!result.ok);
    assert.deepEqual([result.failure.code, result.class, result.failure.details], ["http_401", "permanent", {
      error: "expired",
    }]);
    assert.equal(service.requests.length - before, 2);
    assert.equal(issuer.requests.length, 3);
    await close();
  });

  it("oauth2 sorts what goes wrong with the token server, and never calls the service then", async () => {
    const { call, close } = setUp();
    const outcome = async (auth = oauth2()): Promise<readonly unknown[]> => {
      const result = await call(auth);
      assert(!result.ok);
      assert.doesNotMatch(result.failure.message, /s&cret/);
      return [result.failure.code, result.class, result.mayHaveActed];
    };
    issue = (socket) => socket.write(answer('{"error":"invalid_client"}', {}, "401 No"));
    assert.deepEqual(await outcome(), ["http_401", "permanent", false]);
    issue = (socket) => socket.write(answer("", {}, "502 Bad"));
    assert.deepEqual(await outcome(), ["http_502", "transient", false]);
    issue = (socket) => socket.end();
    assert.deepEqual(await outcome(), ["connection_lost", "transient", false]);
    issue = (socket) => socket.write(answer("{}"));
    assert.deepEqual(await outcome(), ["bad_response", "permanent", false]);
    issue = (socket) => socket.write(answer('{"access_token":"a\\nb"}'));
    assert.deepEqual(await outcome(), ["bad_response", "permanent", false]);
    assert.deepEqual(await outcome(oauth2({ token_url: "http://127.0.0.1:1/" })), [
      "connection_refused",
      "transient",
      false,
    ]);
    assert.deepEqual(await outcome(oauth2({ token_url: "token" })), ["bad_input", "permanent", false]);
    assert.equal(service.requests.length, 0);
    await close();
  });

  it("a call that is ended while it waits for a token was not sent", async () => {
    const { call, close } = setUp();
    const stop = new AbortController();
    issue = () => stop.abort("cancelled");
    const result = await call(oauth2(), stop.signal);
    assert(!result.ok);
    assert.deepEqual([result.failure.code, result.mayHaveActed], ["cancelled", false]);
    assert.equal(service.requests.length, 0);
    await close();
  });
});
