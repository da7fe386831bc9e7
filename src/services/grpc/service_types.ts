import { type DescEnum, type DescField, type DescMessage, type DescMethod, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import type { JsonValue } from "../../base/json.ts";
import type { FieldType, MessageType, MethodType, ServiceTypes, ValueType } from "../../engine/message_type.ts";
import type { AuthConfig, ServiceConfig } from "../../engine/service.ts";
import type { Authorizer } from "../auth.ts";
import { GrpcClient } from "./client.ts";
import type { ReadFile } from "./credentials.ts";
import { readDescriptorSet } from "./descriptors.ts";
import { isClientStreaming, isReadOnly, isServerStreaming, MethodTable } from "./methods.ts";
import { isWrapper, STRUCT, VALUE } from "./well_known.ts";

/** How a live server is asked for its types. */
export interface ReflectOptions {
  /** Reads certificates and keys. */
  readonly readFile: ReadFile;
  /** The service's metadata, as in a call. */
  readonly headers?: readonly Readonly<Record<string, JsonValue>>[] | undefined;
  /** The service's credentials, and what carries them out. */
  readonly auth?: AuthConfig | undefined;
  readonly authorizer?: Authorizer | undefined;
  /** @default 10 seconds */
  readonly timeoutMs?: number | undefined;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** What a FileDescriptorSet says of the methods in it. Throws an `Error` for bytes that are no such set. */
export function serviceTypes(descriptors: Uint8Array): ServiceTypes {
  return typesOf(new MethodTable(readDescriptorSet(descriptors)));
}

/**
 * What a running server says of its methods by reflection.
 *
 * Rejects with an `Error` that says why when it cannot be asked.
 */
export async function reflectServiceTypes(config: ServiceConfig, options: ReflectOptions): Promise<ServiceTypes> {
  const { readFile, authorizer, auth, headers = [], timeoutMs = 10_000, signal } = options;
  const client = new GrpcClient({ ...config, descriptors: undefined }, { readFile, authorizer, now: Date.now });
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort("timeout"), timeoutMs);
  const onAbort = (): void => limit.abort("cancelled");
  signal?.addEventListener("abort", onAbort);
  try {
    const schema = await client.schema({ headers, auth }, timeoutMs, limit.signal);
    if ("ok" in schema) throw new Error(schema.failure.message);
    return typesOf(schema.methods);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    await client.close();
  }
}

function typesOf(methods: MethodTable): ServiceTypes {
  const messages = new Map<DescMessage, MessageType>();
  return {
    methods: methods.names(),
    findMethod(name, grpcService) {
      const found = methods.find(name, grpcService);
      return "problem" in found ? found : methodType(found, messages);
    },
  };
}

function methodType(method: DescMethod, messages: Map<DescMessage, MessageType>): MethodType {
  return {
    name: `${method.parent.typeName}/${method.name}`,
    input: messageValue(method.input, messages),
    output: messageValue(method.output, messages),
    clientStreaming: isClientStreaming(method),
    serverStreaming: isServerStreaming(method),
    isReadOnly: isReadOnly(method),
  };
}

function messageValue(desc: DescMessage, messages: Map<DescMessage, MessageType>): ValueType {
  if (isWrapper(desc)) return scalarValue(desc.fields[0]!.scalar!);
  switch (desc.typeName) {
    case VALUE:
      return { kind: "any" };
    case STRUCT:
    case "google.protobuf.Any":
      return { kind: "map", value: { kind: "any" } };
    case "google.protobuf.ListValue":
      return { kind: "list", item: { kind: "any" } };
    case "google.protobuf.Timestamp":
    case "google.protobuf.Duration":
    case "google.protobuf.FieldMask":
      return { kind: "scalar", type: "text", name: desc.typeName };
    default:
      return messageType(desc, messages);
  }
}

/** Fields are looked at when they are asked for, because messages may contain themselves. */
function messageType(desc: DescMessage, messages: Map<DescMessage, MessageType>): MessageType {
  const known = messages.get(desc);
  if (known !== undefined) return known;
  const type: MessageType = {
    kind: "message",
    name: desc.typeName,
    fieldNames: desc.fields.map((field) => field.name),
    findField(name) {
      const field = desc.fields.find((one) => one.name === name) ?? desc.fields.find((one) => one.jsonName === name);
      return field === undefined ? undefined : fieldType(field, messages);
    },
  };
  messages.set(desc, type);
  return type;
}

function fieldType(field: DescField, messages: Map<DescMessage, MessageType>): FieldType {
  const single = singleValue(field, messages);
  const isMany = field.fieldKind === "list" || field.fieldKind === "map";
  return {
    name: field.name,
    type: field.fieldKind === "list"
      ? { kind: "list", item: single }
      : field.fieldKind === "map"
      ? { kind: "map", value: single }
      : single,
    nullable: !isMany && field.presence !== FeatureSet_FieldPresence.IMPLICIT,
    oneof: field.oneof?.name,
  };
}

function singleValue(field: DescField, messages: Map<DescMessage, MessageType>): ValueType {
  if (field.message !== undefined) return messageValue(field.message, messages);
  if (field.enum !== undefined) return enumValue(field.enum);
  return scalarValue(field.scalar!);
}

function enumValue(desc: DescEnum): ValueType {
  if (desc.typeName === "google.protobuf.NullValue") return { kind: "any" };
  return { kind: "enum", name: desc.typeName, values: desc.values.map((value) => value.name) };
}

function scalarValue(type: ScalarType): ValueType {
  const name = ScalarType[type].toLowerCase();
  switch (type) {
    case ScalarType.STRING:
      return { kind: "scalar", type: "text", name };
    case ScalarType.BOOL:
      return { kind: "scalar", type: "boolean", name };
    case ScalarType.BYTES:
      return { kind: "scalar", type: "bytes", name };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { kind: "scalar", type: "number", name };
    default:
      return { kind: "scalar", type: name.endsWith("64") ? "int64" : "integer", name };
  }
}
