import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { KIND, type Kinds } from "../expr/mod.ts";
import type { Plan } from "./plan.ts";

/** A path into the input, as an expression reads it. */
type InputPath = readonly (string | number)[];

const KINDS_OF_TYPES: Readonly<Record<string, Kinds>> = {
  null: KIND.null,
  boolean: KIND.boolean,
  integer: KIND.number,
  number: KIND.number,
  string: KIND.text,
  array: KIND.list,
  object: KIND.map,
};

/** Keywords beside which `properties` do not say everything. */
const COMPOSING = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "patternProperties"];

/** References to references are followed this far. */
const MOST_REFERENCES = 10;

/**
 * What kinds of value an input that fits the schema can have at a path; `undefined` where the schema does not say.
 *
 * A property that is not required may be compared with null to see if it is there, so null is among its kinds.
 */
export function inputKinds(schema: Plan["inputSchema"], path: InputPath): Kinds | undefined {
  if (!isJsonObject(schema)) return undefined;
  let node: JsonObject | undefined = followReferences(schema, schema);
  let isOptional = false;
  for (const key of path) {
    const next: JsonObject | undefined = node === undefined ? undefined : childSchema(schema, node, key);
    isOptional ||= typeof key === "number" || !isRequired(node, key);
    node = next;
  }
  const kinds = node === undefined ? undefined : kindsOf(node);
  return kinds === undefined ? undefined : isOptional ? kinds | KIND.null : kinds;
}

/** A member that a closed object of the schema does not have: its name, and those that there are. */
export function unknownMember(
  schema: Plan["inputSchema"],
  path: InputPath,
): { readonly key: string; readonly known: readonly string[] } | undefined {
  if (!isJsonObject(schema)) return undefined;
  let node: JsonObject | undefined = followReferences(schema, schema);
  for (const key of path) {
    if (node === undefined) return undefined;
    const properties = node["properties"];
    if (typeof key === "string" && isJsonObject(properties) && !Object.hasOwn(properties, key)) {
      return isClosed(node) ? { key, known: Object.keys(properties) } : undefined;
    }
    node = childSchema(schema, node, key);
  }
  return undefined;
}

/** Whether an object that fits has no members but those that the schema names. */
export function isClosed(node: JsonObject): boolean {
  return node["additionalProperties"] === false && !COMPOSING.some((word) => Object.hasOwn(node, word));
}

/** The schema of a member of what fits `node`, or of an item of it; `undefined` where that cannot be told. */
export function childSchema(root: JsonObject, node: JsonObject, key: string | number): JsonObject | undefined {
  const properties = node["properties"];
  const child = typeof key === "number"
    ? node["prefixItems"] === undefined ? node["items"] : undefined
    : isJsonObject(properties) && Object.hasOwn(properties, key)
    ? properties[key]
    : undefined;
  return isJsonObject(child) ? followReferences(root, child) : undefined;
}

function isRequired(node: JsonObject | undefined, key: string): boolean {
  const required = node?.["required"];
  return Array.isArray(required) && required.includes(key);
}

/** The node that a node refers to, where it says nothing else that matters here. */
export function followReferences(root: JsonObject, node: JsonObject): JsonObject | undefined {
  let current: JsonObject = node;
  for (let count = 0; count < MOST_REFERENCES; count++) {
    const reference = current["$ref"];
    if (typeof reference !== "string") return current;
    const [, section, name] = /^#\/(\$defs|definitions)\/([^/%~]+)$/.exec(reference) ?? [];
    const target = section === undefined ? undefined : memberOf(root[section], name!);
    if (!isJsonObject(target)) return undefined;
    current = target;
  }
  return undefined;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function kindsOf(node: JsonObject): Kinds | undefined {
  const { type } = node as { readonly type?: JsonValue };
  const names: readonly JsonValue[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (names.length === 0) return undefined;
  return names.reduce<Kinds>(
    (kinds, name) => kinds | (KINDS_OF_TYPES[typeof name === "string" ? name : ""] ?? KIND.any),
    0,
  );
}
