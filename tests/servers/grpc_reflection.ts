import { create, type DescFile, type FileRegistry, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server, ServerDuplexStream } from "@grpc/grpc-js";
import { reflectionSchema } from "../../src/services/grpc/reflection_schema.ts";
import { toBuffer } from "../../src/runtime/buffer.ts";

/** The versions of the reflection protocol. */
export type ReflectionVersion = "v1" | "v1alpha";

interface Question {
  readonly messageRequest: { readonly case?: string; readonly value: string };
}

/**
 * Serves the descriptors of a registry by reflection.
 *
 * `intercept` sees every stream first, and takes it over by giving `true`.
 */
export function addReflection(
  server: Server,
  version: ReflectionVersion,
  registry: () => FileRegistry,
  intercept?: (stream: ServerDuplexStream<Message, Message>) => boolean,
): void {
  const { ServerReflectionRequest: Request, ServerReflectionResponse: Response } = reflectionSchema();
  server.addService(
    {
      ServerReflectionInfo: {
        path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        requestStream: true,
        responseStream: true,
        requestSerialize: (value: Message) => toBuffer(toBinary(Request, value)),
        requestDeserialize: (bytes: Uint8Array) => fromBinary(Request, bytes),
        responseSerialize: (value: Message) => toBuffer(toBinary(Response, value)),
        responseDeserialize: (bytes: Uint8Array) => fromBinary(Response, bytes),
      },
    },
    {
      ServerReflectionInfo(call: ServerDuplexStream<Message & Question, Message>) {
        if (intercept?.(call) === true) return;
        call.on("data", (question: Question) => {
          const messageResponse = answer(registry(), question.messageRequest);
          call.write(create(Response, { messageResponse } as never));
        });
        call.on("end", () => call.end());
        call.on("error", () => call.end());
      },
    },
  );
}

function answer(registry: FileRegistry, question: Question["messageRequest"]): object {
  switch (question.case) {
    case "listServices":
      return {
        case: "listServicesResponse",
        value: { service: [...registry].flatMap((type) => type.kind === "service" ? [{ name: type.typeName }] : []) },
      };
    case "fileByFilename":
      return fileAnswer(registry.getFile(question.value));
    default:
      return fileAnswer(registry.get(question.value)?.file);
  }
}

/** One file without its imports: clients have to ask for them. */
function fileAnswer(file: DescFile | undefined): object {
  if (file === undefined) return { case: "errorResponse", value: { errorCode: 5, errorMessage: "not found" } };
  const bytes = toBinary(FileDescriptorProtoSchema, file.proto);
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto: [bytes] } };
}
