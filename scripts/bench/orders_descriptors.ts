import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compileProtoFiles } from "../../src/services/grpc/proto_files.ts";

/** The descriptor set of `orders.proto`, serialised. */
export async function ordersDescriptorSet(): Promise<Uint8Array> {
  return await compileProtoFiles([fileURLToPath(new URL("orders.proto", import.meta.url))], readFile);
}

/** The service of `orders.proto`. */
export async function ordersService(): Promise<DescService> {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await ordersDescriptorSet()));
  return registry.getService("bench.v1.Orders")!;
}
