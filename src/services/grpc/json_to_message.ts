import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type Registry,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { INT32_MAX, INT32_MIN } from "@bufbuild/protobuf/wire";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.ts";
import { BadValue, expected, locate, unknownName } from "./bad_value.ts";
import { scalarReader } from "./scalar_json.ts";
import { isWrapper, STRUCT, VALUE } from "./well_known.ts";

/** Deeper input than this is refused; servers have the same limit. */
const MAX_DEPTH = 100;

/** Turns JSON into a value as protobuf-es holds it. */
type Read = (json: JsonValue, depth: number) => unknown;

type Fields = Record<string, unknown>;

interface FieldReader {
  readonly field: DescField;
  readonly read: Read;
}

/** Everything that reading a message type needs. */
interface MessageReader {
  readonly desc: DescMessage;
  /** By original name and by JSON name. */
  readonly fields: Map<string, FieldReader>;
  readonly required: DescField[];
}

/**
 * Turns JSON into messages, strictly: canonical protobuf JSON by JSON names or original names, a null field meaning unset.
 *
 * Throws `BadValue` for whatever does not fit: unknown fields and enum values, wrong types, numbers that are fractional
 * or out of range, two members of a oneof, a missing field that proto2 requires.
 */
export class JsonReader {
  readonly #registry: Registry;
  readonly #readers = new Map<DescMessage, Read>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Gives the function that reads messages of one type. */
  reader(desc: DescMessage): Read {
    const known = this.#readers.get(desc);
    if (known !== undefined) return known;
    const wellKnown = this.#wellKnown(desc);
    if (wellKnown !== undefined) {
      this.#readers.set(desc, wellKnown);
      return wellKnown;
    }
    const reader: MessageReader = { desc, fields: new Map(), required: [] };
    const read: Read = (json, depth) => readMessage(reader, json, depth);
    // Known before its fields are looked at, because messages may contain themselves.
    this.#readers.set(desc, read);
    for (const field of desc.fields) {
      const entry = { field, read: this.#value(field) };
      reader.fields.set(field.jsonName, entry).set(field.name, entry);
      if (field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) reader.required.push(field);
    }
    return read;
  }

  #value(field: DescField): Read {
    const single = this.#single(field);
    if (field.fieldKind === "list") return listReader(single);
    if (field.fieldKind === "map") return mapReader(field.mapKey, single);
    if (field.fieldKind === "scalar" && field.longAsString) return (json, depth) => String(single(json, depth));
    return single;
  }

  #single(field: DescField): Read {
    if (field.enum !== undefined) return enumReader(field.enum);
    if (field.message === undefined) return scalarReader(field.scalar!);
    if (field.message.typeName === STRUCT) return readStruct;
    // Singular fields of a wrapper type hold the bare value, unless they are members of a oneof.
    if (isWrapper(field.message) && field.fieldKind === "message" && field.oneof === undefined) {
      return scalarReader(field.message.fields[0]!.scalar!);
    }
    return this.reader(field.message);
  }

  #wellKnown(desc: DescMessage): Read | undefined {
    if (isWrapper(desc)) {
      const read = scalarReader(desc.fields[0]!.scalar!);
      return (json) => create(desc, { value: read(json) } as never);
    }
    switch (desc.typeName) {
      case "google.protobuf.Any":
        return (json, depth) => this.#any(desc, json, depth);
      case "google.protobuf.Timestamp":
        return libraryReader(desc, 'an RFC 3339 time such as "2024-05-01T12:00:00Z"');
      case "google.protobuf.Duration":
        return libraryReader(desc, 'a number of seconds as text, such as "1.5s"');
      case "google.protobuf.FieldMask":
        return (json) => create(desc, { paths: readFieldMask(json) } as never);
      case "google.protobuf.ListValue":
        return libraryReader(desc, "a list");
      case VALUE:
        return libraryReader(desc, "any JSON value");
      case STRUCT:
        return (json) => fromJson(desc, readStruct(json) as never);
      default:
        return undefined;
    }
  }

  #any(desc: DescMessage, json: JsonValue, depth: number): unknown {
    if (!isJsonObject(json)) throw expected('a map with "@type"', json);
    const { "@type": type, ...rest } = json;
    if (type === undefined && Object.keys(rest).length === 0) return create(desc);
    if (typeof type !== "string") throw new BadValue('"@type" has to name the type of the message');
    const name = type.slice(type.lastIndexOf("/") + 1);
    const inner = this.#registry.getMessage(name);
    if (inner === undefined) throw unknownName("no message type", name, messageNames(this.#registry)).within("@type");
    const read = this.reader(inner);
    const wrapsValue = this.#wellKnown(inner) !== undefined;
    if (wrapsValue && !("value" in rest)) throw new BadValue(`"value" is missing beside "@type": "${type}"`);
    const message = wrapsValue ? inside(read, rest["value"]!, depth, "value") : read(rest, depth + 1);
    const typeUrl = type.includes("/") ? type : `type.googleapis.com/${type}`;
    return create(desc, { typeUrl, value: toBinary(inner, message as never) } as never);
  }
}

