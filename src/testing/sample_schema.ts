import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";

/**
 * Gives a value that fits a JSON Schema, the same one every time: to be used as a mock.
 *
 * `const`, `default`, `examples` and `enum` come first, in this order. Of alternatives the first is taken, a list has as many items as it
 * must, but one at least, and properties that are optional are there unless they would contain themselves without end. What a `pattern`
 * asks for is not made up: give an example beside it.
 *
 * @example
 * ```ts
 * import { createTester, mockFromSchema } from "maestro/testing";
 *
 * const price = mockFromSchema({ type: "object", properties: { price: { type: "number", minimum: 3 } } });
 * const tester = createTester({ mocks: { "shop.Price": price } });
 * await tester.close();
 * ```
 */
export function mockFromSchema(schema: JsonObject | boolean): JsonValue {
  return isJsonObject(schema) ? sampleOf(schema, { root: schema, name: "value", open: [] }) : null;
}

/** Where a schema stands. */
interface Place {
  readonly root: JsonObject;
  /** The property's name: what texts are made of. */
  readonly name: string;
  /** The references that lead here. */
  readonly open: readonly string[];
}

function sampleOf(schema: JsonValue, place: Place): JsonValue {
  if (!isJsonObject(schema)) return null;
  const { $ref: reference } = schema as { readonly $ref?: JsonValue };
  if (typeof reference === "string") {
    // What has to contain itself cannot be written down.
    if (place.open.includes(reference)) return null;
    const target = follow(place.root, reference);
    return sampleOf({ ...target, ...without(schema, "$ref") }, { ...place, open: [...place.open, reference] });
  }
  const given = givenValue(schema);
  if (given !== undefined) return given;
  const merged = mergeAll(schema, place);
  for (const key of ["oneOf", "anyOf"]) {
    const alternatives = merged[key];
    if (!Array.isArray(alternatives)) continue;
    const usable = alternatives.find((one: JsonValue) => !isEndless(one, place)) ?? alternatives[0];
    const chosen = isJsonObject(usable) ? usable : {};
    return sampleOf(mergeTwo(without(merged, key), resolve(chosen, place)), within(chosen, place));
  }
  return sampleOfType(merged, place);
}

function givenValue(schema: JsonObject): JsonValue | undefined {
  if (schema["const"] !== undefined) return schema["const"];
  if (schema["default"] !== undefined) return schema["default"];
  for (const key of ["examples", "enum"]) {
    const values = schema[key];
    if (Array.isArray(values) && values.length > 0) return values[0];
  }
  return undefined;
}

function sampleOfType(schema: JsonObject, place: Place): JsonValue {
  switch (typeOf(schema)) {
    case "object":
      return sampleObject(schema, place);
    case "array":
      return sampleList(schema, place);
    case "string":
      return sampleText(schema, place.name);
    case "integer":
    case "number":
      return sampleNumber(schema);
    case "boolean":
      return true;
    default:
      return null;
  }
}

function typeOf(schema: JsonObject): string {
  const type = schema["type"];
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return String(type.find((one: JsonValue) => one !== "null") ?? "null");
  if (schema["properties"] !== undefined || schema["required"] !== undefined) return "object";
  if (schema["items"] !== undefined || schema["prefixItems"] !== undefined) return "array";
  if (schema["minLength"] !== undefined || schema["format"] !== undefined) return "string";
  return schema["minimum"] !== undefined || schema["maximum"] !== undefined ? "number" : "null";
}

function sampleObject(schema: JsonObject, place: Place): JsonValue {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const made: Record<string, JsonValue> = {};
  for (const [name, property] of Object.entries(properties)) {
    if (required.includes(name) || !isEndless(property, place)) made[name] = sampleOf(property, { ...place, name });
  }
  for (const name of required) if (typeof name === "string" && !Object.hasOwn(made, name)) made[name] = null;
  return made;
}

function sampleList(schema: JsonObject, place: Place): JsonValue {
  const first = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] as readonly JsonValue[] : [];
  const items = schema["items"];
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : Infinity;
  const made = first.map((one) => sampleOf(one, place));
  if (items === undefined || items === false) return made.slice(0, most);
  const wanted = Math.max(least, isEndless(items, place) ? 0 : 1);
  while (made.length < Math.min(wanted, most)) made.push(sampleOf(items, place));
  return made;
}

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2025-01-01T00:00:00Z",
  date: "2025-01-01",
  time: "00:00:00Z",
  duration: "PT1S",
  email: "someone@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  "uri-reference": "/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function sampleText(schema: JsonObject, name: string): string {
  const { format, minLength, maxLength } = schema as Readonly<Record<string, JsonValue | undefined>>;
  const known = typeof format === "string" ? FORMATS[format] : undefined;
  if (known !== undefined) return known;
  const text = typeof minLength === "number" ? name.padEnd(minLength, "x") : name;
  return typeof maxLength === "number" ? text.slice(0, maxLength) : text;
}

function sampleNumber(schema: JsonObject): number {
  const bound = (key: string): number | undefined => typeof schema[key] === "number" ? schema[key] : undefined;
  const step = bound("multipleOf") ?? (typeOf(schema) === "integer" ? 1 : undefined);
  const above = bound("exclusiveMinimum");
  const below = bound("exclusiveMaximum");
  let value = above === undefined ? bound("minimum") ?? 1 : above + (step ?? 1);
  const most = below === undefined ? bound("maximum") : below - (step ?? 1);
  if (most !== undefined && value > most) value = bound("minimum") ?? most;
  return step === undefined ? value : Math.ceil(value / step) * step;
}

/** Lays all of `allOf` over the schema itself. */
function mergeAll(schema: JsonObject, place: Place): JsonObject {
  const all = schema["allOf"];
  if (!Array.isArray(all)) return schema;
  return all.reduce<JsonObject>(
    (merged, one: JsonValue) => isJsonObject(one) ? mergeTwo(merged, mergeAll(resolve(one, place), place)) : merged,
    without(schema, "allOf"),
  );
}

function mergeTwo(one: JsonObject, other: JsonObject): JsonObject {
  const [ours, theirs] = [one["properties"], other["properties"]];
  const required = [one["required"], other["required"]].flatMap((list) => Array.isArray(list) ? list : []);
  return {
    ...one,
    ...other,
    ...(isJsonObject(ours) && isJsonObject(theirs) ? { properties: { ...ours, ...theirs } } : undefined),
    ...(required.length > 0 ? { required } : undefined),
  };
}

function resolve(schema: JsonObject, { root }: Place): JsonObject {
  const reference = schema["$ref"];
  return typeof reference === "string" ? { ...follow(root, reference), ...without(schema, "$ref") } : schema;
}

/** The place behind a schema's reference, if it is one. */
function within(schema: JsonObject, place: Place): Place {
  const reference = schema["$ref"];
  return typeof reference === "string" ? { ...place, open: [...place.open, reference] } : place;
}

/** Whether a schema leads back to a reference that is being followed. */
function isEndless(schema: JsonValue, { open }: Place): boolean {
  if (!isJsonObject(schema)) return false;
  const reference = schema["$ref"];
  return typeof reference === "string" && open.includes(reference);
}

function follow(root: JsonObject, reference: string): JsonObject {
  let found: JsonValue | undefined = root;
  for (const part of reference.replace(/^#\/?/, "").split("/").filter((one) => one !== "")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    found = isJsonObject(found) ? found[key] : undefined;
  }
  return isJsonObject(found) ? found : {};
}

function without(schema: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== key));
}
