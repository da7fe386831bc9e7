// The services of the benchmarks, in a process of their own: HTTP and gRPC on free ports of the loopback interface.
// Prints their addresses as one line of JSON. Ends when its standard input does, or by itself after a while.
import { create, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type UntypedHandleCall } from "@grpc/grpc-js";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { toBuffer } from "../../src/runtime/buffer.ts";
import { ordersService } from "./orders_descriptors.ts";
import { ANSWERS } from "./order_workflow.ts";

const LONGEST_LIFE_MS = 30 * 60_000;

const [http, grpc] = await Promise.all([serveHttp(), serveGrpc()]);
console.log(JSON.stringify({ http: `127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}` }));
setTimeout(() => process.exit(1), LONGEST_LIFE_MS).unref();
process.stdin.resume().once("end", () => process.exit(0));

function serveHttp(): Promise<number> {
  const bodies = new Map(Object.entries(ANSWERS).map(([name, answer]) => [`/${name}`, JSON.stringify(answer)]));
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume().once("end", () => {
      const body = bodies.get(request.url ?? "");
      const length = body?.length ?? 0;
      response.writeHead(body === undefined ? 404 : 200, {
        "content-type": "application/json",
        "content-length": length,
      });
      response.end(body);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** The answers are encoded once and the requests are not looked at: what is measured is the callers. */
async function serveGrpc(): Promise<number> {
  const server = new Server();
  for (const { name, parent, output } of (await ordersService()).methods) {
    const path = `/${parent.typeName}/${name}`;
    const answer = toBuffer(toBinary(output, create(output, ANSWERS[name] as never)));
    const handler: UntypedHandleCall = (_call: unknown, reply: (error: null, answer: Uint8Array) => void) => {
      reply(null, answer);
    };
    const asIs = (bytes: Uint8Array) => toBuffer(bytes);
    server.addService({
      [name]: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    }, { [name]: handler });
  }
  return await new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}
