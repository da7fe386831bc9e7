// One gRPC call by hand: what a one-call `maestro execute` is measured against. Arguments: endpoint, input, descriptor set.
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process from "node:process";

const [endpoint = "", input = "{}", descriptors = ""] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const method = registry.getService("bench.v1.Orders")!.method["cancelOrder"]!;
const metadata = new Metadata();
metadata.set("idempotency-key", crypto.randomUUID());
const client = new Client(endpoint, credentials.createInsecure());
client.makeUnaryRequest(
  "/bench.v1.Orders/CancelOrder",
  (bytes: Uint8Array) => Buffer.from(bytes),
  (bytes) => toJson(method.output, fromBinary(method.output, bytes)),
  toBinary(method.input, fromJson(method.input, JSON.parse(input))),
  metadata,
  { deadline: Date.now() + 5_000 },
  (error, answer) => {
    if (error !== null) throw error;
    console.log(JSON.stringify(answer, null, 2));
    process.exit(0);
  },
);
