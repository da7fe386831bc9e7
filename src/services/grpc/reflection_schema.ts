import type { DescMessage } from "@bufbuild/protobuf";
import { defineSchema } from "./define_schema.ts";

/** The two packages under which servers offer reflection; their messages are the same. */
export const REFLECTION_PACKAGES: readonly string[] = ["grpc.reflection.v1", "grpc.reflection.v1alpha"];

/** The messages of the protocol that Maestro uses: what a client asks, and what a server answers. */
export const reflectionSchema: () => Readonly<
  Record<"ServerReflectionRequest" | "ServerReflectionResponse", DescMessage>
> = defineSchema("grpc.reflection.v1", {
  ServerReflectionRequest: {
    host: [1, "string"],
    file_by_filename: [3, "string", "message_request"],
    file_containing_symbol: [4, "string", "message_request"],
    list_services: [7, "string", "message_request"],
  },
  ServerReflectionResponse: {
    file_descriptor_response: [4, "FileDescriptorResponse", "message_response"],
    list_services_response: [6, "ListServiceResponse", "message_response"],
    error_response: [7, "ErrorResponse", "message_response"],
  },
  FileDescriptorResponse: { file_descriptor_proto: [1, "bytes[]"] },
  ListServiceResponse: { service: [1, "ServiceResponse[]"] },
  ServiceResponse: { name: [1, "string"] },
  ErrorResponse: { error_code: [1, "int32"], error_message: [2, "string"] },
});
