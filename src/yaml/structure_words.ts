import type { DocumentPath } from "../base/diagnostics.ts";
import type { JsonValue } from "../base/json.ts";
import { truncate } from "../base/text.ts";
import { SCHEMA_PARTS } from "./schema.ts";
import type { SchemaNode, SchemaType } from "./schema_node.ts";

const LONGEST_SHOWN = 40;

const TYPE_WORDS: Readonly<Record<SchemaType, string>> = {
  null: "null",
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
  string: "a text",
  array: "a list",
  object: "a map",
};

/** Tells whether a value has a type that a node takes, whatever else is wrong with it. */
export function fits(value: JsonValue, node: SchemaNode): boolean {
  if (node.const !== undefined) return value === node.const;
  const types = node.type === undefined ? undefined : typesOf(node);
  if (types !== undefined) return types.some((type) => isOfType(value, type));
  if (node.enum !== undefined) return node.enum.some((item) => typeof item === typeof value);
  if (node.anyOf !== undefined) return node.anyOf.some((one) => fits(value, followed(one)));
  return true;
}

function isOfType(value: JsonValue, type: SchemaType): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (value === null) return type === "null";
  if (Array.isArray(value)) return type === "array";
  const found = typeof value;
  return found === type;
}

/** What a node takes, as a phrase for "must be …". */
export function expectation(node: SchemaNode): string {
  if (node.const !== undefined) return typeof node.const === "string" ? `"${node.const}"` : String(node.const);
  if (node.anyOf !== undefined) return node.anyOf.map((one) => expectation(followed(one))).join(" or ");
  if (node.enum !== undefined) {
    return node.enum.length === 1 ? `"${String(node.enum[0])}"` : `one of: ${node.enum.map(String).join(", ")}`;
  }
  const words = node.title ??
    (node.type === undefined ? "a value" : typesOf(node).map((type) => TYPE_WORDS[type]).join(" or "));
  const [example] = node.examples ?? [];
  return example === undefined || typeof example === "object" ? words : `${words} such as ${String(example)}`;
}

/** Message for a text of the wrong form. */
export function badFormat(text: string, node: SchemaNode, path: DocumentPath): string {
  return `${nameOf(path)} must be ${expectation(node)}, not ${shown(text)}`;
}

/** What to write instead of a value of the wrong type or form, where that can be told. */
export function typeHint(value: JsonValue, node: SchemaNode): string | undefined {
  const isDuration = JSON.stringify(node).includes("a duration") ||
    (node.anyOf ?? []).some((one) => one.$ref?.endsWith("/duration"));
  if (isDuration && (typeof value === "number" || (typeof value === "string" && /^[\d.]+$/.test(value)))) {
    return `give it a unit: ${value}s or ${value}ms`;
  }
  if (isDuration && typeof value === "string" && /^\d+\s*(d|days?)$/.test(value)) {
    return "the longest unit is the hour: 24h";
  }
  if (isDuration && typeof value === "string" && /^[\d.]+\s+\w/.test(value)) return "write it without spaces";
  // Where a template has to stand, or an address, a quoted number would be just as wrong.
  if (typeof value === "number" && node.title === "an error code") return `write "http_${value}"`;
  if ((typeof value === "number" || typeof value === "boolean") && takesText(node, String(value))) {
    return `quote it: "${value}"`;
  }
  if (node.type === "array" && typeof value !== "object") return "write a list: each item on its own line after a dash";
  if ((node.type === "number" || node.type === "integer") && typeof value === "string" && /^[\d.]+$/.test(value)) {
    return "write it without quotes";
  }
  if (node.type === "boolean" && typeof value === "string" && /^(yes|no|on|off)$/i.test(value)) {
    return "write true or false";
  }
  // Examples that are one word stand in the message already.
  return typeof node.examples?.[0] === "object" ? namedExample(node) : undefined;
}

function takesText(node: SchemaNode, text: string): boolean {
  return node.type !== undefined && typesOf(node).includes("string") && !/\{\{|:\/\//.test(exampleOf(node)) &&
    (node.pattern === undefined || new RegExp(node.pattern, "u").test(text));
}

function exampleOf(node: SchemaNode): string {
  const [example] = node.examples ?? [];
  return typeof example === "string" ? example : "";
}

/** An example of a node as it would be written, if it has one. */
export function namedExample(node: SchemaNode, key?: string): string | undefined {
  const [example] = node.examples ?? [];
  if (example === undefined) {
    return key !== undefined && node.enum !== undefined ? `write "${key}: ${node.enum.join(" | ")}"` : undefined;
  }
  const text = typeof example === "string" ? example : JSON.stringify(example);
  return key === undefined ? `for example ${text}` : `for example "${key}: ${text}"`;
}

/** The name of what a path leads to, at the start of a message. */
export function nameOf(path: DocumentPath): string {
  const last = path.at(-1);
  if (last === undefined) return "The workflow";
  if (typeof last === "string") return `"${last}"`;
  const list = path.at(-2);
  return list === undefined ? `Item ${last + 1}` : `Item ${last + 1} of "${list}"`;
}

/** A value as messages show it. */
export function shown(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return `"${truncate(value, LONGEST_SHOWN)}"`;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : "a map";
}

function typesOf(node: SchemaNode): readonly SchemaType[] {
  return typeof node.type === "string" ? [node.type] : node.type ?? [];
}

function followed(node: SchemaNode): SchemaNode {
  const part = node.$ref === undefined ? undefined : SCHEMA_PARTS[node.$ref.slice("#/$defs/".length)];
  return part === undefined ? node : { ...followed(part), ...node };
}
