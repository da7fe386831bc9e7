import type { FieldType, MessageType, ValueType } from "../engine/message_type.ts";
import { didYouMean } from "../base/text.ts";

/** The type of a value of which nothing can be said. */
export const ANY: ValueType = { kind: "any" };

/** The type of a text. */
export const TEXT: ValueType = { kind: "scalar", type: "text", name: "text" };

/** What is wrong with a path into a value, and the type at its end where nothing is. */
export type PathResult =
  | { readonly type: ValueType; readonly isNullable: boolean }
  | { readonly message: string; readonly hint: string | undefined };

/** Follows a path into a type; members of `any` are `any`. */
export function followPath(type: ValueType, path: readonly (string | number)[]): PathResult {
  let current = type;
  let isNullable = false;
  for (const key of path) {
    isNullable = false;
    switch (current.kind) {
      case "any":
        return { type: ANY, isNullable: true };
      case "message": {
        const field = typeof key === "string" ? current.findField(key) : undefined;
        // Answers carry original names only, whatever else a field goes by.
        if (field === undefined || field.name !== key) return noField(current, String(key), field);
        current = field.type;
        isNullable = field.nullable;
        break;
      }
      case "list":
        if (typeof key === "string") {
          return {
            message: `"${key}" is read of a ${typeName(current)}`,
            hint: `take an item first, such as [0].${key}`,
          };
        }
        current = current.item;
        break;
      case "map":
        current = current.value;
        break;
      default:
        return {
          message: `"${String(key)}" is read of ${withArticle(typeName(current))}, which has no members`,
          hint: undefined,
        };
    }
  }
  return { type: current, isNullable };
}

function noField(type: MessageType, key: string, field: FieldType | undefined): PathResult {
  const hint = field === undefined
    ? didYouMean(key, type.fieldNames)
    : `answers use original field names: did you mean "${field.name}"?`;
  return { message: `${type.name} has no field "${key}"`, hint: hint ?? fieldList(type) };
}

/** A hint that lists the fields of a message. */
export function fieldList(type: MessageType): string {
  const names = type.fieldNames;
  if (names.length === 0) return "it has no fields";
  return `it has: ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", …" : ""}`;
}

/** A type as messages name it. */
export function typeName(type: ValueType): string {
  switch (type.kind) {
    case "any":
      return "any value";
    case "list":
      return `list of ${plural(typeName(type.item))}`;
    case "map":
      return `map of ${plural(typeName(type.value))}`;
    case "scalar":
      return type.type === "int64" || type.type === "integer"
        ? "whole number"
        : type.type === "bytes"
        ? "base64 text"
        : type.type;
    default:
      return type.name;
  }
}

function plural(noun: string): string {
  return noun.includes(".") || noun === "any value" ? noun : noun.replace(/^(list|map)\b|$/, (start) => `${start}s`);
}

/** A noun with its article, for messages. */
export function withArticle(noun: string): string {
  if (/^(?:list|map) of /.test(noun)) return `a ${noun}`;
  if (noun.includes(".") || noun === "any value") return noun;
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

/** A map with known members, such as the output of a parallel block. */
export function shape(name: string, members: ReadonlyMap<string, ValueType>): MessageType {
  return {
    kind: "message",
    name,
    fieldNames: [...members.keys()],
    findField: (key) => {
      const type = members.get(key);
      return type === undefined ? undefined : { name: key, type, nullable: true, oneof: undefined };
    },
  };
}
