import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { ServerCredentials } from "@grpc/grpc-js";
import type { ServiceConfig, TlsConfig } from "../../../src/engine/service.ts";
import { toBuffer } from "../../../src/runtime/buffer.ts";
import { type GrpcTestServer, startGrpcServer } from "../../servers/grpc_server.ts";
import { makeTlsFiles, type TlsFiles } from "../../servers/tls_files.ts";
import { call, compileFixtures, failureOf, openClient, output, unary } from "./fixtures.ts";

describe("gRPC over TLS", () => {
  let descriptors: string;
  let files: TlsFiles;
  let others: TlsFiles;
  let plain: GrpcTestServer;
  let secure: GrpcTestServer;
  let mutual: GrpcTestServer;

  before(async () => {
    const set = await compileFixtures("shop/v1/shop.proto");
    descriptors = base64Encode(set);
    [files, others] = await Promise.all([makeTlsFiles(), makeTlsFiles()]);
    const bytes = (text: string) => toBuffer(new TextEncoder().encode(text));
    const credentials = (mustHaveCertificate: boolean) =>
      ServerCredentials.createSsl(
        bytes(files.cert),
        [{ cert_chain: bytes(files.cert), private_key: bytes(files.key) }],
        mustHaveCertificate,
      );
    const handlers = { "shop.v1.Shop/CreateOrder": unary(() => ({ id: "o-1" })) };
    plain = await startGrpcServer({ descriptors: set, handlers });
    secure = await startGrpcServer({ descriptors: set, handlers, credentials: credentials(false) });
    mutual = await startGrpcServer({ descriptors: set, handlers, credentials: credentials(true) });
  });

  after(async () => {
    for (const server of [plain, secure, mutual]) server.stop();
    await Promise.all([files.remove(), others.remove()]);
  });

  async function create(endpoint: string, tls?: TlsConfig) {
    const more: Partial<ServiceConfig> = { descriptors, tls };
    const client = openClient(endpoint, more);
    const result = await call(client, "CreateOrder", {});
    await client.close();
    return result;
  }

  async function tlsError(endpoint: string, tls: TlsConfig): Promise<string> {
    const result = await failureOf(create(endpoint, tls));
    assert.equal(result.failure.code, "tls_error", result.failure.message);
    assert.equal(result.class, "permanent");
    assert.equal(result.mayHaveActed, false);
    return result.failure.message;
  }

  it("call() trusts the given authority, by address, by name, and by https://", async () => {
    const tls = { ca: files.certPath };
    await output(create(secure.endpoint, tls));
    await output(create(`localhost:${secure.port}`, tls));
    await output(create(`https://localhost:${secure.port}`, tls));
    await output(create(`dns:///localhost:${secure.port}`, tls));
  });

  it("call() checks the given server name instead of the host", async () => {
    await output(create(secure.endpoint, { ca: files.certPath, serverName: "service.test" }));
    const message = await tlsError(secure.endpoint, { ca: files.certPath, serverName: "wrong.test" });
    assert.match(message, /Host: wrong\.test\. is not in the cert's altnames/);
  });

  it("call() trusts neither self-signed certificates nor those of another authority", async () => {
    assert.match(await tlsError(secure.endpoint, {}), /self.signed certificate/);
    await tlsError(secure.endpoint, { ca: others.certPath });
  });

  it("call() shows its own certificate", async () => {
    await output(create(mutual.endpoint, { ca: files.certPath, cert: files.certPath, key: files.keyPath }));
    const message = await tlsError(mutual.endpoint, { ca: files.certPath });
    assert.match(message, /it may want another client certificate/);
  });

  it("call() says that the server does not speak TLS", async () => {
    const message = await tlsError(plain.endpoint, { ca: files.certPath });
    assert.equal(message, `Cannot connect to ${plain.endpoint}: the server does not speak TLS`);
  });

  it("call() says that the server may want TLS", async () => {
    const result = await failureOf(create(secure.endpoint));
    assert.equal(result.failure.code, "UNAVAILABLE");
    assert.equal(result.class, "transient");
    assert.match(result.failure.message, /if the service uses TLS, give "tls:"$/);
  });

  it("call() names a file that cannot be used", async () => {
    assert.match(await tlsError(secure.endpoint, { ca: "/no/such.pem" }), /^Service "shop": .*\/no\/such\.pem/);
    assert.match(await tlsError(secure.endpoint, { ca: files.keyPath }), /holds no PEM CERTIFICATE$/);
    assert.match(await tlsError(secure.endpoint, { cert: files.certPath }), /needs "cert" and "key" together$/);
  });
});
