import type { DocumentPath, Severity } from "../base/diagnostics.ts";

/** The rules that an expression's text can break. */
export type ExpressionIssueCode =
  | "expression_syntax"
  | "expression_type"
  | "expression_limit"
  | "unknown_function"
  | "wrong_arguments"
  | "reserved_word"
  | "name_taken"
  | "dynamic_name"
  | "go_template"
  | "template_in_key"
  | "not_a_condition";

/** A part of a text, as offsets in UTF-16 units. */
export interface Span {
  /** The first unit. */
  readonly start: number;
  /** The unit behind the last. */
  readonly end: number;
}

/** A problem in an expression's text, found while compiling. */
export interface ExpressionIssue {
  /** The rule that is broken. */
  readonly code: ExpressionIssueCode;
  /** How bad it is. */
  readonly severity: Severity;
  /** What is wrong; sentence case, no final period. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** Leads to the string that holds the template, inside the compiled value. */
  readonly at: DocumentPath;
  /** The place inside that string's decoded text. */
  readonly span: Span;
}
