import { isJsonObject, type JsonObject } from "../base/json.ts";
import type { FieldType, ValueType } from "../engine/message_type.ts";
import { childSchema, followReferences, isClosed } from "./check_input.ts";
import { ANY } from "./check_members.ts";
import type { JsonSchema } from "./schema_fit.ts";

/** The type of the values that fit a JSON Schema, as far as one can be told: unions and compositions can be anything. */
export function typeOfSchema(schema: JsonSchema | undefined): ValueType {
  return isJsonObject(schema) ? typeOfNode(schema, followReferences(schema, schema)) : ANY;
}

const SCALARS: Readonly<Record<string, ValueType>> = {
  string: { kind: "scalar", type: "text", name: "text" },
  integer: { kind: "scalar", type: "integer", name: "integer" },
  number: { kind: "scalar", type: "number", name: "number" },
  boolean: { kind: "scalar", type: "boolean", name: "boolean" },
};

function typeOfNode(root: JsonObject, node: JsonObject | undefined): ValueType {
  const type = node?.["type"];
  if (node === undefined || typeof type !== "string") return ANY;
  if (type === "array") return { kind: "list", item: typeOfNode(root, childSchema(root, node, 0)) };
  if (type === "object") return typeOfObject(root, node);
  return SCALARS[type] ?? ANY;
}

/** Members are looked at when they are asked for: a schema may refer to itself. */
function typeOfObject(root: JsonObject, node: JsonObject): ValueType {
  const { properties, required } = node as { readonly [key: string]: unknown };
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  const always = Array.isArray(required) ? required : [];
  const isOpen = !isClosed(node);
  return {
    kind: "message",
    name: "The signal",
    fieldNames: names,
    findField: (name): FieldType | undefined => {
      if (!names.includes(name) && !isOpen) return undefined;
      const type = names.includes(name) ? typeOfNode(root, childSchema(root, node, name)) : ANY;
      return { name, type, nullable: !always.includes(name), oneof: undefined };
    },
  };
}
