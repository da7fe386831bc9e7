import type { JsonValue } from "../base/json.ts";
import type { MessageType, MethodType, ValueType } from "../engine/message_type.ts";

/** A value that a gRPC method could answer, the same every time; a list of one for a stream of them. */
export function sampleAnswer({ output, serverStreaming }: MethodType): JsonValue {
  const value = sampleType(output, "value", []);
  return serverStreaming ? [value] : value;
}

/** `name` is that of the field; `around` are the messages that the value stands in. */
function sampleType(type: ValueType, name: string, around: readonly string[]): JsonValue {
  switch (type.kind) {
    case "any":
      return null;
    case "scalar":
      return sampleScalar(type.type, type.name, name);
    case "enum":
      // The first value of an enum usually means that none is set.
      return type.values[1] ?? type.values[0] ?? null;
    case "list":
      return isEndless(type.item, around) ? [] : [sampleType(type.item, name, around)];
    case "map":
      return isEndless(type.value, around) ? {} : { key: sampleType(type.value, name, around) };
    case "message":
      return sampleMessage(type, around);
  }
}

function sampleScalar(type: string, name: string, field: string): JsonValue {
  switch (type) {
    case "text":
      return WELL_KNOWN[name] ?? field;
    case "boolean":
      return true;
    case "bytes":
      return "";
    default:
      return 1;
  }
}

const WELL_KNOWN: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": "2025-01-01T00:00:00Z",
  "google.protobuf.Duration": "1s",
  "google.protobuf.FieldMask": "",
};

/** Of a oneof only the first member is set. */
function sampleMessage(message: MessageType, around: readonly string[]): JsonValue {
  const inside = [...around, message.name];
  const oneofs = new Set<string>();
  const fields: Record<string, JsonValue> = {};
  for (const name of message.fieldNames) {
    const { type, oneof } = message.findField(name)!;
    const isUnset = (oneof !== undefined && oneofs.has(oneof)) || isEndless(type, inside);
    fields[name] = isUnset
      ? (type.kind === "list" ? [] : type.kind === "map" ? {} : null)
      : sampleType(type, name, inside);
    if (oneof !== undefined && !isUnset) oneofs.add(oneof);
  }
  return fields;
}

/** Whether a value of this type would contain itself without end. */
function isEndless(type: ValueType, around: readonly string[]): boolean {
  return type.kind === "message" && around.includes(type.name);
}
