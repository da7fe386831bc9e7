import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { sendUnaryData, Server, ServerUnaryCall } from "@grpc/grpc-js";
import { toBuffer } from "../../src/runtime/buffer.ts";
import { defineSchema } from "../../src/services/grpc/define_schema.ts";

const healthSchema = defineSchema("grpc.health.v1", {
  HealthCheckRequest: { service: [1, "string"] },
  HealthCheckResponse: { status: [1, "int32"] },
});

const SERVING = 1;
const NOT_SERVING = 2;
const NOT_FOUND = 5;

/** Serves `grpc.health.v1.Health/Check`. The function says whether a service is up; `undefined` where there is none of that name. */
export function addHealth(server: Server, isUp: (service: string) => boolean | undefined): void {
  const { HealthCheckRequest, HealthCheckResponse } = healthSchema();
  server.addService(
    {
      Check: {
        path: "/grpc.health.v1.Health/Check",
        requestStream: false,
        responseStream: false,
        requestSerialize: (value: Message) => toBuffer(toBinary(HealthCheckRequest, value)),
        requestDeserialize: (bytes: Uint8Array) => fromBinary(HealthCheckRequest, bytes),
        responseSerialize: (value: Message) => toBuffer(toBinary(HealthCheckResponse, value)),
        responseDeserialize: (bytes: Uint8Array) => fromBinary(HealthCheckResponse, bytes),
      },
    },
    {
      Check(
        { request }: ServerUnaryCall<Message & { readonly service: string }, Message>,
        reply: sendUnaryData<Message>,
      ) {
        const up = isUp(request.service);
        if (up === undefined) reply({ code: NOT_FOUND, details: `no service "${request.service}"` });
        else reply(null, create(HealthCheckResponse, { status: up ? SERVING : NOT_SERVING } as never));
      },
    },
  );
}
