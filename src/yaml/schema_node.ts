import type { JsonValue } from "../base/json.ts";

/**
 * The part of JSON Schema 2020-12 that the language is described in.
 *
 * `title` is a noun phrase for messages ("a duration"); `examples` show the form; `description` is what an editor shows.
 */
export interface SchemaNode {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: SchemaType | readonly SchemaType[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode | true>>;
  readonly additionalProperties?: false | SchemaNode;
  readonly propertyNames?: SchemaNode;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly enum?: readonly JsonValue[];
  readonly const?: JsonValue;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly anyOf?: readonly SchemaNode[];
  readonly default?: JsonValue;
  readonly examples?: readonly JsonValue[];
}

/** A JSON Schema type. */
export type SchemaType = "null" | "boolean" | "integer" | "number" | "string" | "array" | "object";

/** A reference to a named part of the schema. */
export function ref(name: string, description?: string): SchemaNode {
  return description === undefined ? { $ref: `#/$defs/${name}` } : { $ref: `#/$defs/${name}`, description };
}

/** A map that takes the given keys and no others. */
export function closedMap(
  properties: Readonly<Record<string, SchemaNode>>,
  more: Omit<SchemaNode, "type" | "properties" | "additionalProperties"> = {},
): SchemaNode {
  return { type: "object", properties, additionalProperties: false, ...more };
}