function readMessage(reader: MessageReader, json: JsonValue, depth: number): unknown {
  if (!isJsonObject(json)) throw expected("a map", json);
  if (depth > MAX_DEPTH) throw new BadValue(`nested deeper than ${MAX_DEPTH} levels`);
  const message = create(reader.desc) as unknown as Fields;
  for (const key in json) {
    const entry = reader.fields.get(key);
    if (entry === undefined) throw unknownField(reader.desc, key);
    const value = json[key]!;
    if (value === null) continue;
    const { field } = entry;
    if (key !== field.name && Object.hasOwn(json, field.name) && json[field.name] !== null) {
      throw new BadValue(`"${key}" and "${field.name}" are the same field; give one of them`);
    }
    const read = inside(entry.read, value, depth, key);
    if (field.oneof === undefined) message[field.localName] = read;
    else setMember(message, field, read);
  }
  for (const field of reader.required) {
    if (!Object.hasOwn(message, field.localName)) throw new BadValue(`the required field "${field.name}" is missing`);
  }
  return message;
}

function setMember(message: Fields, field: DescField, value: unknown): void {
  const oneof = field.oneof!;
  const taken = (message[oneof.localName] as { case?: string }).case;
  if (taken !== undefined) {
    const other = oneof.fields.find((member) => member.localName === taken)!.name;
    throw new BadValue(`"${other}" and "${field.name}" exclude each other (oneof "${oneof.name}")`);
  }
  message[oneof.localName] = { case: field.localName, value };
}

/** Reads a value one level further down and adds its key to the path of an error. */
function inside(read: Read, json: JsonValue, depth: number, key: string | number): unknown {
  try {
    return read(json, depth + 1);
  } catch (thrown) {
    throw locate(thrown, key);
  }
}

function listReader(item: Read): Read {
  return (json, depth) => {
    if (!Array.isArray(json)) throw expected("a list", json);
    return json.map((one, index) => inside(item, one, depth, index));
  };
}

function mapReader(keyType: ScalarType, item: Read): Read {
  const readKey = scalarReader(keyType);
  const key: Read = keyType === ScalarType.BOOL
    ? (text) => readKey(text === "true" ? true : text === "false" ? false : text)
    : readKey;
  return (json, depth) => {
    if (!isJsonObject(json)) throw expected("a map", json);
    const entries = Object.entries(json).map((
      [name, value],
    ) => [String(inside(key, name, depth, name)), inside(item, value, depth, name)]);
    return Object.fromEntries(entries);
  };
}

function enumReader(desc: DescEnum): Read {
  const numbers = new Map(desc.values.map((value) => [value.name, value.number]));
  const isNull = desc.typeName === "google.protobuf.NullValue";
  return (json) => {
    if (typeof json === "string") {
      const number = numbers.get(json);
      if (number === undefined) throw unknownName(`no value of enum ${desc.typeName} is called`, json, numbers.keys());
      return number;
    }
    if (json === null && isNull) return 0;
    if (typeof json !== "number" || !Number.isInteger(json)) {
      throw expected("the name or number of an enum value", json);
    }
    const isValid = desc.open ? json >= INT32_MIN && json <= INT32_MAX : desc.value[json] !== undefined;
    if (!isValid) throw new BadValue(`no value of enum ${desc.typeName} has the number ${json}`);
    return json;
  };
}

function libraryReader(desc: DescMessage, what: string): Read {
  return (json) => {
    try {
      return fromJson(desc, json as never);
    } catch {
      throw expected(what, json);
    }
  };
}

function readStruct(json: JsonValue): JsonObject {
  if (!isJsonObject(json)) throw expected("a map", json);
  return json;
}

/** Paths in canonical form (`displayName`) or by original names (`display_name`). */
function readFieldMask(json: JsonValue): string[] {
  if (typeof json !== "string") throw expected('field paths as text, such as "user.displayName,photo"', json);
  if (json === "") return [];
  return json.split(",").map((path) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function unknownField(desc: DescMessage, key: string): BadValue {
  return unknownName(`${desc.typeName} has no field`, key, desc.fields.map((field) => field.name));
}

function messageNames(registry: Registry): string[] {
  return [...registry].filter((type) => type.kind === "message").map((type) => type.typeName);
}
