import { MaestroError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, jsonTypeName, type JsonValue } from "../base/json.ts";
import { applyDefaults, type JsonSchema, misfits } from "./schema_fit.ts";

/**
 * Checks a run's input against its schema and fills in the `default` values of properties that are missing.
 *
 * @throws {MaestroError} `invalid_input` that names every place that does not fit.
 */
export function checkInput(schema: JsonSchema | undefined, input: JsonValue): JsonObject {
  if (!isJsonObject(input)) {
    throw new MaestroError("invalid_input", `The input is not a map but ${describe(input)}`, {
      hint: 'pass a JSON object such as {"name":"Ada"}',
    });
  }
  return fitInput(schema, input) as JsonObject;
}

/**
 * The same for input of any type.
 *
 * @throws {MaestroError} `invalid_input` that names every place that does not fit.
 */
export function fitInput(schema: JsonSchema | undefined, input: JsonValue): JsonValue {
  const filled = applyDefaults(schema, input);
  const problems = misfits(schema, filled, "input");
  if (problems.length === 0) return filled;
  throw new MaestroError(
    "invalid_input",
    `The input does not fit the workflow's schema\n  ${problems.join("\n  ")}`,
  );
}

function describe(value: JsonValue): string {
  return Array.isArray(value) ? "a list" : value === null ? "null" : `${jsonTypeName(value)} ${JSON.stringify(value)}`;
}
