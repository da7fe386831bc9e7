import { ref, type SchemaNode } from "./schema_node.ts";

const SUBSCHEMA = ref("json_schema");
const SUBSCHEMA_MAP: SchemaNode = { title: "a map of schemas", type: "object", additionalProperties: SUBSCHEMA };
const SUBSCHEMA_LIST: SchemaNode = { title: "a list of schemas", type: "array", items: SUBSCHEMA, minItems: 1 };
const COUNT: SchemaNode = { type: "integer", minimum: 0 };
const NUMBER: SchemaNode = { type: "number" };
const TEXT: SchemaNode = { type: "string" };
const TEXTS: SchemaNode = { type: "array", items: TEXT };
const ANYTHING: SchemaNode = { title: "any value" };
const TYPE_NAME: SchemaNode = { enum: ["object", "array", "string", "number", "integer", "boolean", "null"] };

/** JSON Schema 2020-12 as a schema: what `input_schema` may hold. Keywords that it does not list are left to the reader. */
export const JSON_SCHEMA_SCHEMA: SchemaNode = {
  title: "a JSON Schema",
  description: "A JSON Schema 2020-12.",
  type: ["object", "boolean"],
  properties: {
    $schema: TEXT,
    $id: TEXT,
    $ref: TEXT,
    $anchor: TEXT,
    $dynamicRef: TEXT,
    $dynamicAnchor: TEXT,
    $comment: TEXT,
    $defs: SUBSCHEMA_MAP,
    definitions: SUBSCHEMA_MAP,
    title: TEXT,
    description: TEXT,
    default: ANYTHING,
    examples: { type: "array", items: ANYTHING },
    deprecated: { type: "boolean" },
    readOnly: { type: "boolean" },
    writeOnly: { type: "boolean" },
    type: { anyOf: [TYPE_NAME, { title: "a list of type names", type: "array", items: TYPE_NAME, minItems: 1 }] },
    enum: { title: "a list of values", type: "array", items: ANYTHING },
    const: ANYTHING,
    multipleOf: { type: "number", exclusiveMinimum: 0 },
    minimum: NUMBER,
    maximum: NUMBER,
    exclusiveMinimum: NUMBER,
    exclusiveMaximum: NUMBER,
    minLength: COUNT,
    maxLength: COUNT,
    pattern: TEXT,
    format: TEXT,
    contentEncoding: TEXT,
    contentMediaType: TEXT,
    contentSchema: SUBSCHEMA,
    prefixItems: SUBSCHEMA_LIST,
    items: SUBSCHEMA,
    contains: SUBSCHEMA,
    minContains: COUNT,
    maxContains: COUNT,
    minItems: COUNT,
    maxItems: COUNT,
    uniqueItems: { type: "boolean" },
    unevaluatedItems: SUBSCHEMA,
    properties: SUBSCHEMA_MAP,
    patternProperties: SUBSCHEMA_MAP,
    additionalProperties: SUBSCHEMA,
    propertyNames: SUBSCHEMA,
    unevaluatedProperties: SUBSCHEMA,
    required: TEXTS,
    dependentRequired: { type: "object", additionalProperties: TEXTS },
    dependentSchemas: SUBSCHEMA_MAP,
    minProperties: COUNT,
    maxProperties: COUNT,
    allOf: SUBSCHEMA_LIST,
    anyOf: SUBSCHEMA_LIST,
    oneOf: SUBSCHEMA_LIST,
    not: SUBSCHEMA,
    ...Object.fromEntries(["if", "then", "else"].map((keyword) => [keyword, SUBSCHEMA])),
  },
};
