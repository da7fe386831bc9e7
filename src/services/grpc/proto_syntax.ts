import { create, enumFromJson, fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type DescriptorProtoSchema,
  Edition,
  type EnumDescriptorProtoSchema,
  type FeatureSet,
  FeatureSetSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FieldDescriptorProtoSchema,
  FieldOptions_JSTypeSchema as JS_TYPE,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type MethodOptions_IdempotencyLevel,
  MethodOptions_IdempotencyLevelSchema,
  type ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import type { JsonValue } from "../../base/json.ts";
import protobufjs, { type Field, type Namespace, type ReflectionObject } from "protobufjs";
import { jsonNameOf } from "./repair.ts";

type MessageInit = MessageInitShape<typeof DescriptorProtoSchema>;
type FieldInit = MessageInitShape<typeof FieldDescriptorProtoSchema>;
type EnumInit = MessageInitShape<typeof EnumDescriptorProtoSchema>;
type ServiceInit = MessageInitShape<typeof ServiceDescriptorProtoSchema>;

/** What a namespace declares, in the form of a descriptor. */
interface Declarations {
  readonly messages: MessageInit[];
  readonly enums: EnumInit[];
  readonly services: ServiceInit[];
  readonly extensions: FieldInit[];
}

/** A `.proto` file read by itself: type names are as written, and not looked up. */
export interface ParsedProto {
  readonly file: FileDescriptorProto;
  readonly imports: readonly string[];
}

/** A mistake in a `.proto` file. */
export class ProtoSyntaxError extends Error {
  readonly line: number | undefined;

  constructor(message: string, line: number | undefined) {
    super(message);
    this.line = line;
  }
}

/** Parses one `.proto` file (proto2, proto3, edition 2023). Throws `ProtoSyntaxError`. */
export function parseProto(name: string, source: string): ParsedProto {
  const parsed = parse(source);
  const packageName = parsed.package ?? "";
  const root: Namespace = packageName === "" ? parsed.root : parsed.root.lookup(packageName) as Namespace;
  const declared = declarations(root);
  const imports = [...parsed.imports ?? [], ...parsed.weakImports ?? []];
  const file = create(FileDescriptorProtoSchema, {
    name,
    package: packageName,
    dependency: imports,
    messageType: declared.messages,
    enumType: declared.enums,
    service: declared.services,
    extension: declared.extensions,
    ...syntaxOf(source),
  });
  return { file, imports };
}

function parse(source: string): ReturnType<typeof protobufjs.parse> {
  try {
    return protobufjs.parse(source, { keepCase: true });
  } catch (error) {
    const [, message, line] = /^(.*) \(line (\d+)\)$/s.exec((error as Error).message) ?? [];
    throw new ProtoSyntaxError(message ?? (error as Error).message, line === undefined ? undefined : Number(line));
  }
}

/** The parser keeps the syntax only on what the file declares, so an empty file would have none. */
function syntaxOf(source: string): { readonly syntax?: string; readonly edition?: Edition } {
  const text = source.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
  const [, keyword, value] = /^\s*(syntax|edition)\s*=\s*["']([^"']*)["']/.exec(text) ?? [];
  if (keyword === "edition") return { syntax: "editions", edition: Edition.EDITION_2023 };
  // Like protoc, which leaves the name of the oldest syntax out.
  return value === "proto3" ? { syntax: value } : {};
}

function declarations(namespace: Namespace): Declarations {
  const found: Declarations = { messages: [], enums: [], services: [], extensions: [] };
  for (const nested of namespace.nestedArray) {
    if (nested instanceof protobufjs.Type) found.messages.push(message(nested));
    else if (nested instanceof protobufjs.Enum) found.enums.push(enumeration(nested));
    else if (nested instanceof protobufjs.Service) found.services.push(service(nested));
    else if (nested instanceof protobufjs.Field) found.extensions.push(field(nested, namespace));
  }
  return found;
}

function message(type: protobufjs.Type): MessageInit {
  const nested = declarations(type);
  // The parser also adds the file's own extensions to the fields of what they extend.
  const fields = type.fieldsArray.filter((one) => one.declaringField === null);
  const maps = fields.filter((one) => one instanceof protobufjs.MapField);
  // Real oneofs come before those that only stand for `optional`, as protoc has it.
  const oneofs = type.oneofsArray.filter((oneof) => !isSynthetic(oneof));
  const synthetic = type.oneofsArray.filter(isSynthetic);
  const names = [...oneofs, ...synthetic].map((oneof) => oneof.name);
  return {
    name: type.name,
    field: fields.map((one) => ({
      ...field(one, type),
      ...one.partOf === null ? {} : { oneofIndex: names.indexOf(one.partOf.name) },
      ...one.partOf !== null && isSynthetic(one.partOf) ? { proto3Optional: true } : {},
    })),
    oneofDecl: names.map((name) => ({ name })),
    nestedType: [...nested.messages, ...maps.map(mapEntry)],
    enumType: nested.enums,
    extension: nested.extensions,
    extensionRange: (type.extensions as number[][] | undefined ?? []).map(([start, end]) => ({
      start: start!,
      end: end! + 1,
    })),
    ...withFeatures(type),
  };
}

function isSynthetic(oneof: protobufjs.OneOf): boolean {
  return oneof.fieldsArray.length === 1 && oneof.fieldsArray[0]!.options?.["proto3_optional"] === true;
}

function field(one: Field, parent: Namespace): FieldInit {
  const isMap = one instanceof protobufjs.MapField;
  const group = parent.get(one.type);
  const isGroup = group instanceof protobufjs.Type && (group as { readonly group?: boolean }).group === true;
  const options = one.options ?? {};
  return {
    name: isGroup ? one.type.toLowerCase() : one.name,
    number: one.id,
    label: isMap ? FieldDescriptorProto_Label.REPEATED : labelOf(one),
    ...typeOf(isMap ? entryName(one) : one.type),
    ...isGroup ? { type: FieldDescriptorProto_Type.GROUP } : {},
    ...one.extend === undefined ? {} : { extendee: one.extend },
    ...options["json_name"] === undefined ? {} : { jsonName: String(options["json_name"]) },
    ...options["default"] === undefined ? {} : { defaultValue: String(options["default"]) },
    options: {
      ...typeof options["packed"] === "boolean" ? { packed: options["packed"] } : {},
      ...typeof options["jstype"] === "string" ? { jstype: enumFromJson(JS_TYPE, options["jstype"] as never) } : {},
      ...withFeatures(one).options,
    },
  };
}

/** By the word in the source: the parser's own properties want its features resolved, for which all imports are needed. */
function labelOf(one: Field & { readonly rule?: string }): FieldDescriptorProto_Label {
  if (one.rule === "repeated") return FieldDescriptorProto_Label.REPEATED;
  return one.rule === "required" ? FieldDescriptorProto_Label.REQUIRED : FieldDescriptorProto_Label.OPTIONAL;
}

function mapEntry(map: protobufjs.MapField): MessageInit {
  const label = FieldDescriptorProto_Label.OPTIONAL;
  return {
    name: entryName(map),
    field: [
      { name: "key", number: 1, label, ...typeOf(map.keyType) },
      { name: "value", number: 2, label, ...typeOf(map.type) },
    ],
    options: { mapEntry: true },
  };
}

/** A scalar's type, or the name of one that is yet to be looked up. */
function typeOf(name: string): Pick<FieldInit, "type" | "typeName"> {
  const type = FieldDescriptorProto_Type[name.toUpperCase() as keyof typeof FieldDescriptorProto_Type];
  const isScalar = type !== undefined && name === name.toLowerCase() && !["group", "message", "enum"].includes(name);
  return isScalar ? { type } : { typeName: name };
}

function entryName(map: { readonly name: string }): string {
  const camel = jsonNameOf(map.name);
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`;
}

function enumeration(type: protobufjs.Enum): EnumInit {
  const { options, ...rest } = withFeatures(type);
  return {
    name: type.name,
    value: Object.entries(type.values).map(([name, number]) => ({ name, number })),
    options: { ...options, ...type.options?.["allow_alias"] === true ? { allowAlias: true } : {} },
    ...rest,
  };
}

function service(type: protobufjs.Service): ServiceInit {
  return {
    name: type.name,
    method: type.methodsArray.map((method) => ({
      name: method.name,
      inputType: method.requestType,
      outputType: method.responseType,
      ...method.requestStream === true ? { clientStreaming: true } : {},
      ...method.responseStream === true ? { serverStreaming: true } : {},
      ...idempotency(method.options?.["idempotency_level"]),
    })),
  };
}

function idempotency(
  level: unknown,
): { readonly options?: { readonly idempotencyLevel: MethodOptions_IdempotencyLevel } } {
  if (typeof level !== "string") return {};
  return { options: { idempotencyLevel: enumFromJson(MethodOptions_IdempotencyLevelSchema, level as never) } };
}

/** The `features` of an edition, which the parser keeps as a map for one thing and by dotted names for a whole file. */
function withFeatures(object: ReflectionObject): { readonly options?: { readonly features: FeatureSet } } {
  const found: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(object.options ?? {})) {
    if (name === "features") Object.assign(found, value);
    else if (name.startsWith("features.")) found[name.slice("features.".length)] = value as JsonValue;
  }
  if (Object.keys(found).length === 0) return {};
  return { options: { features: fromJson(FeatureSetSchema, found as never, { ignoreUnknownFields: true }) } };
}
