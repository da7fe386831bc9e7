import type { DescFile } from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";

/** Files whose types every registry knows, because an `Any` may hold them. They import none but each other, in this order. */
const COMMON: readonly DescFile[] = [
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
];

const FILES: readonly DescFile[] = [
  ...COMMON,
  file_google_protobuf_api,
  file_google_protobuf_descriptor,
  file_google_protobuf_source_context,
  file_google_protobuf_type,
];

const BY_NAME: ReadonlyMap<string, FileDescriptorProto> = new Map(FILES.map((file) => [file.proto.name, file.proto]));

const BY_TYPE: ReadonlyMap<string, FileDescriptorProto> = new Map(
  FILES.flatMap(({ proto }) =>
    [...proto.messageType, ...proto.enumType].map((type) => [`google.protobuf.${type.name}`, proto])
  ),
);

/** The files of the well-known types proper. */
export const COMMON_FILES: readonly FileDescriptorProto[] = COMMON.map((file) => file.proto);

/** Finds a file of `google/protobuf/`, which everyone may import without having it, by its name, such as `google/protobuf/timestamp.proto`. */
export function wellKnownFile(name: string): FileDescriptorProto | undefined {
  return BY_NAME.get(name);
}

/** Finds the built-in file that declares a top-level type, such as `google.protobuf.Timestamp`. */
export function wellKnownFileOf(typeName: string): FileDescriptorProto | undefined {
  return BY_TYPE.get(typeName);
}
