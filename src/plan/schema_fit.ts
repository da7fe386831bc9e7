import { Validator } from "@cfworker/json-schema";
import { copyJson, isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";

/** A JSON Schema 2020-12. */
export type JsonSchema = JsonObject | boolean;

/** Reading a schema costs more than using it. */
const validators = new WeakMap<JsonObject, Validator>();

/**
 * Says what of a value does not fit a schema: one text a place, none where it fits. `name` is what the value is called.
 *
 * Errors of schemas around a part are left out: only the innermost say what is wrong.
 */
export function misfits(schema: JsonSchema | undefined, value: JsonValue, name: string): readonly string[] {
  if (schema === undefined || schema === true) return [];
  if (schema === false) return [`${name}: the schema allows no value at all`];
  const { valid, errors } = validatorOf(schema).validate(value);
  if (valid) return [];
  const inner = errors.filter(({ keyword }) => !OUTER_KEYWORDS.has(keyword));
  const problems = (inner.length > 0 ? inner : errors).map(({ instanceLocation, error }) =>
    `${name}${instanceLocation.slice(1).replaceAll("/", ".")}: ${error.replace(/\.$/, "")}`
  );
  return [...new Set(problems)];
}

function validatorOf(schema: JsonObject): Validator {
  let validator = validators.get(schema);
  if (validator === undefined) {
    // The validator marks the schemas that it is given: it gets a copy.
    validator = new Validator(copyJson(schema) as object, "2020-12", false);
    validators.set(schema, validator);
  }
  return validator;
}

const OUTER_KEYWORDS: ReadonlySet<string> = new Set(["properties", "items", "$ref", "allOf", "prefixItems"]);

/** Fills in the `default` values of properties that are missing. */
export function applyDefaults(schema: JsonValue | undefined, value: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return value;
  if (Array.isArray(value)) {
    const { items } = schema as { items?: JsonValue };
    return items === undefined ? value : value.map((item) => applyDefaults(items, item));
  }
  const properties = schema["properties"];
  if (!isJsonObject(value) || !isJsonObject(properties)) return value;
  const filled: Record<string, JsonValue> = { ...value };
  for (const [name, property] of Object.entries(properties)) {
    const isMissing = !Object.hasOwn(filled, name);
    const fallback = isJsonObject(property) ? property["default"] : undefined;
    if (isMissing && fallback === undefined) continue;
    filled[name] = applyDefaults(property, isMissing ? fallback! : filled[name]!);
  }
  return filled;
}
