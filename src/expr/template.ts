import type { DocumentPath } from "../base/diagnostics.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import type { CompileOptions } from "./compilation.ts";
import { captureLeaf, type DeferredLeaf } from "./deferred.ts";
import { type Frame, inFrame } from "./frame.ts";
import type { ExpressionIssue } from "./issue.ts";
import { KIND, kindOf, type Kinds } from "./kind.ts";
import { compileLeaf, evaluateLeaf, hasTemplate, type Leaf } from "./leaf.ts";
import { setMember } from "./literals.ts";
import type { Reference } from "./reference.ts";
import type { Scope } from "./scope.ts";

/** A value with templates at any depth, compiled once. Immutable, so that all runs can share it. */
export interface Template {
  readonly references: readonly Reference[];
  /** Whether there is no template inside: `evaluate()` then gives the very same value each time. */
  readonly isConstant: boolean;
  readonly readsSecrets: boolean;
  /** The kinds of value that it can give, as bits of `KIND`. */
  readonly kinds: Kinds;
  /** The value with every template replaced. Throws an `ExpressionError`. */
  evaluate(scope: Scope): JsonValue;
  /**
   * Like `evaluate`, but strings that read `secrets` are not evaluated: null stands in their place, and each is returned with the
   * other values that it reads, the time and the randomness, so that it can be journalled. `fillDeferred` puts them in.
   */
  evaluateDeferred(scope: Scope): { readonly value: JsonValue; readonly deferred: readonly DeferredLeaf[] };
}

/** A place in a compiled value: JSON as it stands, or what still has templates in it. */
type Shape =
  | { readonly kind: "constant"; readonly value: JsonValue }
  | { readonly kind: "leaf"; readonly leaf: Leaf }
  | { readonly kind: "list"; readonly items: readonly Shape[] }
  | {
    readonly kind: "map";
    /** The map with null where something is to be filled in: copied, then filled. */
    readonly skeleton: JsonObject;
    readonly keys: readonly string[];
    readonly items: readonly Shape[];
  };

/** Compiles any JSON value with templates at any depth. Keys of maps are literal. */
export function compileTemplate(
  value: JsonValue,
  options: CompileOptions = {},
): { readonly template: Template; readonly issues: readonly ExpressionIssue[] } {
  const issues: ExpressionIssue[] = [];
  const leaves: Leaf[] = [];
  const shape = compileShape(value, [], options, issues, leaves);
  const readsSecrets = leaves.some((leaf) => leaf.readsSecrets);
  const evaluate = (scope: Scope): JsonValue =>
    shape.kind === "constant" ? shape.value : inFrame(scope, (frame) => fill(shape, frame));
  const template: Template = {
    references: leaves.flatMap((leaf) => leaf.references),
    isConstant: shape.kind === "constant",
    readsSecrets,
    kinds: kindsOf(shape),
    evaluate,
    evaluateDeferred(scope) {
      if (!readsSecrets) return { value: evaluate(scope), deferred: [] };
      const deferred: DeferredLeaf[] = [];
      return { value: inFrame(scope, (frame) => fill(shape, frame, deferred)), deferred };
    },
  };
  return { template, issues };
}

function compileShape(
  value: JsonValue,
  at: DocumentPath,
  options: CompileOptions,
  issues: ExpressionIssue[],
  leaves: Leaf[],
): Shape {
  const constant: Shape = { kind: "constant", value };
  if (typeof value === "string") {
    const leaf = compileLeaf(value, at, options, issues);
    if (leaf === undefined) return constant;
    leaves.push(leaf);
    return { kind: "leaf", leaf };
  }
  if (Array.isArray(value)) {
    const items = value.map((item: JsonValue, index) => compileShape(item, [...at, index], options, issues, leaves));
    return items.every((item) => item.kind === "constant") ? constant : { kind: "list", items };
  }
  if (!isJsonObject(value)) return constant;
  const keys = Object.keys(value);
  for (const key of keys) {
    if (hasTemplate(key)) issues.push(keyIssue(key, at));
  }
  const items = keys.map((key) => compileShape(value[key]!, [...at, key], options, issues, leaves));
  if (items.every((item) => item.kind === "constant")) return constant;
  const skeleton: Record<string, JsonValue> = {};
  for (const [index, item] of items.entries()) {
    setMember(skeleton, keys[index]!, item.kind === "constant" ? item.value : null);
  }
  const isFilled = (_: unknown, index: number): boolean => items[index]!.kind !== "constant";
  return { kind: "map", skeleton, keys: keys.filter(isFilled), items: items.filter(isFilled) };
}

function fill(shape: Shape, frame: Frame, deferred?: DeferredLeaf[]): JsonValue {
  switch (shape.kind) {
    case "constant":
      return shape.value;
    case "leaf":
      if (deferred === undefined || !shape.leaf.readsSecrets) return evaluateLeaf(shape.leaf, frame);
      deferred.push(captureLeaf(shape.leaf, frame));
      return null;
    case "list":
      return shape.items.map((item) => fill(item, frame, deferred));
    case "map": {
      // All keys are own members of the copy, "__proto__" too, so that plain assignments reach them.
      const map: Record<string, JsonValue> = { ...shape.skeleton };
      for (let index = 0; index < shape.keys.length; index++) {
        map[shape.keys[index]!] = fill(shape.items[index]!, frame, deferred);
      }
      return map;
    }
  }
}

function kindsOf(shape: Shape): Kinds {
  switch (shape.kind) {
    case "constant":
      return kindOf(shape.value);
    case "leaf":
      return shape.leaf.kinds;
    case "list":
      return KIND.list;
    case "map":
      return KIND.map;
  }
}

function keyIssue(key: string, at: DocumentPath): ExpressionIssue {
  return {
    code: "template_in_key",
    severity: "warning",
    message: `The template in the key ${JSON.stringify(key)} is not evaluated`,
    hint: 'compute the whole map: {{ {.name: "value"} }}',
    at: [...at, key],
    span: { start: 0, end: 0 },
  };
}
