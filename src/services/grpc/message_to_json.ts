import { type DescEnum, type DescField, type DescMessage, fromBinary, type Registry, toJson } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { JsonObject, JsonValue } from "../../base/json.ts";
import { locate } from "./bad_value.ts";
import { type ScalarValue, scalarWriter } from "./scalar_json.ts";
import { hasOwnJsonForm, isWrapper, STRUCT } from "./well_known.ts";

/** A message of protobuf-es seen as the plain object that it is. */
type Fields = { readonly [localName: string]: unknown };

/** Turns a field's value, as protobuf-es holds it, into JSON. */
type Write = (value: unknown) => JsonValue;

/**
 * Turns messages into JSON as section 6 of the language says: original field names, every field present, unset ones with
 * presence null, 64-bit integers as numbers where they are safe.
 *
 * What a message type needs is worked out at its first use. An `Any` whose type the registry does not know keeps its bytes
 * as base64 under `value`. Throws `BadValue` for a message that JSON cannot hold (a time out of range).
 */
export class JsonWriter {
  readonly #registry: Registry;
  readonly #writers = new Map<DescMessage, Write>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Gives the function that writes messages of one type. */
  writer(desc: DescMessage): Write {
    const known = this.#writers.get(desc);
    if (known !== undefined) return known;
    if (hasOwnJsonForm(desc)) {
      const write = this.#wellKnown(desc);
      this.#writers.set(desc, write);
      return write;
    }
    const fields: ((message: Fields, json: Record<string, JsonValue>) => void)[] = [];
    const write: Write = (message) => {
      const json: Record<string, JsonValue> = {};
      for (const field of fields) field(message as Fields, json);
      return json;
    };
    // Known before its fields are looked at, because messages may contain themselves.
    this.#writers.set(desc, write);
    for (const field of desc.fields) fields.push(this.#field(field));
    return write;
  }

  #field(field: DescField): (message: Fields, json: Record<string, JsonValue>) => void {
    const { name, localName } = field;
    const write = this.#value(field);
    if (field.oneof !== undefined) {
      const oneof = field.oneof.localName;
      return (message, json) => {
        const member = message[oneof] as { case?: string; value?: unknown };
        json[name] = member.case === localName ? guard(write, member.value, name) : null;
      };
    }
    if (field.presence === FeatureSet_FieldPresence.IMPLICIT) {
      return (message, json) => {
        json[name] = guard(write, message[localName], name);
      };
    }
    // The defaults of proto2 sit on the prototype: only an own property was really received.
    return (message, json) => {
      const value = Object.hasOwn(message, localName) ? message[localName] : undefined;
      json[name] = value === undefined ? null : guard(write, value, name);
    };
  }

  #value(field: DescField): Write {
    switch (field.fieldKind) {
      case "list": {
        const item = this.#single(field);
        return (value) => (value as unknown[]).map((one, index) => guard(item, one, index));
      }
      case "map": {
        const item = this.#single(field);
        return (value) =>
          Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, guard(item, one, key)]));
      }
      case "message":
        // Singular fields of a wrapper type hold the bare value, unless they are members of a oneof.
        if (isWrapper(field.message) && field.oneof === undefined) {
          const scalar = field.message.fields[0]!.scalar!;
          return scalarWriter(scalar) as Write;
        }
        return this.#single(field);
      default:
        return this.#single(field);
    }
  }

  #single(field: DescField): Write {
    if (field.message !== undefined) {
      // Fields of type Struct hold JSON already.
      if (field.message.typeName === STRUCT) return (value) => value as JsonObject;
      return this.writer(field.message);
    }
    if (field.enum !== undefined) return enumWriter(field.enum);
    return scalarWriter(field.scalar!) as Write;
  }

  #wellKnown(desc: DescMessage): Write {
    if (isWrapper(desc)) {
      const value = desc.fields[0]!;
      const write = scalarWriter(value.scalar!);
      return (message) => write((message as Fields)[value.localName] as ScalarValue);
    }
    if (desc.typeName === "google.protobuf.Any") return (message) => this.#any(message as Fields);
    return (message) => toJson(desc, message as never) as JsonValue;
  }

  #any(message: Fields): JsonValue {
    const typeUrl = message["typeUrl"] as string;
    const bytes = message["value"] as Uint8Array;
    if (typeUrl === "") return {};
    const desc = this.#registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
    if (desc === undefined) return { "@type": typeUrl, value: base64Encode(bytes) };
    const json = this.writer(desc)(fromBinary(desc, bytes));
    return hasOwnJsonForm(desc) ? { "@type": typeUrl, value: json } : { "@type": typeUrl, ...json as JsonObject };
  }
}

function guard(write: Write, value: unknown, key: string | number): JsonValue {
  try {
    return write(value);
  } catch (thrown) {
    throw locate(thrown, key);
  }
}

function enumWriter(desc: DescEnum): Write {
  if (desc.typeName === "google.protobuf.NullValue") return () => null;
  return (value) => desc.value[value as number]?.name ?? value as number;
}
