import { Validator } from "@cfworker/json-schema";
import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { closest } from "../base/text.ts";
import { JSON_SCHEMA_SCHEMA } from "./schema_json_schema.ts";
import { checkPart } from "./structure.ts";

const KEYWORDS: readonly string[] = Object.keys(JSON_SCHEMA_SCHEMA.properties ?? {});

/**
 * Checks what the schema of the language cannot say of a JSON Schema: that its patterns are sound, that its references lead
 * somewhere, that no keyword is misspelt.
 *
 * A validator itself would find a misspelt type or a bad reference only when a run starts, if at all.
 */
export function checkInputSchema(schema: JsonObject | boolean | undefined, path: DocumentPath): readonly Issue[] {
  if (schema === undefined || typeof schema === "boolean") return [];
  const issues: Issue[] = [];
  visitSchemas(schema, path, (node, at) => checkNode(issues, schema, node, at));
  const isSound = [...issues, ...checkPart(schema, "json_schema", path)].every((issue) => issue.severity !== "error");
  if (isSound) issues.push(...checkUsable(schema, path));
  return issues;
}

function checkNode(issues: Issue[], root: JsonObject, node: JsonObject, path: DocumentPath): void {
  for (const key of Object.keys(node)) {
    const meant = KEYWORDS.includes(key) ? undefined : closest(key, KEYWORDS);
    if (meant === undefined) continue;
    issues.push({
      severity: "warning",
      code: "schema_unknown_keyword",
      message: `"${key}" is no keyword of JSON Schema and has no effect`,
      hint: `did you mean "${meant}"?`,
      path: [...path, key],
      onKey: true,
    });
  }
  const { $ref, pattern } = node as { readonly $ref?: JsonValue; readonly pattern?: JsonValue };
  if (typeof pattern === "string" && !isRegExp(pattern)) {
    issues.push(error("schema_bad_pattern", `"${pattern}" is no regular expression`, [...path, "pattern"]));
  }
  if (typeof $ref === "string" && !leadsSomewhere(root, $ref)) {
    issues.push(
      error(
        "schema_bad_ref",
        `The reference "${$ref}" leads nowhere`,
        [...path, "$ref"],
        "references lead into the same schema, such as #/$defs/address",
      ),
    );
  }
}

/** The validator itself has the last word on what it cannot use: ids that clash, say. */
function checkUsable(schema: JsonObject, path: DocumentPath): Issue[] {
  try {
    // The validator marks the schemas that it is given: it gets a copy.
    new Validator(structuredClone(schema), "2020-12").validate({});
    return [];
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split("\n")[0] : String(thrown);
    return [error("schema_not_usable", `The schema cannot be used: ${reason}`, path)];
  }
}

function error(code: string, message: string, path: DocumentPath, hint?: string): Issue {
  return { severity: "error", code, message, path, hint };
}

function isRegExp(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

function leadsSomewhere(root: JsonObject, reference: string): boolean {
  if (reference === "#") return true;
  if (reference.startsWith("#/")) {
    return isJsonObject(followPointer(root, reference)) || typeof followPointer(root, reference) === "boolean";
  }
  let isFound = false;
  visitSchemas(root, [], (node) => {
    isFound ||= typeof node["$id"] === "string" ||
      (reference.startsWith("#") && node["$anchor"] === reference.slice(1));
  });
  return isFound;
}

function followPointer(root: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const part of pointer.slice(2).split("/")) {
    const key = decodePointer(part);
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

function decodePointer(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return part;
  }
}

/** Calls back for a schema and every schema in it; data such as `default`, `const` and `enum` is not looked into. */
function visitSchemas(
  schema: JsonValue,
  path: DocumentPath,
  visit: (node: JsonObject, path: DocumentPath) => void,
): void {
  if (!isJsonObject(schema)) return;
  visit(schema, path);
  for (const [key, value] of Object.entries(schema)) {
    const kind = JSON_SCHEMA_SCHEMA.properties?.[key];
    if (kind?.$ref !== undefined) visitSchemas(value, [...path, key], visit);
    else if (kind?.items?.$ref !== undefined && Array.isArray(value)) {
      value.forEach((item: JsonValue, index) => visitSchemas(item, [...path, key, index], visit));
    } else if (isJsonObject(kind?.additionalProperties) && isJsonObject(value)) {
      if (kind.additionalProperties["$ref"] === undefined) continue;
      for (const [name, item] of Object.entries(value)) visitSchemas(item, [...path, key, name], visit);
    }
  }
}
