import { create, createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { repairFiles } from "./repair.ts";
import { COMMON_FILES } from "./well_known_files.ts";

/**
 * Reads a serialised `google.protobuf.FileDescriptorSet`, as `protoc --descriptor_set_out` and `buf build` write it.
 *
 * Well-known types may be missing from it. Throws an `Error` for bytes that are something else and for a set that lacks
 * a type which it uses.
 */
export function readDescriptorSet(bytes: Uint8Array): FileRegistry {
  let files: FileDescriptorProto[];
  try {
    files = fromBinary(FileDescriptorSetSchema, bytes).file;
  } catch {
    throw new Error("these bytes are no FileDescriptorSet");
  }
  if (files.length === 0) throw new Error("the FileDescriptorSet holds no files");
  return buildRegistry(files);
}

/** Builds a registry from file descriptors and all well-known types, repairing on the way. The files are changed. */
export function buildRegistry(files: readonly FileDescriptorProto[]): FileRegistry {
  const wellKnown = createFileRegistry(create(FileDescriptorSetSchema, { file: [...COMMON_FILES] }));
  const given = createFileRegistry(create(FileDescriptorSetSchema, { file: repairFiles(files) }));
  return createFileRegistry(wellKnown, given);
}
