import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { closest, didYouMean } from "../base/text.ts";
import { SCHEMA_PARTS, WORKFLOW_SCHEMA } from "./schema.ts";
import type { SchemaNode } from "./schema_node.ts";
import { STEP_SCHEMAS } from "./schema_step.ts";
import { checkStepKeys, findStepSchema } from "./structure_step.ts";
import { badFormat, expectation, fits, namedExample, nameOf, shown, typeHint } from "./structure_words.ts";

/**
 * Checks a document against the schema of the language.
 *
 * An interpreter of just that schema, so that its messages can name keys and say what to write; validators in general
 * cannot. Which kind a step is follows from its keys, not from trying all kinds.
 */
export function checkStructure(
  document: JsonObject,
  { schema, owner }: DocumentKind = WORKFLOW,
): readonly Issue[] {
  const walk = new StructureWalk(owner);
  walk.check(document, schema, []);
  return walk.issues;
}

/** A kind of document. Its schema may refer to the parts of the workflows' schema, and to no others. */
export interface DocumentKind {
  readonly schema: SchemaNode;
  /** What messages call the document as a whole. */
  readonly owner: string;
}

const WORKFLOW: DocumentKind = { schema: WORKFLOW_SCHEMA, owner: "The workflow" };

/** Checks one value against a named part of the schema. */
export function checkPart(value: JsonValue, part: string, path: DocumentPath): readonly Issue[] {
  const walk = new StructureWalk(WORKFLOW.owner);
  walk.check(value, { $ref: `#/$defs/${part}` }, path);
  return walk.issues;
}

class StructureWalk {
  readonly issues: Issue[] = [];
  readonly #owner: string;

  constructor(owner: string) {
    this.#owner = owner;
  }

  check(value: JsonValue, schema: SchemaNode, path: DocumentPath): void {
    if (schema.$ref === "#/$defs/step") return this.#checkStep(value, path);
    const node = resolve(schema);
    if (node.anyOf !== undefined) return this.#checkUnion(value, node, path);
    if (!fits(value, node)) return this.#wrongType(value, node, path);
    if (typeof value === "string") return this.#checkText(value, schema, node, path);
    if (node.enum !== undefined) return this.#checkEnum(value, node, path);
    if (typeof value === "number") return this.#checkNumber(value, node, path);
    if (Array.isArray(value)) return this.#checkList(value, node, path);
    if (isJsonObject(value)) this.#checkMap(value, node, path);
  }

