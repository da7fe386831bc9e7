import type { Issue } from "../base/diagnostics.ts";
import type { JsonValue } from "../base/json.ts";
import type { ValueType } from "../engine/message_type.ts";
import {
  compileCondition,
  type CompileOptions,
  compileTemplate,
  type ExpressionIssue,
  KIND,
  type Kinds,
} from "../expr/mod.ts";
import { ANY, followPath } from "./check_members.ts";
import { foreachProblem, knownKinds } from "./check_kinds.ts";
import type { PlacedReference, TemplateUse } from "./check_references.ts";
import type { Plan } from "./plan.ts";

/** A name that an answer is behind: where a path into its type starts. */
export interface TypedRoot {
  readonly type: ValueType;
  readonly path: PlacedReference["path"];
}

/** Tells what a reference is read of; `undefined` where nothing is known of it. */
export type FindRoot = (reference: Pick<PlacedReference, "root" | "path">) => TypedRoot | undefined;

/** What an expression gives, and what is wrong with it. */
interface Checked {
  readonly kinds: Kinds;
  readonly issues: readonly ExpressionIssue[];
}

/**
 * Finds what is wrong with a text, by all that is read in it, once the types of answers are known.
 *
 * Gives only what the input schema alone does not tell, because that has been reported when the document was compiled.
 */
export function checkAnswerKinds(
  text: JsonValue | undefined,
  references: readonly PlacedReference[],
  inputSchema: Plan["inputSchema"],
  findRoot: FindRoot,
): readonly Issue[] {
  if (typeof text !== "string" || references.every((reference) => answerKinds(reference, findRoot) === undefined)) {
    return [];
  }
  const { use, place } = references[0]!;
  const check = CONDITIONS.has(use) ? checkCondition : checkTemplate;
  const before = check(text, { kindOf: (root, path) => knownKinds(root, path, inputSchema) });
  const now = check(text, { kindOf: kindFinder(inputSchema, findRoot) });
  const issues = now.issues.filter((issue) => !before.issues.some((known) => isSame(known, issue)))
    .map(({ severity, code, message, hint, span }): Issue => ({ severity, code, message, hint, path: place, span }));
  const message = use === "foreach" && place.at(-1) === "foreach" ? foreachProblem(now.kinds) : undefined;
  if (message === undefined || foreachProblem(before.kinds) !== undefined) return issues;
  return [...issues, { severity: "error", code: "not_a_list", message, path: place }];
}

const CONDITIONS: ReadonlySet<TemplateUse> = new Set<TemplateUse>(["when", "until", "stream", "done"]);

/** The type of what a template gives, where it is sure to be of one kind. */
export function typeOfTemplate(text: string, inputSchema: Plan["inputSchema"], findRoot: FindRoot): ValueType {
  const { kinds, issues } = checkTemplate(text, { kindOf: kindFinder(inputSchema, findRoot) });
  return issues.length > 0 ? ANY : TYPES.get(kinds & ~KIND.null) ?? ANY;
}

const TYPES: ReadonlyMap<Kinds, ValueType> = new Map<Kinds, ValueType>([
  [KIND.boolean, { kind: "scalar", type: "boolean", name: "boolean" }],
  [KIND.number, { kind: "scalar", type: "number", name: "number" }],
  [KIND.text, { kind: "scalar", type: "text", name: "text" }],
  [KIND.list, { kind: "list", item: ANY }],
  [KIND.map, { kind: "map", value: ANY }],
]);

function kindFinder(inputSchema: Plan["inputSchema"], findRoot: FindRoot): CompileOptions["kindOf"] {
  return (root, path) => answerKinds({ root, path }, findRoot) ?? knownKinds(root, path, inputSchema);
}

function answerKinds(reference: Pick<PlacedReference, "root" | "path">, findRoot: FindRoot): Kinds | undefined {
  const start = findRoot(reference);
  const found = start === undefined ? undefined : followPath(start.type, start.path);
  if (found === undefined || !("type" in found)) return undefined;
  const kinds = kindsOfType(found.type);
  return kinds !== undefined && found.isNullable ? kinds | KIND.null : kinds;
}

/** The kinds that a value of a type has in an answer. */
function kindsOfType(type: ValueType): Kinds | undefined {
  switch (type.kind) {
    case "any":
      return undefined;
    case "list":
      return KIND.list;
    case "map":
    case "message":
      return KIND.map;
    case "enum":
      return KIND.text;
    case "scalar":
      return SCALAR_KINDS[type.type];
  }
}

/** 64-bit numbers are text where JSON would round them, and so are NaN and infinity. */
const SCALAR_KINDS: Readonly<Record<(ValueType & { kind: "scalar" })["type"], Kinds>> = {
  text: KIND.text,
  bytes: KIND.text,
  boolean: KIND.boolean,
  integer: KIND.number,
  int64: KIND.number | KIND.text,
  number: KIND.number | KIND.text,
};

function checkTemplate(text: string, options: CompileOptions): Checked {
  const { template, issues } = compileTemplate(text, options);
  return { kinds: template.kinds, issues };
}

function checkCondition(text: string, options: CompileOptions): Checked {
  return { kinds: KIND.any, issues: compileCondition(text, options).issues };
}

function isSame(a: ExpressionIssue, b: ExpressionIssue): boolean {
  return a.code === b.code && a.span.start === b.span.start && a.span.end === b.span.end;
}
