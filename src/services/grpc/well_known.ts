import type { DescMessage } from "@bufbuild/protobuf";

/** Full name of the type whose fields hold plain JSON in protobuf-es. */
export const STRUCT = "google.protobuf.Struct";

/** Full name of the type for which null is a value. */
export const VALUE = "google.protobuf.Value";

const WRAPPERS: ReadonlySet<string> = new Set(
  ["Bool", "Bytes", "Double", "Float", "Int32", "Int64", "String", "UInt32", "UInt64"]
    .map((type) => `google.protobuf.${type}Value`),
);

const OWN_JSON_FORM: ReadonlySet<string> = new Set([
  ...WRAPPERS,
  STRUCT,
  VALUE,
  ...["Any", "Duration", "FieldMask", "ListValue", "Timestamp"].map((type) => `google.protobuf.${type}`),
]);

/** Tells whether a message only wraps a scalar to give it presence. */
export function isWrapper(desc: DescMessage): boolean {
  return WRAPPERS.has(desc.typeName);
}

/** Tells whether a message is written in JSON otherwise than as an object of its fields. */
export function hasOwnJsonForm(desc: DescMessage): boolean {
  return OWN_JSON_FORM.has(desc.typeName);
}