  /** Alternatives differ in type, or are constants: the one that fits by type says what is wrong. */
  #checkUnion(value: JsonValue, node: SchemaNode, path: DocumentPath): void {
    const alternatives = node.anyOf!.map((one) => ({ schema: one, node: resolve(one) }));
    const match = alternatives.find((one) => fits(value, one.node));
    if (match !== undefined) return this.check(value, match.schema, path);
    this.#wrongType(value, node, path);
  }

  #checkEnum(value: JsonValue, node: SchemaNode, path: DocumentPath): void {
    if (node.enum!.includes(value)) return;
    const known = node.enum!.map(String);
    this.#error("bad_value", `${nameOf(path)} cannot be ${shown(value)}`, path, {
      hint: (typeof value === "string" ? didYouMean(value, known) : undefined) ??
        (known.length === 1 ? `write "${known[0]}"` : `it is one of: ${known.join(", ")}`),
    });
  }

  #checkText(text: string, schema: SchemaNode, node: SchemaNode, path: DocumentPath): void {
    if (node.enum !== undefined || node.pattern !== undefined) {
      const allowsTemplate = node.pattern !== undefined && compiled(node.pattern).test(text);
      if (text.includes("{{") && !allowsTemplate) {
        return this.#error("template_not_allowed", `${nameOf(path)} takes no template`, path, {
          hint: `write ${expectation(node)}`,
        });
      }
    }
    if (node.enum !== undefined) return this.#checkEnum(text, node, path);
    if (node.pattern !== undefined && !compiled(node.pattern).test(text)) {
      return this.#error("bad_value", badFormat(text, node, path), path, { hint: typeHint(text, node) });
    }
    if (node.minLength !== undefined && text.length < node.minLength) {
      this.#error("bad_value", `${nameOf(path)} is empty`, path, { hint: namedExample(node) });
    }
    if (text.includes("{{") && isLiteral(schema, node, path)) {
      this.#error("template_not_allowed", `${nameOf(path)} takes no template: the text is used as it is`, path);
    }
  }

  #checkNumber(value: number, node: SchemaNode, path: DocumentPath): void {
    const { minimum, exclusiveMinimum, maximum } = node;
    const bound = minimum !== undefined && value < minimum
      ? `at least ${minimum}`
      : exclusiveMinimum !== undefined && value <= exclusiveMinimum
      ? `more than ${exclusiveMinimum}`
      : maximum !== undefined && value > maximum
      ? `at most ${maximum}`
      : undefined;
    if (bound !== undefined) this.#error("bad_value", `${nameOf(path)} must be ${bound}, not ${value}`, path);
  }

  #checkList(list: readonly JsonValue[], node: SchemaNode, path: DocumentPath): void {
    if (list.length < (node.minItems ?? 0)) {
      this.#error("bad_value", `${nameOf(path)} is an empty list`, path, { hint: namedExample(node) });
    }
    if (node.items !== undefined) list.forEach((item, index) => this.check(item, node.items!, [...path, index]));
  }

  #checkMap(map: JsonObject, node: SchemaNode, path: DocumentPath): void {
    const keys = Object.keys(map);
    for (const key of keys) {
      const at = [...path, key];
      const property = ownProperty(node, key);
      if (property !== undefined) {
        this.check(map[key]!, property, at);
      } else if (patternOf(node, key) === undefined) {
        if (node.propertyNames !== undefined) this.#checkName(key, node.propertyNames, at);
        if (node.additionalProperties === false) this.#unknownKey(key, node, map, at);
        else if (node.additionalProperties !== undefined) this.check(map[key]!, node.additionalProperties, at);
      }
    }
    const missing = (node.required ?? []).filter((key) => !Object.hasOwn(map, key) && !isMisspelt(key, node, keys));
    for (const key of missing) this.#missingKey(key, node, path);
    if (missing.length > 0) return;
    if (keys.length < (node.minProperties ?? 0)) {
      this.#error("bad_value", `${nameOf(path)} is an empty map`, path, { hint: namedExample(node) });
    }
    if (keys.length > (node.maxProperties ?? Number.POSITIVE_INFINITY)) {
      this.#error(
        "bad_value",
        `${nameOf(path)} takes only one of: ${Object.keys(node.properties ?? {}).join(", ")}`,
        path,
      );
    }
  }

  #checkName(name: string, schema: SchemaNode, path: DocumentPath): void {
    const node = resolve(schema);
    if (node.pattern === undefined || compiled(node.pattern).test(name)) return;
    this.#error("bad_name", `"${name}" cannot be a name`, path, {
      hint: "a name has letters, digits and underscores, and does not begin with a digit",
      onKey: true,
    });
  }

  #missingKey(key: string, node: SchemaNode, path: DocumentPath): void {
    const property = ownProperty(node, key);
    const owner = path.length === 0 ? this.#owner : typeof path.at(-1) === "number" ? thing(node) : nameOf(path);
    this.#error("missing_key", `${owner} has no "${key}"`, path, {
      hint: property === undefined ? undefined : namedExample(resolve(property), key),
      onKey: typeof path.at(-1) === "string",
    });
  }

  #unknownKey(key: string, node: SchemaNode, map: JsonObject, path: DocumentPath): void {
    const known = Object.keys(node.properties ?? {});
    const unused = known.filter((candidate) => !Object.hasOwn(map, candidate));
    const isTop = path.length === 1;
    this.#error("unknown_key", `The key "${key}" is not known here`, path, {
      hint: didYouMean(key, unused) ?? besideHint(key, path) ??
        (isTop ? 'keys of your own begin with "x-"' : `known are: ${known.join(", ")}`),
      onKey: true,
    });
  }

  #checkStep(value: JsonValue, path: DocumentPath): void {
    if (!isJsonObject(value)) return this.#wrongType(value, SCHEMA_PARTS["step"]!, path, "object");
    const found = findStepSchema(this.issues, value, path);
    if (found === undefined) return;
    const known = checkStepKeys(this.issues, value, found, path);
    this.#checkMap(known, found.schema, path);
  }

  #wrongType(value: JsonValue, node: SchemaNode, path: DocumentPath, type?: "object"): void {
    const expected = type === "object" ? "a map" : expectation(node);
    const message = value === null
      ? `${nameOf(path)} is empty; it must be ${expected}`
      : `${nameOf(path)} must be ${expected}, not ${shown(value)}`;
    this.#error("wrong_type", message, path, { hint: typeHint(value, node) });
  }

  #error(code: string, message: string, path: DocumentPath, more: Pick<Issue, "hint" | "onKey"> = {}): void {
    this.issues.push({ severity: "error", code, message, path, ...more });
  }
}

