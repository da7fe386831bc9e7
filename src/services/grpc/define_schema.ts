import { create, createFileRegistry, type DescMessage } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { jsonNameOf, repairFiles } from "./repair.ts";

/** A field of a declared message: its number, its type, and the oneof that it belongs to. */
export type FieldDeclaration = readonly [number: number, type: string, oneof?: string];

const SCALARS: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
  int32: FieldDescriptorProto_Type.INT32,
  int64: FieldDescriptorProto_Type.INT64,
  bool: FieldDescriptorProto_Type.BOOL,
};

/**
 * Declares proto3 messages in code, for the few protocols that Maestro itself speaks.
 *
 * A type is a scalar, a message of the same declaration, or the full name of a well-known type; `[]` behind it
 * makes a list, `{}` a map from text to text. The descriptors are built at the first call of the function that this gives.
 */
export function defineSchema<Name extends string>(
  packageName: string,
  messages: Readonly<Record<Name, Readonly<Record<string, FieldDeclaration>>>>,
): () => Readonly<Record<Name, DescMessage>> {
  let schema: Readonly<Record<Name, DescMessage>> | undefined;
  return () => schema ??= build(packageName, messages);
}

function build<Name extends string>(
  packageName: string,
  messages: Readonly<Record<Name, Readonly<Record<string, FieldDeclaration>>>>,
): Readonly<Record<Name, DescMessage>> {
  const names = Object.keys(messages) as Name[];
  const file = create(FileDescriptorProtoSchema, {
    name: `${packageName}.proto`,
    package: packageName,
    syntax: "proto3",
    messageType: names.map((name) => declareMessage(name, messages[name])),
  });
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: repairFiles([file]) }));
  const found = names.map((name) => [name, registry.getMessage(`${packageName}.${name}`)!] as const);
  return Object.fromEntries(found) as Record<Name, DescMessage>;
}

function declareMessage(name: string, fields: Readonly<Record<string, FieldDeclaration>>): object {
  const oneofs = [...new Set(Object.values(fields).flatMap(([, , oneof]) => oneof ?? []))];
  const entries = Object.entries(fields);
  return {
    name,
    oneofDecl: oneofs.map((oneof) => ({ name: oneof })),
    nestedType: entries.filter(([, [, type]]) => type.endsWith("{}")).map(([fieldName]) => ({
      name: entryName(fieldName),
      options: { mapEntry: true },
      field: [declareField("key", 1, "string"), declareField("value", 2, "string")],
    })),
    field: entries.map(([fieldName, [number, type, oneof]]) => ({
      ...declareField(fieldName, number, type),
      ...oneof === undefined ? {} : { oneofIndex: oneofs.indexOf(oneof) },
    })),
  };
}

function declareField(name: string, number: number, type: string): object {
  const isMany = type.endsWith("[]") || type.endsWith("{}");
  const single = type.endsWith("{}") ? entryName(name) : type.replace("[]", "");
  const scalar = SCALARS[single];
  return {
    name,
    number,
    label: isMany ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    ...scalar === undefined ? { typeName: single } : { type: scalar },
  };
}

/** The name that protoc gives the hidden message of a map's entries. */
function entryName(fieldName: string): string {
  const camel = jsonNameOf(fieldName);
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`;
}
