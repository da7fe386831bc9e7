import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ServerUnaryCall } from "@grpc/grpc-js";
import { createMaestro, type LoadedWorkflow, type Maestro, type RunResult } from "../../src/maestro.ts";
import { drain } from "../../src/runtime/drain.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { type GrpcTestServer, startGrpcServer } from "../servers/grpc_server.ts";
import { answer, type RawHttpServer, startRawHttpServer } from "../servers/raw_http_server.ts";
import { compileFixtures, unary } from "../services/grpc/fixtures.ts";

const PASSWORD = "hunter2-hunter2";
const BASIC = btoa(`ada:${PASSWORD}`);
const TOKEN = "token-of-the-issuer";

describe("credentials of services", () => {
  let shop: GrpcTestServer;
  let echo: RawHttpServer;
  let issuer: RawHttpServer;
  const seen: string[] = [];

  const guard = (header: unknown): void => {
    seen.push(String(header));
    if (header === `Bearer ${TOKEN}` || header === `Basic ${BASIC}`) return;
    throw Object.assign(new Error("no"), { code: 16 });
  };

  before(async () => {
    shop = await startGrpcServer({
      descriptors: await compileFixtures("shop/v1/shop.proto"),
      handlers: {
        "shop.v1.Shop/CreateOrder": unary((_, { metadata }: ServerUnaryCall<unknown, unknown>) => {
          guard(metadata.get("authorization")[0]);
          return { id: String(metadata.get("authorization")[0]) };
        }),
      },
      interceptReflection: (stream) => {
        if (stream.metadata.get("authorization").length > 0) return false;
        stream.emit("error", Object.assign(new Error("no"), { code: 16 }));
        return true;
      },
    });
    echo = await startRawHttpServer({
      onRequest: (socket, { headers, target }) =>
        socket.write(answer(JSON.stringify({ got: headers["authorization"], target }), {}, "400 Bad Request")),
    });
    issuer = await startRawHttpServer({
      onRequest: (socket, { headers }) =>
        socket.write(
          headers["authorization"] === `Basic ${BASIC}`
            ? answer(JSON.stringify({ access_token: TOKEN, expires_in: 3600 }))
            : answer(JSON.stringify({ got: headers["authorization"] }), {}, "401 No"),
        ),
    });
  });

  after(async () => {
    shop.stop();
    await Promise.all([echo.close(), issuer.close()]);
  });

  /** Runs a workflow; gives its end and everything that listeners heard, as text. */
  async function run(text: string): Promise<{ readonly result: RunResult; readonly told: string }> {
    const events: unknown[] = [];
    const maestro = open((event) => events.push(event));
    try {
      const result = await (await maestro.start(await load(maestro, text), { input: {} })).result();
      return { result, told: JSON.stringify([result, result.steps, events]) };
    } finally {
      await maestro.close();
    }
  }

  const oauth2 = () =>
    `oauth2: { token_url: "${issuer.url}/token", client_id: ada, client_secret: "{{ secrets.PASSWORD }}" }`;

  const basic = `basic: { user: ada, password: "{{ secrets.PASSWORD }}" }`;

  const workflow = (type: string, endpoint: string, auth: string, method: string) => `
name: guarded
services:
  guarded: { type: ${type}, endpoint: "${endpoint}", auth: { ${auth} }, circuit_breaker: false }
steps:
  - { id: call, service: guarded, method: ${method}, input: {}, output: answer }
output: "{{ .answer }}"
`;

  it("start() sends them to gRPC services, and tells nobody what comes back", async () => {
    for (const [auth, header] of [[oauth2(), `Bearer ${TOKEN}`], [basic, `Basic ${BASIC}`]] as const) {
      seen.length = 0;
      const { result, told } = await run(workflow("grpc", shop.endpoint, auth, "CreateOrder"));
      assert.equal(result.status, "completed", JSON.stringify(result.error));
      assert.deepEqual(seen, [header]);
      assertSilent(told);
      assert.deepEqual((result.output as { id: string }).id, "[secret]");
    }
  });

  it("load() shows them to the reflection of a live service", async () => {
    const maestro = open();
    for (const auth of [oauth2(), basic]) {
      const text = workflow("grpc", shop.endpoint, auth, "CreateOrder");
      const { diagnostics } = await maestro.load({ file: "guarded.yaml", text }, { online: true });
      assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
    }
    await maestro.close();
  });

  it("never come back in an HTTP answer or in what the token server says", async () => {
    const wrong = oauth2().replace("client_id: ada", "client_id: eve");
    for (const auth of [oauth2(), basic, wrong]) {
      const { result, told } = await run(workflow("http", echo.url, auth, "POST /echo"));
      assert.equal(result.error?.code, auth === wrong ? "http_401" : "http_400");
      assertSilent(told);
      assert.match(told, /\[secret\]/);
    }
  });

  it("secrets in an endpoint are known before anything is said of it", async () => {
    const { result, told } = await run(`
name: hidden
services:
  refused: { type: grpc, endpoint: "{{ secrets.PASSWORD }}:1", circuit_breaker: false, retry: { attempts: 1 } }
  unknown: { type: http, endpoint: "ftp://{{ secrets.PASSWORD }}/", circuit_breaker: false }
  echoing: { type: http, endpoint: "${echo.url}/{{ secrets.PASSWORD }}", circuit_breaker: false }
steps:
  - { id: refused, service: refused, method: shop.v1.Shop/CreateOrder, input: {}, on_error: continue }
  - { id: unknown, service: unknown, method: GET /x, on_error: continue }
  - { id: echoing, service: echoing, method: GET /x, on_error: continue }
`);
    assert.equal(result.status, "completed");
    assert.deepEqual(result.steps.map(({ status }) => status), ["failed", "failed", "failed"]);
    assertSilent(told);
  });
});

function open(onEvent?: (event: unknown) => void): Maestro {
  const readFile = (path: string): Promise<Uint8Array> => Promise.reject(new Error(`no file ${path}`));
  return createMaestro({
    runtime: { name: "bun", fetch: createFetch, drain, readFile },
    secrets: (name) => name === "PASSWORD" ? PASSWORD : undefined,
    onEvent,
  });
}

async function load(maestro: Maestro, text: string): Promise<LoadedWorkflow> {
  const { workflow, diagnostics } = await maestro.load({ file: "guarded.yaml", text });
  assert(workflow !== undefined, JSON.stringify(diagnostics));
  return workflow;
}

function assertSilent(told: string): void {
  for (const secret of [PASSWORD, BASIC, TOKEN]) assert(!told.includes(secret), told);
}