const PATTERNS = new Map<string, RegExp>();

/** The schema's patterns, each compiled once. */
function compiled(pattern: string): RegExp {
  let expression = PATTERNS.get(pattern);
  if (expression === undefined) PATTERNS.set(pattern, expression = new RegExp(pattern, "u"));
  return expression;
}

/** The node behind a reference; what stands beside the reference wins. */
function resolve(schema: SchemaNode): SchemaNode {
  const part = schema.$ref === undefined ? undefined : SCHEMA_PARTS[schema.$ref.slice("#/$defs/".length)];
  return part === undefined ? schema : { ...resolve(part), ...schema };
}

function ownProperty(node: SchemaNode, key: string): SchemaNode | undefined {
  return node.properties !== undefined && Object.hasOwn(node.properties, key) ? node.properties[key] : undefined;
}

function patternOf(node: SchemaNode, key: string): SchemaNode | true | undefined {
  return Object.entries(node.patternProperties ?? {}).find(([pattern]) => compiled(pattern).test(key))?.[1];
}

/** Texts take templates only where the schema says so by reference; a description may hold anything. */
function isLiteral(schema: SchemaNode, node: SchemaNode, path: DocumentPath): boolean {
  if (path.at(-1) === "description" || isInJsonSchema(path)) return false;
  return !node.title?.includes("template") && !/value$|condition$|header/.test(node.title ?? schema.$ref ?? "");
}

/** What is said of a key of every step that stands one level too deep, such as the `timeout` of a `wait_for`. */
function besideHint(key: string, path: DocumentPath): string | undefined {
  const isInStep = typeof path.at(-3) === "number" && typeof path.at(-2) === "string";
  return isInStep && ownProperty(STEP_SCHEMAS.group, key) !== undefined
    ? `"${key}" stands beside "${path.at(-2)}", not in it`
    : undefined;
}

/** Whether a path leads into a JSON Schema: what stands there is data. */
function isInJsonSchema(path: DocumentPath): boolean {
  return path.includes("input_schema") || path.some((key, index) => key === "wait_for" && path[index + 1] === "schema");
}

/** Whether a key that is missing is there under a wrong name, which has been reported. */
function isMisspelt(missing: string, node: SchemaNode, keys: readonly string[]): boolean {
  return node.additionalProperties === false &&
    keys.some((key) => ownProperty(node, key) === undefined && closest(key, [missing]) !== undefined);
}

/** What a list item is called in messages. */
function thing(node: SchemaNode): string {
  const title = node.title ?? "this";
  return title.startsWith("a ") ? `This ${title.slice(2).replace(/ with .*/, "")}` : "This";
}
