import type { CompileOptions } from "./compilation.ts";
import { inFrame } from "./frame.ts";
import type { ExpressionIssue } from "./issue.ts";
import { compileLeaf, evaluatePieces, type PartValue } from "./leaf.ts";
import type { Reference } from "./reference.ts";
import type { Scope } from "./scope.ts";

/** A text whose templates keep their values, so that each can be encoded by itself: the path of an HTTP call. Immutable. */
export interface PartsTemplate {
  readonly references: readonly Reference[];
  /** Whether there is no template inside. */
  readonly isConstant: boolean;
  readonly readsSecrets: boolean;
  /** Whether it is one whole template, white space around it not counted. */
  readonly isWhole: boolean;
  /** Literal texts and values, in order. Throws an `ExpressionError`. */
  evaluate(scope: Scope): readonly PartValue[];
}

/** Compiles a text whose templates keep their values. */
export function compileParts(
  text: string,
  options: CompileOptions = {},
): { readonly parts: PartsTemplate; readonly issues: readonly ExpressionIssue[] } {
  const issues: ExpressionIssue[] = [];
  const leaf = compileLeaf(text, [], options, issues);
  const constant: readonly PartValue[] = text === "" ? [] : [text];
  const parts: PartsTemplate = {
    references: leaf?.references ?? [],
    isConstant: leaf === undefined,
    readsSecrets: leaf?.readsSecrets ?? false,
    isWhole: leaf?.isWhole ?? false,
    evaluate: (scope) => leaf === undefined ? constant : inFrame(scope, (frame) => evaluatePieces(leaf, frame)),
  };
  return { parts, issues };
}
