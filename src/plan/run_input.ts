import { Validator } from "@cfworker/json-schema";
import { MaestroError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, jsonTypeName, type JsonValue } from "../base/json.ts";

/**
 * Checks a run's input against its schema and fills in the `default` values of properties that are missing.
 *
 * @throws {MaestroError} `invalid_input` that names every place that does not fit.
 */
export function checkInput(schema: JsonObject | boolean | undefined, input: JsonValue): JsonObject {
  if (!isJsonObject(input)) {
    throw new MaestroError("invalid_input", `The input is not a map but ${describe(input)}`, {
      hint: 'pass a JSON object such as {"name":"Ada"}',
    });
  }
  if (schema === undefined) return input;
  const filled = applyDefaults(schema, input) as JsonObject;
  const { valid, errors } = new Validator(schema as never, "2020-12", false).validate(filled);
  if (valid) return filled;
  // An error of a part is repeated by every schema around it: only the innermost say what is wrong.
  const inner = errors.filter(({ keyword }) => !OUTER_KEYWORDS.has(keyword));
  const problems = (inner.length > 0 ? inner : errors).map(({ instanceLocation, error }) =>
    `${instanceLocation === "#" ? "input" : `input${instanceLocation.slice(1).replaceAll("/", ".")}`}: ${
      error.replace(/\.$/, "")
    }`
  );
  throw new MaestroError(
    "invalid_input",
    `The input does not fit the workflow's schema\n  ${[...new Set(problems)].join("\n  ")}`,
  );
}

const OUTER_KEYWORDS: ReadonlySet<string> = new Set(["properties", "items", "$ref", "allOf", "prefixItems"]);

function applyDefaults(schema: JsonValue, value: JsonValue): JsonValue {
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

function describe(value: JsonValue): string {
  return Array.isArray(value) ? "a list" : value === null ? "null" : `${jsonTypeName(value)} ${JSON.stringify(value)}`;
}
