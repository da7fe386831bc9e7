import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonObject, jsonTypeName, type JsonValue } from "../base/json.ts";
import { didYouMean } from "../base/text.ts";
import type { MessageType, ValueType } from "../engine/message_type.ts";
import { fieldList, typeName, withArticle } from "./check_members.ts";
import { scalarExpectation } from "./check_scalar.ts";

/** Tells the type of a text that holds templates, from its path in the document. */
export type TemplateType = (text: string, path: DocumentPath) => ValueType;

/** Checks what a document writes for a value against the type that the service takes. */
export function checkValue(
  issues: Issue[],
  value: JsonValue,
  type: ValueType,
  path: DocumentPath,
  templateType: TemplateType,
): void {
  if (value === null || type.kind === "any") return;
  if (typeof value === "string" && value.includes("{{")) {
    return checkTemplate(issues, templateType(value, path), type, path);
  }
  switch (type.kind) {
    case "message":
      if (!isJsonObject(value)) return wrongType(issues, value, type, path);
      return checkMessage(issues, value, type, path, templateType);
    case "list":
      if (!Array.isArray(value)) return wrongType(issues, value, type, path);
      value.forEach((item: JsonValue, index) => checkValue(issues, item, type.item, [...path, index], templateType));
      return;
    case "map":
      if (!isJsonObject(value)) return wrongType(issues, value, type, path);
      for (const [key, item] of Object.entries(value)) {
        checkValue(issues, item, type.value, [...path, key], templateType);
      }
      return;
    case "enum":
      return checkEnum(issues, value, type, path);
    case "scalar": {
      const expected = scalarExpectation(value, type);
      if (expected !== undefined) wrongType(issues, value, type, path, expected);
    }
  }
}

function checkMessage(
  issues: Issue[],
  value: JsonObject,
  type: MessageType,
  path: DocumentPath,
  templateType: TemplateType,
): void {
  const given = new Map<string, string>();
  const oneofs = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    const at = [...path, key];
    const field = type.findField(key);
    if (field === undefined) {
      const hint = didYouMean(key, type.fieldNames) ?? fieldList(type);
      issues.push({
        severity: "error",
        code: "unknown_field",
        message: `${type.name} has no field "${key}"`,
        hint,
        path: at,
        onKey: true,
      });
      continue;
    }
    const twin = given.get(field.name);
    if (twin !== undefined) {
      issues.push(error("field_given_twice", `"${key}" and "${twin}" are the same field of ${type.name}`, at));
    }
    given.set(field.name, key);
    const rival = field.oneof === undefined ? undefined : oneofs.get(field.oneof);
    if (rival !== undefined && item !== null) {
      issues.push(
        error(
          "oneof_conflict",
          `"${key}" and "${rival}" exclude each other: both belong to the oneof "${field.oneof}"`,
          at,
          "give one of them; null leaves a field unset",
        ),
      );
    }
    if (field.oneof !== undefined && item !== null) oneofs.set(field.oneof, key);
    checkValue(issues, item, field.type, at, templateType);
  }
}

function checkEnum(issues: Issue[], value: JsonValue, type: ValueType & { kind: "enum" }, path: DocumentPath): void {
  if (Number.isInteger(value)) return;
  if (typeof value !== "string") return wrongType(issues, value, type, path);
  if (type.values.includes(value)) return;
  const hint = didYouMean(value, type.values) ?? `it is one of: ${type.values.slice(0, 10).join(", ")}`;
  issues.push({
    severity: "error",
    code: "unknown_enum_value",
    message: `${type.name} has no value "${value}"`,
    hint,
    path,
  });
}

/** A value that an expression gives: only what can never fit is an error. */
function checkTemplate(issues: Issue[], given: ValueType, wanted: ValueType, path: DocumentPath): void {
  if (given.kind === "any" || mayFit(given, wanted)) return;
  issues.push({
    severity: "error",
    code: "wrong_field_type",
    message: `This gives ${withArticle(typeName(given))}, where ${withArticle(typeName(wanted))} is expected`,
    path,
  });
}

function mayFit(given: ValueType, wanted: ValueType): boolean {
  if (wanted.kind === "any") return true;
  if (given.kind === "list" || wanted.kind === "list") {
    return given.kind === "list" && wanted.kind === "list" &&
      (given.item.kind === "any" || mayFit(given.item, wanted.item));
  }
  const isMap = (type: ValueType): boolean => type.kind === "message" || type.kind === "map";
  if (isMap(given) || isMap(wanted)) return isMap(given) && isMap(wanted);
  if (given.kind !== "scalar" || wanted.kind !== "scalar") return given.kind !== "scalar" || given.type !== "boolean";
  if (given.type === "boolean" || wanted.type === "boolean") return given.type === wanted.type;
  const isNumber = (type: string): boolean => type === "number" || type === "integer";
  // Numbers may be sent as text, but text fields take no numbers.
  return wanted.type === "text" || wanted.type === "bytes" ? !isNumber(given.type) : true;
}

function wrongType(
  issues: Issue[],
  value: JsonValue,
  type: ValueType,
  path: DocumentPath,
  expected: string = withArticle(typeName(type)),
): void {
  const shown = typeof value === "object" ? `a ${jsonTypeName(value)}` : JSON.stringify(value);
  const key = path.at(-1);
  const name = typeof key === "string" ? `"${key}"` : "This item";
  const hint = type.kind === "scalar" && type.name === "string" && typeof value !== "object"
    ? `quote it: "${String(value)}"`
    : undefined;
  issues.push(error("wrong_field_type", `${name} must be ${expected}, not ${shown}`, path, hint));
}

function error(code: string, message: string, path: DocumentPath, hint?: string): Issue {
  return { severity: "error", code, message, hint, path };
}
